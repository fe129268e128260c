//! Credit notes: cut off anywhere, they end as one, with the goods back once and the money paid back once.

use serde_json::{Value, json};
use waybill_connectors::erp::odoo::OdooErp;
use waybill_domain::CreditNote;
use waybill_domain::money::Decimal;
use waybill_domain::refund::CreditLine;
use waybill_testkit::erp::Fault;
use waybill_testkit::odoo::FakeOdoo;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpCredit, ErpOrders, ErpReturns};

use crate::support::{kind, order, setup};

fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

/// One of the two pieces, back on the shelf: 21.60.
fn note(order: &str) -> CreditNote {
    let line = CreditLine { line: 11, quantity: 1, restock: 1, net: cents(1_800), tax: cents(360) };
    CreditNote {
        reference: "shop-1-refund-5".to_owned(),
        order: order.to_owned(),
        amount: cents(2_160),
        currency: waybill_domain::Currency::new("EUR"),
        lines: vec![line],
        charges: Vec::new(),
        other: Decimal::ZERO,
    }
}

async fn shipped(version: u64) -> (FakeOdoo, OdooErp, String) {
    let (fake, erp) = setup(version).await;
    let record = erp.create(&order("shop-1")).await.unwrap();
    fake.ship("shop-1", None, "T-1").unwrap();
    fake.forget_calls();
    (fake, erp, record.id)
}

fn refunds(fake: &FakeOdoo) -> Vec<Value> {
    fake.rows("account.move").into_iter().filter(|bill| bill["move_type"] == "out_refund").collect()
}

fn assert_whole(fake: &FakeOdoo, what: &str) {
    let refunds = refunds(fake);
    assert_eq!(refunds.len(), 1, "{what}: {refunds:?}");
    let one = &refunds[0];
    assert_eq!(
        (&one["state"], &one["payment_state"], &one["amount_total"]),
        (&json!("posted"), &json!("paid"), &json!(21.6)),
        "{what}"
    );
    assert_eq!(fake.rows("account.payment").iter().filter(|row| row["payment_type"] == "outbound").count(), 1, "{what}");
    let back: Vec<Value> = fake.rows("stock.picking").into_iter().filter(|row| row["picking_type_code"] == "incoming").collect();
    assert_eq!(back.len(), 1, "{what}: {back:?}");
    assert_eq!((&back[0]["state"], &back[0]["origin"]), (&json!("done"), &json!("shop-1-refund-5")), "{what}");
    assert_eq!(fake.free("A"), Some(99), "{what}");
}

/// Before and after every call.
#[tokio::test]
async fn a_credit_note_that_was_cut_off_goes_on() {
    for version in [16, 18, 19] {
        for (name, fault) in [("before", Fault::drop_before_commit()), ("after", Fault::drop_after_commit())] {
            let mut at = 0;
            loop {
                let (fake, erp, order) = shipped(version).await;
                fake.after(at, fault.clone());
                let ended = kind(erp.credit(&note(&order)).await);
                let call = fake.calls().last().cloned().unwrap();
                let what = format!("Odoo {version}, {name} {call} ({at}): {ended}");
                fake.behave();
                let is_posted = refunds(&fake).iter().any(|bill| bill["state"] == "posted");
                assert!(!is_posted || ["ok", "unknown"].contains(&ended.as_str()), "{what}");
                // Whoever finds a posted one finishes it, knowing no more than its reference.
                let found = erp.find_credit("shop-1-refund-5").await.unwrap();
                assert_eq!(!found.is_empty(), is_posted, "{what}");
                if is_posted {
                    assert_whole(&fake, &format!("{what}, found"));
                } else {
                    assert_eq!(fake.free("A"), Some(98), "{what}: nothing is on the shelf before the posting");
                }
                let credited = erp.credit(&note(&order)).await;
                assert!(credited.is_ok(), "{what}: {credited:?}");
                assert_whole(&fake, &what);
                assert_eq!(erp.find_credit("shop-1-refund-5").await, Ok(vec![credited.unwrap()]), "{what}");
                if ended == "ok" {
                    println!("Odoo {version}: a credit note with goods takes {at} calls");
                    assert_eq!(found.len(), 1);
                    break;
                }
                at += 1;
            }
            assert!(at > 12, "{at}");
        }
    }
}

/// A return that people made is theirs, before and after.
#[tokio::test]
async fn returns_of_people_are_not_ours() {
    for version in [16, 18, 19] {
        let (fake, erp, order) = shipped(version).await;
        fake.take_back("shop-1", &[("A".to_owned(), 1)].into()).unwrap();
        erp.credit(&note(&order)).await.unwrap();
        assert_eq!(fake.free("A"), Some(100));
        let page = erp.returns_since(waybill_domain::At(0), None).await.unwrap();
        assert_eq!(page.items.iter().map(|item| item.lines.clone()).collect::<Vec<_>>(), [vec![(11, 1)]], "{version}");
        // Nothing is left out there that could come back.
        let mut other = note(&order);
        other.reference = "shop-1-refund-6".to_owned();
        assert_eq!(kind(erp.credit(&other).await), "ok");
        assert_eq!(fake.free("A"), Some(100));
    }
}

#[tokio::test]
async fn what_cannot_be_credited_is_refused_and_leaves_nothing_behind() {
    for version in [18, 19] {
        let (fake, erp, order) = shipped(version).await;
        let changed = |change: &dyn Fn(&mut CreditNote)| {
            let mut note = note(&order);
            change(&mut note);
            note
        };
        for (code, wrong) in [
            ("erp_not_postable", changed(&|note| note.amount = cents(2_161))),
            ("erp_not_postable", changed(&|note| note.lines[0].restock = 2)),
            ("erp_cannot_credit", changed(&|note| note.lines[0].line = 99)),
            ("erp_not_found", changed(&|note| note.order = "4711".to_owned())),
            ("erp_not_found", changed(&|note| note.order = "S1".to_owned())),
            ("erp_over_credited", changed(&|note| (note.amount, note.other) = (cents(7_160), cents(5_000)))),
            ("erp_total_mismatch", changed(&|note| (note.lines[0].tax, note.amount) = (cents(300), cents(2_100)))),
        ] {
            assert_eq!(kind(erp.credit(&wrong).await), code);
            assert!(refunds(&fake).is_empty(), "{code}");
        }
        erp.credit(&note(&order)).await.unwrap();
        let more = changed(&|note| (note.reference, note.lines[0].restock) = ("shop-1-refund-6".to_owned(), 0));
        erp.credit(&more).await.unwrap();
        let third = changed(&|note| note.reference = "shop-1-refund-7".to_owned());
        assert_eq!(kind(erp.credit(&third).await), "erp_over_credited");
        assert_eq!(
            kind(erp.credit(&changed(&|note| (note.amount, note.other) = (cents(2_260), cents(100)))).await),
            "erp_total_differs"
        );
    }
}

/// A cent of rounding is booked, as in an order.
#[tokio::test]
async fn a_cent_of_rounding_is_booked() {
    let (fake, erp, order) = shipped(19).await;
    let mut note = note(&order);
    (note.lines[0].tax, note.amount) = (cents(362), cents(2_162));
    erp.credit(&note).await.unwrap();
    assert_eq!(refunds(&fake)[0]["amount_total"], 21.62);
}

/// Headings and notes have no article.
#[tokio::test]
async fn lines_that_people_wrote_are_no_obstacle() {
    let (fake, erp, order) = shipped(19).await;
    fake.add("sale.order.line", &json!({ "order_id": 1, "name": "Thank you", "sequence": 11 }));
    assert_eq!(kind(erp.credit(&note(&order)).await), "ok");
    assert_whole(&fake, "with a note");
}

/// The credit note stands; what could not be done of it is said.
#[tokio::test]
async fn what_is_refused_after_the_posting_is_said() {
    for call in [("account.payment.register", "create"), ("stock.picking", "button_validate")] {
        let (fake, erp, order) = shipped(19).await;
        fake.knobs(|knobs| knobs.refused = vec![(call.0.to_owned(), call.1.to_owned(), "no".to_owned())]);
        for _ in 0..2 {
            let CallError::Refused { message, .. } = erp.credit(&note(&order)).await.unwrap_err() else { panic!() };
            assert!(
                message.starts_with("the credit note RINV/2026/00001 is posted in Odoo, and not finished there"),
                "{message}"
            );
        }
        fake.behave();
        assert_eq!(kind(erp.credit(&note(&order)).await), "ok");
        assert_whole(&fake, "finished later");
    }
}

/// The usual way, by the button on the invoice: crediting again would pay twice.
#[tokio::test]
async fn a_credit_note_of_people_is_not_made_again() {
    let (fake, erp, order) = shipped(19).await;
    let theirs = json!({
        "move_type": "out_refund", "reversed_entry_id": 1, "ref": "Reversal of: INV/2026/00001", "state": "posted", "name": "RINV/7",
        "currency_id": 1, "partner_id": 2,
    });
    fake.add("account.move", &theirs);
    assert_eq!(kind(erp.credit(&note(&order)).await), "erp_cannot_credit");
    assert_eq!(refunds(&fake).len(), 1);
}
