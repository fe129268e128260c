//! What scripts and people see of orders, snapshotted: a change to the contract shows in a review.

use waybill_domain::facets::{DocumentKind, ErpState, Stage, StockState};
use waybill_domain::{
    At, Content, ContentHash, Currency, Document, Event, EventKind, Hold, Order, Payment, Refund, Step, Waiting,
};

use super::{OrderView, gaps, list, story};

const BEGAN: At = At(1_795_416_597_833);

fn event(seq: u32, kind: EventKind, step: Step, detail: &str) -> Event {
    Event {
        seq,
        at: BEGAN.plus_seconds(seq),
        kind,
        step,
        detail: detail.to_owned(),
        cause: if seq == 1 { "delivery:4fd3124a".to_owned() } else { format!("#{}", seq.saturating_sub(1)) },
        release: "dev".to_owned(),
        mapping: 1,
    }
}

/// Posted, with a refund that nobody has dealt with.
fn posted() -> (Order, Vec<Event>) {
    let mut order = waybill_domain::transition::begin("shop/1042".parse().unwrap(), BEGAN);
    let hash = ContentHash::of(b"content");
    order.content = Some(Content {
        hash: hash.clone(),
        goods: hash,
        modified: BEGAN,
        number: "2026-1042".to_owned(),
        status: "processing".to_owned().into(),
        total: "30.70".parse().unwrap(),
        currency: Currency::new("EUR"),
    });
    order.stage = Stage::Posted;
    order.payment = Payment::Paid;
    order.stock.state = StockState::Proven;
    order.stock.lines.insert("4711".parse().unwrap(), 2);
    order.erp.state = ErpState::Posted;
    order.erp.reference = Some("shop-1042".to_owned());
    order.erp.posted_at = Some(BEGAN.plus_seconds(5));
    order.erp.documents = vec![
        Document { kind: DocumentKind::SalesOrder, id: "17".to_owned(), number: "SO/17".to_owned() },
        Document { kind: DocumentKind::Invoice, id: "18".to_owned(), number: String::new() },
    ];
    order.refunds = vec![Refund::seen(1043, "5.10".parse().unwrap())];
    order.hold = Some(Hold {
        code: "refund_not_automated".to_owned(),
        message: "refund 1043 of 5.10 was made in the store".to_owned(),
        step: Step::Refund,
        since: BEGAN.plus_seconds(7),
        doubt: None,
    });
    let events = vec![
        event(1, EventKind::Received, Step::Intake, "processing"),
        event(2, EventKind::Validated, Step::Validate, ""),
        event(3, EventKind::Reserved, Step::Reserve, "4711×2"),
        event(4, EventKind::Posting, Step::PostToErp, "shop-1042"),
        event(5, EventKind::Posted, Step::PostToErp, "SO/17"),
        event(6, EventKind::RefundSeen, Step::Intake, "1043"),
        event(7, EventKind::Held, Step::Refund, "refund_not_automated"),
    ];
    order.seq = 7;
    (order, events)
}

/// A hint came first: nothing is known but that there is an order.
fn unseen() -> Order {
    let mut order = waybill_domain::transition::begin("shop/7".parse().unwrap(), BEGAN);
    order.waiting = Some(Waiting { on: "store/shop".to_owned().try_into().unwrap(), since: BEGAN });
    order
}

#[test]
fn the_json_of_one_order() {
    let (order, events) = posted();
    insta::assert_json_snapshot!("order_show", OrderView::full(&order, &events));
}

#[test]
fn the_json_of_a_list() {
    let orders = [posted().0, unseen()];
    insta::assert_json_snapshot!("orders", orders.iter().map(OrderView::brief).collect::<Vec<_>>());
}

#[test]
fn the_text_of_one_order_and_of_a_list() {
    let (order, events) = posted();
    insta::assert_snapshot!("order_show_text", story(&order, &events));
    insta::assert_snapshot!("orders_text", list(&[order, unseen()]));
    assert_eq!(list(&[]), "no orders");
}

#[test]
fn a_lost_log_page_is_told_and_not_papered_over() {
    let (order, mut events) = posted();
    assert_eq!(gaps(&order, &events), []);
    events.drain(1..3);
    assert_eq!(gaps(&order, &events), [(2, 3)]);
    assert!(story(&order, &events).contains("warning: events 2 to 3 are missing"));
    events.pop();
    assert_eq!(gaps(&order, &events), [(2, 3), (7, 7)]);
}
