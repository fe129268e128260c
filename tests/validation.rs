//! The judgement of an order: each finding by the smallest change that causes it, and all findings at once.

use std::collections::BTreeMap;

use waybill_domain::money::Currency;
use waybill_domain::store_order::{Address, Charge, Coupon, RefundSeen, StoreOrder, StoreStatus, TaxPart};
use waybill_domain::validate::findings;
use waybill_domain::{ErpRecords, Mapping, Payment, Policies, StoreConfig};
use waybill_testkit::memory::samples::{cents, order, store};

fn codes(order: &StoreOrder, config: &StoreConfig) -> Vec<String> {
    findings(order, config).into_iter().map(|finding| finding.code).collect()
}

fn sample() -> StoreOrder {
    order(1, &[("SKU-A", 2), ("SKU-B", 1)])
}

/// What a change to a good order leads to.
fn found(edit: impl FnOnce(&mut StoreOrder)) -> Vec<String> {
    let mut order = sample();
    edit(&mut order);
    codes(&order, &store())
}

#[test]
fn a_good_order_has_no_findings_in_either_tax_mode() {
    assert_eq!(found(|_| {}), Vec::<String>::new());
    assert_eq!(found(|order| order.prices_include_tax = true), Vec::<String>::new());
}

#[test]
fn a_cent_of_drift_is_found_wherever_it_is() {
    assert_eq!(found(|order| order.total += cents(1)), ["total_mismatch"]);
    assert_eq!(found(|order| order.lines[0].total_tax -= cents(1)), ["tax_mismatch"]);
    assert_eq!(found(|order| order.lines[0].taxes[0].total -= cents(1)), ["tax_rate_mismatch"]);
    assert_eq!(found(|order| order.tax_lines[0].shipping_tax_total += cents(1)), ["tax_rate_mismatch"]);
    assert_eq!(found(|order| order.discount_total += cents(1)), ["discount_mismatch"]);
    assert_eq!(found(|order| order.shipping_lines[0].total += cents(1)), ["shipping_mismatch"]);
    assert_eq!(found(|order| order.shipping_lines[0].total_tax += cents(1)), ["tax_mismatch"]);
}

#[test]
fn fees_count_with_two_rates_under_one_code() {
    let with_fee = |order: &mut StoreOrder| {
        let taxes = vec![TaxPart { rate_id: 1, total: cents(19) }, TaxPart { rate_id: 2, total: cents(7) }];
        order.fees.push(Charge { id: 70, title: "Gift wrap".to_owned(), total: cents(200), total_tax: cents(26), taxes });
        let mut second = order.tax_lines[0].clone();
        order.tax_lines[0].tax_total += cents(19);
        (second.rate_id, second.tax_total, second.shipping_tax_total) = (2, cents(7), cents(0));
        order.tax_lines.push(second);
        order.cart_tax += cents(26);
        order.total_tax += cents(26);
        order.total += cents(226);
    };
    assert_eq!(found(with_fee), Vec::<String>::new());
    let swapped = found(|order| {
        with_fee(order);
        order.fees[0].taxes.reverse();
        order.fees[0].taxes[0].rate_id = 1;
        order.fees[0].taxes[1].rate_id = 2;
    });
    assert_eq!(swapped, ["tax_rate_mismatch", "tax_rate_mismatch"]);
}

#[test]
fn coupons_lower_the_lines_and_may_not_exceed_the_discount() {
    let with_coupon = |order: &mut StoreOrder| {
        order.lines[0].subtotal += cents(100);
        order.discount_total = cents(100);
        order.coupons.push(Coupon { code: "TEN".to_owned(), discount: cents(100), discount_tax: cents(19) });
    };
    assert_eq!(found(with_coupon), Vec::<String>::new());
    let too_much = found(|order| {
        with_coupon(order);
        order.coupons[0].discount += cents(1);
    });
    assert_eq!(too_much, ["coupon_mismatch"]);
}

#[test]
fn quantities_skus_and_mapping() {
    assert_eq!(found(|order| order.lines[0].quantity = 0), ["quantity_not_positive"]);
    assert_eq!(found(|order| order.lines[0].quantity = -3), ["quantity_not_positive"]);
    assert_eq!(found(|order| order.lines[0].quantity = i64::MAX), ["quantity_not_positive"]);
    assert_eq!(found(|order| order.lines[0].sku.clear()), ["sku_missing"]);
    let unmapped = StoreConfig { mapping: Mapping::default(), ..store() };
    assert_eq!(codes(&sample(), &unmapped), ["sku_unmapped", "sku_unmapped"]);
    assert!(found(|order| order.lines.clear()).contains(&"no_lines".to_owned()));
}

#[test]
fn more_skus_than_one_transaction_holds_are_held() {
    let skus: Vec<String> = (0..100).map(|n| format!("SKU-{n}")).collect();
    let pieces: Vec<(&str, i64)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    assert_eq!(codes(&order(1, &pieces), &store()), ["too_many_skus"]);
    assert_eq!(codes(&order(1, &pieces[..99]), &store()), Vec::<String>::new());
}

#[test]
fn currency_and_minor_units() {
    assert_eq!(found(|order| order.currency = Currency::new("XQQ")), ["currency_unknown"]);
    let yen = found(|order| order.currency = Currency::new("JPY"));
    assert_eq!(yen, ["amount_precision"], "the sample has cents, and the yen has none");
}

#[test]
fn goods_need_an_address_and_services_do_not() {
    let blank = |order: &mut StoreOrder| order.billing = Address { email: "a@example.test".to_owned(), ..Address::default() };
    assert_eq!(found(blank), ["address_incomplete"]);
    let message = {
        let mut order = sample();
        order.billing.postcode.clear();
        findings(&order, &store())[0].message.clone()
    };
    assert_eq!(message, "goods are to be shipped, but the address lacks postcode");
    assert_eq!(
        found(|order| (order.billing.postcode, order.billing.country) = (String::new(), "IE".to_owned())),
        Vec::<String>::new()
    );
    let mut config = store();
    for sku in ["SKU-A", "SKU-B"] {
        let mapped = waybill_domain::config::MappedSku { erp_sku: sku.parse().expect("sku"), shippable: false };
        config.mapping.skus.insert(sku.parse().expect("sku"), mapped);
    }
    let mut order = sample();
    blank(&mut order);
    assert_eq!(codes(&order, &config), Vec::<String>::new());
    assert!(config.mapping.wanted(&order).is_empty(), "services are not in stock");
}

#[test]
fn the_shipping_address_counts_when_there_is_one() {
    let incomplete = found(|order| order.shipping = Address { city: "Bonn".to_owned(), ..Address::default() });
    assert_eq!(incomplete, ["address_incomplete"]);
}

#[test]
fn guests_by_policy() {
    assert_eq!(found(|order| order.customer_id = 0), Vec::<String>::new());
    let anonymous = found(|order| (order.customer_id, order.billing.email) = (0, " ".to_owned()));
    assert_eq!(anonymous, ["customer_unidentified"]);
    let strict = StoreConfig { policies: Policies { accept_guests: false, ..Policies::default() }, ..store() };
    let mut guest = sample();
    guest.customer_id = 0;
    assert_eq!(codes(&guest, &strict), ["guest_not_accepted"]);
}

#[test]
fn refunds_may_not_exceed_the_total() {
    let refund = |amount| RefundSeen { id: 9, amount };
    let all = sample().total;
    assert_eq!(found(|order| order.refunds.push(refund(all))), Vec::<String>::new());
    assert_eq!(found(|order| order.refunds.push(refund(all + cents(1)))), ["refunds_exceed_total"]);
}

#[test]
fn all_findings_come_at_once() {
    let all = found(|order| {
        order.total += cents(1);
        order.lines[0].quantity = 0;
        order.lines[1].sku.clear();
        order.billing.city.clear();
        order.customer_id = 0;
        order.billing.email.clear();
    });
    // Line 1 has no pieces left to ship and line 2 no SKU, but line 1 is still an article that is shipped.
    assert_eq!(all, ["quantity_not_positive", "sku_missing", "address_incomplete", "total_mismatch", "customer_unidentified"]);
}

#[test]
fn absurd_amounts_are_findings_and_no_panic() {
    let absurd = found(|order| order.lines.iter_mut().for_each(|line| line.total = waybill_domain::money::Decimal::MAX));
    assert!(absurd.contains(&"total_mismatch".to_owned()), "{absurd:?}");
}

#[test]
fn findings_carry_no_personal_data() {
    let mut order = sample();
    order.total += cents(1);
    order.billing.address_1.clear();
    let text = format!("{:?}", findings(&order, &store()));
    for personal in ["Erika", "Mustermann", "Berlin", "10115", "erika@example.test"] {
        assert!(!text.contains(personal), "{personal} is in {text}");
    }
}

#[test]
fn payment_by_status_method_and_policy() {
    use StoreStatus::{Cancelled, Completed, Failed, OnHold, Other, Pending, Processing, Refunded};
    let facet = |status: StoreStatus, method: &str, paid: bool| {
        let mut order = sample();
        (order.status, order.payment_method) = (status, method.to_owned());
        order.paid_at = order.paid_at.filter(|_| paid);
        let lax = Policies { accept_bank_transfer_on_hold: true, accept_authorised: true, ..Policies::default() };
        let strict = Policies { accept_cash_on_delivery: false, ..Policies::default() };
        (order.payment(), strict.accepts_payment(&order), lax.accepts_payment(&order))
    };
    let table = [
        (facet(Processing, "stripe", true), (Payment::Paid, true, true)),
        (facet(Processing, "stripe", false), (Payment::Paid, true, true)),
        (facet(Completed, "cod", true), (Payment::Paid, true, true)),
        (facet(Refunded, "stripe", true), (Payment::Refunded, true, true)),
        (facet(Processing, "cod", false), (Payment::CashOnDelivery, false, true)),
        (facet(OnHold, "bacs", false), (Payment::OnHold, false, true)),
        (facet(OnHold, "cheque", false), (Payment::OnHold, false, true)),
        // A gateway's reference without a payment date: the money is reserved, not taken.
        (facet(OnHold, "stripe", false), (Payment::Authorised, false, true)),
        (facet(OnHold, "stripe", true), (Payment::Paid, true, true)),
        (facet(Pending, "stripe", false), (Payment::Unpaid, false, false)),
        (facet(Failed, "stripe", true), (Payment::Failed, false, false)),
        (facet(Cancelled, "stripe", false), (Payment::Voided, false, false)),
        (facet(Cancelled, "stripe", true), (Payment::Paid, true, true)),
        (facet(Cancelled, "bacs", false), (Payment::Unpaid, false, false)),
        (facet(Other("awaiting-pickup".to_owned()), "stripe", false), (Payment::Unpaid, false, false)),
    ];
    for (row, (got, wanted)) in table.into_iter().enumerate() {
        assert_eq!(got, wanted, "row {row}");
    }
    let mut refunded = sample();
    refunded.refunds.push(waybill_domain::store_order::RefundSeen { id: 17, amount: cents(100) });
    assert_eq!(refunded.payment(), Payment::PartlyRefunded);
    refunded.refunds.push(waybill_domain::store_order::RefundSeen { id: 18, amount: refunded.total - cents(100) });
    assert_eq!(refunded.payment(), Payment::Refunded, "all of it, whatever the status says");
    // Without the gateway's reference nothing is reserved anywhere.
    let mut no_reference = sample();
    (no_reference.status, no_reference.paid_at) = (OnHold, None);
    no_reference.transaction_id.clear();
    assert_eq!(no_reference.payment(), Payment::OnHold);
}

#[test]
fn a_tax_rate_that_the_erp_has_no_tax_for_is_found_once_and_only_where_taxes_are_mapped() {
    let sku = |text: &str| text.parse().expect("sku");
    let records = |taxes: &[(u64, u64)]| ErpRecords {
        company: 1,
        warehouse: 2,
        shop: None,
        sales_journal: None,
        payment_journal: 3,
        payment_journals: BTreeMap::new(),
        taxes: taxes.iter().copied().collect(),
        carrier: None,
        carriers: BTreeMap::new(),
        guest_customer: None,
        shipping_article: sku("SHIP"),
        fee_article: sku("FEE"),
        refund_article: sku("REFUND"),
        rounding_article: sku("ROUND"),
        rounding_limit: cents(2),
    };
    let with = |taxes: &[(u64, u64)]| StoreConfig { records: [(store().erp, records(taxes))].into(), ..store() };
    assert_eq!(codes(&sample(), &with(&[(1, 9)])), Vec::<String>::new());
    assert_eq!(codes(&sample(), &with(&[(2, 9)])), ["tax_unmapped"], "two lines and the shipping use it");
    let found = &findings(&sample(), &with(&[]))[0];
    assert!(found.message.contains("rate 1 \"MwSt\"") && found.message.contains("acme"), "{}", found.message);
    let mut free = sample();
    free.lines.iter_mut().flat_map(|line| &mut line.taxes).for_each(|part| part.rate_id = 7);
    free.shipping_lines[0].taxes[0].total = cents(0);
    assert!(codes(&free, &with(&[(7, 9)])).iter().all(|code| code != "tax_unmapped"), "a part of nothing needs no tax");
    let before = StoreConfig { records: [("old".parse().expect("slug"), records(&[]))].into(), ..store() };
    assert_eq!(codes(&sample(), &before), Vec::<String>::new(), "the ERP that it had before is not asked");
}
