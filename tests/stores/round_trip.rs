//! Whatever a record holds, its row gives it back: as the table shows it, and as the stream does.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use waybill_aws::dynamo::row::{Mark, order_from, order_from_image, row_from};
use waybill_domain::fulfilment::{Block, Push};
use waybill_domain::money::Decimal;
use waybill_domain::shipment::ReturnedLine;
use waybill_domain::{
    At, Call, ContentHash, Document, DocumentKind, Effect, Endpoint, Erp, ErpState, Event, EventKind, Fulfilment, Hold, Order,
    Pieces, Refund, RefundState, Return, ReturnState, Shipment, StaleReason, Step, Stock, StockState, WaitOn, Waiting,
};
use waybill_testkit::contract::happy_path;

use crate::image::image;

/// The last of them stands for the kinds of the first release, which have no facet of their own.
const KINDS: [EventKind; 22] = [
    EventKind::FulfilmentRequested,
    EventKind::FulfilmentWithdrawn,
    EventKind::FulfilmentPushed,
    EventKind::FulfilmentBlocked,
    EventKind::FulfilmentUnblocked,
    EventKind::ShipmentReported,
    EventKind::ShipmentCorrected,
    EventKind::ShipmentVoided,
    EventKind::ShipmentTold,
    EventKind::RefundSeen,
    EventKind::RefundSettled,
    EventKind::RefundCreated,
    EventKind::RefundCredited,
    EventKind::ReturnAnnounced,
    EventKind::ReturnReceived,
    EventKind::ReturnInspected,
    EventKind::ReturnRejected,
    EventKind::Amended,
    EventKind::ErpCancelled,
    EventKind::Calling,
    EventKind::CallUnknown,
    EventKind::StockReleased,
];

fn at() -> impl Strategy<Value = At> {
    (0_i64..4_000_000_000_000).prop_map(At)
}

/// Empty as well, and what a row could mistake for a sign of its own.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["", "=", "none", "#", "order"]).prop_map(str::to_owned), "\\PC{0,12}"]
}

fn amount() -> impl Strategy<Value = Decimal> {
    (0_i64..1_000_000_000, 0_u32..5).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn pieces() -> impl Strategy<Value = Pieces> {
    btree_map(any::<u64>(), any::<u32>(), 0..3)
}

fn hash() -> impl Strategy<Value = ContentHash> {
    select(vec!["one", "another"]).prop_map(|text| ContentHash::of(text.as_bytes()))
}

fn document() -> impl Strategy<Value = Document> {
    let kind = select(vec![DocumentKind::SalesOrder, DocumentKind::CreditNote, DocumentKind::Delivery]);
    (kind, words(), words()).prop_map(|(kind, id, number)| Document { kind, id, number })
}

fn skus() -> impl Strategy<Value = BTreeMap<waybill_domain::Sku, u32>> {
    btree_map(select(vec!["A", "B =", "ü"]).prop_map(|sku| sku.parse().unwrap()), any::<u32>(), 0..3)
}

fn stock() -> impl Strategy<Value = Stock> {
    let state = select(vec![StockState::None, StockState::Reserved, StockState::Backordered, StockState::Proven]);
    (state, option::of(Just("acme".parse().unwrap())), skus(), option::of(at()), skus())
        .prop_map(|(state, ledger, lines, proven_at, extra)| Stock { state, ledger, lines, proven_at, extra })
}

fn erp() -> impl Strategy<Value = Erp> {
    let state = select(vec![ErpState::None, ErpState::Posting, ErpState::Unknown, ErpState::Posted]);
    let sent = (option::of(hash()), option::of(hash()), vec(document(), 0..4));
    (state, option::of(words()), any::<(u32, u32)>(), option::of(at()), sent, any::<(bool, u32, bool)>(), option::of(at()))
        .prop_map(
            |(
                state,
                reference,
                (attempt, silences),
                until,
                (goods, content, documents),
                (paid, cancelled, by_hand),
                posted_at,
            )| Erp {
                slug: paid.then(|| "acme".parse().unwrap()),
                state,
                reference,
                attempt,
                silences,
                until,
                goods,
                content,
                paid,
                cancelled,
                by_hand,
                posted_at,
                documents,
            },
        )
}

fn shipment() -> impl Strategy<Value = Shipment> {
    (words(), any::<u32>(), [words(), words(), words()], at(), pieces(), any::<(bool, u32)>()).prop_map(
        |(id, revision, [carrier, tracking, tracking_url], shipped_at, lines, (void, told))| Shipment {
            id,
            revision,
            carrier,
            tracking,
            tracking_url,
            shipped_at,
            lines,
            void,
            told,
        },
    )
}

fn fulfilment() -> impl Strategy<Value = Fulfilment> {
    let push = any::<u32>().prop_map(|told| Push { warehouse: "berlin".parse().unwrap(), told });
    let block = (words(), at()).prop_map(|(reason, since)| Block { reason, since });
    let said = (option::of(push), option::of(block), option::of(at()));
    let asked = (pieces(), pieces(), pieces(), pieces(), any::<bool>());
    (asked, any::<u32>(), said, vec(shipment(), 0..3), any::<(bool, bool)>()).prop_map(
        |((lines, withdrawn, requested, accepted, all), revision, (push, block, heard), shipments, (tried, completed))| {
            Fulfilment {
                requested: if all { lines.clone() } else { requested },
                lines,
                withdrawn,
                revision,
                push,
                block,
                heard,
                shipments,
                accepted,
                tried,
                completed,
            }
        },
    )
}

fn refund() -> impl Strategy<Value = Refund> {
    let state = select(vec![RefundState::Seen, RefundState::Credited, RefundState::NotNeeded, RefundState::Withdrawn]);
    let links = (option::of(document()), option::of(words()));
    (any::<u64>(), amount(), state, pieces(), pieces(), links).prop_map(
        |(id, amount, state, lines, restocked, (document, returned))| Refund {
            money: lines.keys().map(|line| (*line, amount)).collect(),
            id,
            amount,
            state,
            lines,
            restocked,
            document,
            returned,
        },
    )
}

fn returned() -> impl Strategy<Value = Return> {
    let state = select(vec![ReturnState::Announced, ReturnState::Received, ReturnState::Inspected]);
    let line = any::<(u32, u32, u32)>().prop_map(|(quantity, accepted, restock)| ReturnedLine { quantity, accepted, restock });
    let said = (option::of(amount()), option::of(words()), option::of(any::<u64>()));
    (words(), state, btree_map(any::<u64>(), line, 0..3), said, any::<bool>()).prop_map(
        |(id, state, lines, (amount, credit_note, refund), by_hand)| Return {
            id,
            state,
            lines,
            amount,
            credit_note,
            refund,
            by_hand,
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    let effect = prop_oneof![
        select(vec![Effect::Amend, Effect::Cancel, Effect::Tell]),
        any::<u64>().prop_map(Effect::Credit),
        words().prop_map(Effect::Refund)
    ];
    (effect, any::<bool>(), at(), any::<u32>()).prop_map(|(effect, unknown, until, silences)| Call {
        effect,
        unknown,
        until,
        silences,
    })
}

/// Events on `seq`, each with or without something in common with the one before.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (select(vec![At(1_000), At(2_500), At(999)]), select(KINDS.to_vec()), select(Step::ALL.to_vec()), words());
    let context = (select(vec!["#0", "#1", "#2", "", "sweep"]), select(vec!["0.1.0", "0.2.0"]), 0_u32..2);
    vec((event, context), 0..9).prop_map(|events| {
        let number = |((at, kind, step, detail), (cause, release, mapping)), seq| {
            let (cause, release) = (String::from(cause), String::from(release));
            Event { seq, at, kind, step, detail, cause, release, mapping }
        };
        events.into_iter().zip(1..).map(|(event, seq)| number(event, seq)).collect()
    })
}

fn waits() -> impl Strategy<Value = (Option<Hold>, Option<Waiting>)> {
    let doubt = option::of(select(vec![StaleReason::Cancelled, StaleReason::NotNewer]));
    let hold = (words(), words(), at(), doubt).prop_map(|(code, message, since, doubt)| Hold {
        code,
        message,
        step: Step::Refund,
        since,
        doubt,
        about: Some(waybill_domain::Effect::Credit(17)),
        under: None,
    });
    let on = select(vec![WaitOn::Payment, WaitOn::Endpoint(Endpoint::Warehouse("berlin".parse().unwrap()))]);
    (option::of(hold), option::of((on, at()).prop_map(|(on, since)| Waiting { on, since })))
}

prop_compose! {
    fn order()(
        (with_content, goods, hash) in (any::<bool>(), hash(), hash()),
        (events, stock, erp, fulfilment) in (events(), stock(), erp(), fulfilment()),
        (refunds, returns, call) in (vec(refund(), 0..3), vec(returned(), 0..3), option::of(call())),
        (gone, busy_since, (hold, waiting)) in (any::<bool>(), option::of(at()), waits()),
    ) -> Order {
        let mut order = happy_path(&"shop/1042".parse().unwrap(), &[]).remove(0);
        order.content = order.content.filter(|_| with_content);
        if let Some(content) = &mut order.content {
            (content.goods, content.hash) = (goods, hash);
        }
        order.seq = u32::try_from(events.len()).unwrap();
        Order { events, stock, erp, fulfilment, refunds, returns, call, gone, busy_since, hold, waiting, ..order }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_record_comes_back_from_its_row(order in order()) {
        let row = row_from(&order, &Mark::random()).unwrap();
        let seen = order_from_image(image(&row)).unwrap();
        prop_assert_eq!(&seen, &order);
        let read = order_from(row).unwrap();
        prop_assert_eq!(&read, &order);
        // Decimals are equal whatever their digits; what is written again must be the same text.
        prop_assert_eq!(format!("{read:?}"), format!("{order:?}"));
    }
}
