//! What scripts and people see of orders, snapshotted: a change to the contract shows in a review.

use waybill_domain::facets::{DocumentKind, ErpState, Stage, StockState};
use waybill_domain::fulfilment::{Block, Push};
use waybill_domain::{
    At, Call, Content, ContentHash, Currency, Document, Effect, Event, EventKind, Fulfilment, Hold, Order, Payment, Refund,
    RefundState, Return, ReturnState, ReturnedLine, Shipment, Step, Waiting,
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

/// Posted, and held for a refund that does not add up.
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
    order.erp.goods = order.content.as_ref().map(|content| content.goods.clone());
    order.erp.reference = Some("shop-1042".to_owned());
    order.erp.posted_at = Some(BEGAN.plus_seconds(5));
    order.erp.documents = vec![
        Document { kind: DocumentKind::SalesOrder, id: "17".to_owned(), number: "SO/17".to_owned() },
        Document { kind: DocumentKind::Invoice, id: "18".to_owned(), number: String::new() },
    ];
    order.refunds = vec![Refund::seen(1043, "5.10".parse().unwrap())];
    order.hold = Some(Hold {
        code: "refund_unclear".to_owned(),
        message: "refund 1043: its lines add up to more than its amount of 5.10".to_owned(),
        step: Step::Refund,
        since: BEGAN.plus_seconds(7),
        doubt: None,
        about: None,
        under: None,
    });
    let events = vec![
        event(1, EventKind::Received, Step::Intake, "processing"),
        event(2, EventKind::Validated, Step::Validate, ""),
        event(3, EventKind::Reserved, Step::Reserve, "4711×2"),
        event(4, EventKind::Posting, Step::PostToErp, "shop-1042"),
        event(5, EventKind::Posted, Step::PostToErp, "SO/17"),
        event(6, EventKind::RefundSeen, Step::Intake, "1043"),
        event(7, EventKind::Held, Step::Refund, "refund_unclear"),
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

fn shipment(id: &str, lines: &[(u64, u32)]) -> Shipment {
    Shipment {
        id: id.to_owned(),
        revision: 1,
        carrier: "DHL".to_owned(),
        tracking: "00340434161094015902".to_owned(),
        tracking_url: String::new(),
        shipped_at: BEGAN.plus_seconds(60),
        lines: lines.iter().copied().collect(),
        void: false,
        told: 1,
    }
}

fn returned(id: &str, state: ReturnState, line: ReturnedLine) -> Return {
    let lines = [(3, line)].into_iter().collect();
    Return { id: id.to_owned(), state, lines, amount: None, credit_note: None, refund: None, by_hand: false }
}

/// All that can happen after posting, at once: two parcels of which one never left, a third piece withdrawn, a block, returns in each
/// state, refunds in each, and a call without an answer.
fn after_the_sale() -> (Order, Vec<Event>) {
    let (mut order, mut events) = posted();
    order.hold = None;
    order.payment = Payment::PartlyRefunded;
    order.fulfilment = Fulfilment {
        lines: [(3, 3), (4, 1)].into_iter().collect(),
        withdrawn: [(3, 1)].into_iter().collect(),
        revision: 2,
        push: Some(Push { warehouse: "berlin".parse().unwrap(), told: 1 }),
        block: Some(Block { reason: "line 4: no box fits".to_owned(), since: BEGAN.plus_seconds(90) }),
        shipments: vec![
            shipment("P-1", &[(3, 2)]),
            Shipment { revision: 3, void: true, told: 2, ..shipment("P-2", &[]) },
            Shipment { tracking_url: "https://track.example/?n=1".to_owned(), told: 0, ..shipment("P-3", &[(4, 1)]) },
        ],
        ..Fulfilment::default()
    };
    let one = ReturnedLine { quantity: 2, accepted: 1, restock: 1 };
    order.returns = vec![
        Return { refund: Some(1043), ..returned("R-1", ReturnState::Inspected, one) },
        returned("R-2", ReturnState::Announced, ReturnedLine { quantity: 1, accepted: 0, restock: 0 }),
        returned("R-3", ReturnState::Inspected, ReturnedLine { quantity: 1, accepted: 0, restock: 0 }),
        Return { amount: Some("2.50".parse().unwrap()), ..returned("R-4", ReturnState::Inspected, one) },
    ];
    let note = Document { kind: DocumentKind::CreditNote, id: "cn-5".to_owned(), number: "CN/5".to_owned() };
    order.refunds = vec![
        Refund {
            state: RefundState::Credited,
            lines: [(3, 1)].into_iter().collect(),
            restocked: [(3, 1)].into_iter().collect(),
            document: Some(note),
            returned: Some("R-1".to_owned()),
            ..Refund::seen(1043, "5.10".parse().unwrap())
        },
        Refund::seen(1044, "1.00".parse().unwrap()),
        Refund { state: RefundState::Withdrawn, ..Refund::seen(1045, "9.99".parse().unwrap()) },
    ];
    order.call = Some(Call { effect: Effect::Credit(1044), unknown: true, until: BEGAN.plus_seconds(200), silences: 1 });
    events.truncate(5);
    events.push(event(6, EventKind::Amended, Step::PostToErp, ""));
    events.push(event(7, EventKind::CallUnknown, Step::Refund, "credit 1044: timeout"));
    order.events.clone_from(&events);
    (order, events)
}

#[test]
fn the_json_of_one_order() {
    let (order, events) = posted();
    insta::assert_json_snapshot!("order_show", OrderView::full(&order, &events));
}

#[test]
fn the_json_of_what_comes_after_the_sale() {
    insta::assert_json_snapshot!("order_after_the_sale", OrderView::brief(&after_the_sale().0));
}

#[test]
fn the_json_of_a_list_has_every_key_of_an_order() {
    let orders = [posted().0, unseen()];
    insta::assert_json_snapshot!("orders", orders.iter().map(OrderView::brief).collect::<Vec<_>>());
    let keys = |order: &Order| {
        let view = serde_json::to_value(OrderView::brief(order)).unwrap();
        view.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&unseen()), keys(&after_the_sale().0));
}

#[test]
fn the_text_of_one_order() {
    let (order, events) = posted();
    insta::assert_snapshot!("order_show_text", story(&order, &events));
    let (order, events) = after_the_sale();
    insta::assert_snapshot!("order_after_the_sale_text", story(&order, &events));
}

#[test]
fn what_is_told_of_a_cancelled_order_and_of_one_that_is_being_posted() {
    let (mut order, events) = posted();
    order.hold = None;
    order.refunds.clear();
    order.stage = Stage::Cancelled;
    order.erp = waybill_domain::Erp { cancelled: 1, ..waybill_domain::Erp::NONE };
    let text = story(&order, &events);
    assert!(text.contains("ERP         none; a document of it was cancelled\n"), "{text}");
    assert!(text.contains("money       paid 30.70 EUR = posted 0.00 − credited 0.00 + open 30.70 (the store has it: to be posted, or paid back)\n"), "{text}");
    order.erp.state = ErpState::Unknown;
    order.erp.until = Some(BEGAN);
    let text = story(&order, &events);
    assert!(text.contains("call        post: without an answer, looked up at 2026-11-23T06:49:57.833Z"), "{text}");
}

#[test]
fn the_text_of_a_list() {
    insta::assert_snapshot!("orders_text", list(&[posted().0, after_the_sale().0, unseen()]));
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
