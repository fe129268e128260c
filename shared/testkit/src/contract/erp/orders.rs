//! Orders: created once, found, cancelled, amended.

use waybill_domain::{DocumentKind, ErpOrder, Payment};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpAvailability, ErpCancel, ErpOrders, ErpRecord};

use super::{Bench, Wanted, free};

/// Creates the order, which must work.
pub(super) async fn created(bench: &impl Bench, order: &ErpOrder) -> ErpRecord {
    bench.erp().create(order).await.expect("created")
}

/// The code of a refusal.
pub(super) fn code<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    match result {
        Err(CallError::Refused { code, .. }) => code,
        other => panic!("refused, not {other:?}"),
    }
}

/// What the ERP says it has is what was sent.
pub async fn an_order_arrives_as_it_was_sent(bench: &impl Bench) {
    let order = Wanted::usual(&bench.facts(), "shop-1");
    let record = created(bench, &order).await;
    assert_eq!((record.reference.as_str(), record.total, &record.currency), ("shop-1", order.total, &order.currency));
    assert_eq!(record.unfinished, None);
    let first = record.documents.first().expect("the order's own document");
    assert_eq!((first.kind, &first.id), (DocumentKind::SalesOrder, &record.id));
    if bench.facts().computes {
        for kind in [DocumentKind::Invoice, DocumentKind::Payment] {
            assert_eq!(record.documents.iter().filter(|document| document.kind == kind).count(), 1, "{kind:?}");
        }
    }
}

/// Saying it again changes nothing, and both ways of asking agree.
pub async fn created_again_it_is_the_same_order(bench: &impl Bench) {
    let order = Wanted::usual(&bench.facts(), "shop-1");
    let first = created(bench, &order).await;
    assert_eq!(created(bench, &order).await, first);
    assert_eq!(bench.erp().find("shop-1").await, Ok(vec![first]));
    assert_eq!(bench.orders_with("shop-1").await, 1);
}

/// However it goes for each of them, there is one order in the end, whole.
pub async fn four_posters_at_once_make_one_order(bench: &impl Bench) {
    let order = Wanted::usual(&bench.facts(), "shop-1");
    let before = free(bench, &bench.facts().plenty).await;
    let posters: Vec<_> = (0..4)
        .map(|_| {
            let (erp, order) = (bench.erp(), order.clone());
            tokio::spawn(async move { erp.create(&order).await })
        })
        .collect();
    let mut ids = Vec::new();
    for poster in posters {
        match poster.await.expect("no panic") {
            Ok(record) => ids.push(record.id),
            Err(CallError::Busy { .. } | CallError::Unknown { .. }) => {}
            Err(error) => panic!("neither done, nor busy, nor unknown: {error:?}"),
        }
    }
    let record = created(bench, &order).await;
    assert!(ids.iter().all(|id| *id == record.id), "{ids:?} and {}", record.id);
    assert_eq!(bench.erp().find("shop-1").await, Ok(vec![record]));
    assert_eq!(bench.orders_with("shop-1").await, 1);
    assert_eq!(free(bench, &bench.facts().plenty).await, before - 2, "its pieces are held once");
}

/// An answer about nothing is an empty one, no error.
pub async fn what_is_not_there_is_not_found(bench: &impl Bench) {
    assert_eq!(bench.erp().find("shop-404").await, Ok(Vec::new()));
}

/// From its confirmation on, by the ERP's own clock.
pub async fn a_confirmed_order_lowers_what_is_free(bench: &impl Bench) {
    let (erp, sku) = (bench.erp(), bench.facts().plenty);
    let before = erp.availability(std::slice::from_ref(&sku)).await.expect("figures");
    let record = created(bench, &Wanted::usual(&bench.facts(), "shop-1")).await;
    let after = erp.availability(std::slice::from_ref(&sku)).await.expect("figures");
    let figure = |of: &waybill_workflow::ports::erp::Availability| of.items.iter().map(|item| item.free).sum::<i64>();
    assert_eq!(figure(&after), figure(&before) - 2);
    assert!(before.as_of <= record.confirmed_at, "{} is before {}", before.as_of, record.confirmed_at);
    assert!(record.confirmed_at <= after.as_of, "{} is before {}", record.confirmed_at, after.as_of);
    let all = erp.availability(&[]).await.expect("figures of everything");
    assert!(all.items.contains(&after.items[0]), "the whole list says the same");
}

/// Cash on delivery: no payment is booked.
pub async fn an_order_on_account_arrives(bench: &impl Bench) {
    let unpaid = |order: &mut ErpOrder| {
        (order.payment, order.paid_at) = (Payment::CashOnDelivery, None);
        (order.payment_method, order.transaction_id) = ("cod".to_owned(), String::new());
    };
    let facts = bench.facts();
    let order = Wanted::new(&facts, "shop-1").line(&facts.plenty, 1, 1_800, &[(facts.twenty, 360)]).with(unpaid).done();
    let record = created(bench, &order).await;
    assert_eq!((record.total, record.unfinished), (order.total, None));
    assert!(record.documents.iter().all(|document| document.kind != DocumentKind::Payment));
}

/// A customer without an account.
pub async fn a_guest_order_arrives(bench: &impl Bench) {
    let facts = bench.facts();
    for reference in ["shop-1", "shop-2"] {
        let guest = |order: &mut ErpOrder| order.customer_id = None;
        let order = Wanted::new(&facts, reference).line(&facts.plenty, 1, 1_800, &[(facts.twenty, 360)]).with(guest).done();
        assert_eq!(created(bench, &order).await.total, order.total);
    }
}

/// Nothing of it is left behind that counts.
pub async fn an_unknown_article_is_refused(bench: &impl Bench) {
    let facts = bench.facts();
    let before = free(bench, &facts.plenty).await;
    let order = Wanted::new(&facts, "shop-1")
        .line(&facts.plenty, 1, 1_800, &[(facts.twenty, 360)])
        .line(&"NO-SUCH-ARTICLE".parse().expect("a SKU"), 1, 100, &[(facts.twenty, 20)])
        .done();
    assert_eq!(code(bench.erp().create(&order).await), "erp_unknown_sku");
    assert_eq!(bench.erp().find("shop-1").await, Ok(Vec::new()));
    assert_eq!(free(bench, &facts.plenty).await, before);
}

/// Twice is as good as once.
pub async fn a_cancelled_order_frees_its_pieces(bench: &impl Bench) {
    let (erp, sku) = (bench.erp(), bench.facts().plenty);
    let before = free(bench, &sku).await;
    let record = created(bench, &Wanted::usual(&bench.facts(), "shop-1")).await;
    for _ in 0..2 {
        assert_eq!(erp.cancel(&record.id).await, Ok(()));
        assert_eq!(free(bench, &sku).await, before);
    }
    assert_eq!(code(erp.find("shop-1").await), "erp_order_cancelled");
    assert_eq!(code(erp.create(&Wanted::usual(&bench.facts(), "shop-1")).await), "erp_order_cancelled");
}

/// Goods that have left are a person's to get back.
pub async fn a_shipped_order_is_not_cancelled(bench: &impl Bench) {
    let record = created(bench, &Wanted::usual(&bench.facts(), "shop-1")).await;
    bench.ship(&record, "TRACK-1").await;
    assert_eq!(code(bench.erp().cancel(&record.id).await), "erp_cannot_cancel");
    assert_eq!(bench.erp().find("shop-1").await.map(|found| found.len()), Ok(1), "it is as it was");
}

/// Either it is as it was wanted, however often it is said, or it is as it was.
pub async fn an_amendment_is_made_or_refused(bench: &impl Bench) {
    let facts = bench.facts();
    let record = created(bench, &Wanted::usual(&facts, "shop-1")).await;
    let before = free(bench, &facts.plenty).await;
    let order = Wanted::new(&facts, "shop-1").line(&facts.plenty, 3, 5_400, &[(facts.twenty, 1_080)]).done();
    for _ in 0..2 {
        let answer = bench.erp().amend(&record.id, &order).await;
        if facts.amends {
            assert_eq!(answer.expect("amended").total, order.total);
            assert_eq!(free(bench, &facts.plenty).await, before - 1);
        } else {
            assert_eq!(code(answer), "erp_cannot_amend");
            assert_eq!(bench.erp().find("shop-1").await, Ok(vec![record.clone()]));
        }
    }
}
