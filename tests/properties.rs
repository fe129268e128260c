//! Properties: lost, doubled, late and shuffled messages end in the same record; the ledger never promises what is not there; no sequence
//! of changes breaks the record.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use common::invariants::assert_invariants;
use proptest::prelude::*;
use waybill_domain::refund::RefundedLine;
use waybill_domain::store_order::{StoreOrder, StoreStatus};
use waybill_domain::{
    At, Change, Context, Document, DocumentKind, Effect, ErpState, Pieces, ReturnState, Shipment, StaleReason, Step, StockRow,
    StoreRefund, advance, begin,
};
use waybill_testkit::memory::samples::{self, cents, order, store};
use waybill_testkit::memory::{Manners, World};
use waybill_workflow::ports::Delivery;
use waybill_workflow::steps::report::{Report, report};

/// The versions of one order over its life in the store, oldest first, each a second or more after the one before.
fn history(world: &World, steps: &[u8]) -> Vec<StoreOrder> {
    let mut versions: Vec<StoreOrder> = Vec::new();
    let mut at = world.state().now.seconds() * 1000;
    let mut current = order(16, &[("SKU-A", 2), ("SKU-B", 1)]);
    current.status = StoreStatus::Pending;
    current.paid_at = None;
    for step in steps {
        match step % 5 {
            0 => current.status = StoreStatus::Processing,
            1 => current.status = StoreStatus::OnHold,
            2 => current.status = StoreStatus::Cancelled,
            3 => current = StoreOrder { status: current.status.clone(), ..order(16, &[("SKU-A", i64::from(step % 3) + 1)]) },
            _ => {}
        }
        // One second for some changes: two versions may carry the same date.
        at += i64::from(step % 2) * 1000;
        current.modified = At(at);
        versions.push(current.clone());
    }
    // The poll sees dates only: a change whose delivery is lost, in the same second as one that was told of, is beyond it.
    if let Some(last) = versions.last_mut() {
        last.modified = At(at + 1000);
    }
    versions
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// Where an order ended, apart from how it got there.
fn ending(world: &World) -> Option<String> {
    let order = world.order("shop/16")?;
    let content = order.content.map(|content| (content.hash, content.status, content.total));
    Some(format!("{:?} {:?} {:?} {:?} {:?}", order.stage, content, order.payment, order.stock, order.erp.state))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Before an order is posted, whatever happens to the deliveries, the record ends as if it had only ever seen the last version.
    #[test]
    fn shuffled_doubled_and_dropped_deliveries_end_in_the_same_record(
        steps in prop::collection::vec(0_u8..=20, 1..6),
        // Which version each delivery carries: with gaps, repeats and in any order.
        deliveries in prop::collection::vec(0_usize..6, 0..10),
        doubled in any::<bool>(),
        reordered in any::<bool>(),
    ) {
        runtime().block_on(async {
            let told = World::with_shop();
            // Nothing is posted in this test: posting is not undone by a later version, it is held (see the walkthroughs).
            told.state().erp.down_calls = u32::MAX;
            let shuffled = World::with_shop();
            shuffled.state().erp.down_calls = u32::MAX;
            let versions = history(&told, &steps);
            let last = versions.last().expect("at least one version").clone();

            let delivery = told.place(&last);
            told.receive(&delivery).await;
            told.work(Manners::default()).await;

            shuffled.place(&last);
            for index in deliveries {
                let Some(version) = versions.get(index) else { continue };
                let delivery = waybill_testkit::memory::samples::delivery(version);
                shuffled.receive(&delivery).await;
                shuffled.work(Manners { doubled, reordered, ..Manners::default() }).await;
            }
            // The last one need not arrive: the poll finds what no delivery told of.
            for _ in 0..3 {
                shuffled.pass_seconds(301);
                told.pass_seconds(301);
                shuffled.sweep().await;
                shuffled.work(Manners { doubled, reordered, ..Manners::default() }).await;
                told.sweep().await;
                told.work(Manners::default()).await;
            }
            prop_assert_eq!(ending(&shuffled), ending(&told));
            Ok(())
        })?;
    }

    /// Many orders for few pieces: what is promised is never more than there is, whatever the order of events.
    #[test]
    fn never_oversold(wants in prop::collection::vec((0_i64..5, 0_i64..3), 1..8), doubled in any::<bool>(), reordered in any::<bool>()) {
        runtime().block_on(async {
            let world = World::with_shop();
            for ((a, b), id) in wants.into_iter().zip(1_u64..) {
                let pieces: Vec<(&str, i64)> = [("SKU-A", a), ("SKU-B", b)].into_iter().filter(|(_, pieces)| *pieces > 0).collect();
                if pieces.is_empty() { continue }
                let delivery = world.place(&order(id, &pieces));
                world.receive(&delivery).await;
            }
            world.settle(Manners { doubled, reordered, ..Manners::default() }).await;
            assert_invariants(&world, "never oversold");
        });
    }

    /// The ledger row against a plain model: what is available is what is free less what is promised and not yet in the figure.
    #[test]
    fn the_ledger_row_adds_up(moves in prop::collection::vec((0_u8..4, 1_u32..5, 0_i64..300), 1..40)) {
        let start = At(1_767_225_600_000);
        let mut row = StockRow::new(20, start);
        let mut held: Vec<u32> = Vec::new();
        let mut now = start;
        for (kind, quantity, seconds) in moves {
            now = At(now.0 + seconds * 1000);
            match kind {
                0 => if row.take(quantity) { held.push(quantity) },
                1 => if let Some(quantity) = held.pop() { row.give(quantity) },
                2 => if let Some(quantity) = held.pop() { row.prove(quantity, now) },
                _ => if let Some(pulled) = row.pulled(row.free, now) { row = pulled },
            }
            let promised: i64 = held.iter().map(|quantity| i64::from(*quantity)).sum();
            prop_assert_eq!(row.unproven, promised);
            prop_assert_eq!(row.available, row.free - row.unproven - row.proven.values().sum::<i64>());
        }
    }

    /// `advance` is total: any change to any record is applied or refused, the version grows by one, events are numbered without gaps.
    #[test]
    fn no_sequence_of_changes_breaks_the_record(changes in prop::collection::vec(any_change(), 1..40)) {
        let context = Context { at: At(1_767_225_600_000), step: Step::Validate, cause: "#1".to_owned(), release: "test".to_owned() };
        let mut record = begin("shop/16".parse().expect("key"), context.at);
        for change in changes {
            let Ok(next) = advance(&record, vec![change], &context) else { continue };
            prop_assert_eq!(next.version, record.version + 1);
            prop_assert_eq!(next.seq, record.seq + next.fresh);
            prop_assert!(next.events.len() < 16 + usize::try_from(next.fresh).expect("small"));
            let numbers: Vec<u32> = next.events.iter().map(|event| event.seq).collect();
            let first = numbers.first().copied().unwrap_or(1);
            prop_assert_eq!(&numbers, &(first..=next.seq).collect::<Vec<_>>());
            prop_assert_eq!(first % 8, 1, "the row starts at a page boundary");
            prop_assert!(!(next.hold.is_some() && next.waiting.is_some()) || next.erp.state != ErpState::None, "held and waiting");
            record = next;
        }
    }
}

fn any_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::Amend),
        Just(Effect::Cancel),
        Just(Effect::Tell),
        Just(Effect::Credit(17)),
        Just(Effect::Refund("R1".to_owned())),
    ]
}

fn any_change() -> impl Strategy<Value = Change> {
    let seen = (0_u8..6, any::<bool>()).prop_map(|(kind, asked)| {
        let mut order = order(16, &[("SKU-A", i64::from(kind % 3) + 1)]);
        order.status = [StoreStatus::Processing, StoreStatus::Cancelled, StoreStatus::Completed][usize::from(kind / 2)].clone();
        Change::Seen { order: Box::new(order), asked }
    });
    let lines = [("SKU-A".parse().expect("sku"), 2_u32)].into_iter().collect();
    prop_oneof![
        4 => seen,
        1 => Just(Change::Doubted(StaleReason::NotNewer)),
        1 => Just(Change::Gone),
        3 => any::<bool>().prop_map(|payment_accepted| Change::Validated { mapping: store().version, payment_accepted }),
        3 => Just(Change::Reserved { ledger: store().erp, lines }),
        1 => Just(Change::Backordered { short: String::new() }),
        1 => Just(Change::StockReleased),
        3 => Just(Change::PostingStarted { erp: "acme".parse().expect("slug"), reference: "shop-16".to_owned(), until: At(1_767_225_700_000) }),
        2 => Just(Change::OutcomeUnknown { until: At(1_767_225_800_000), why: String::new() }),
        2 => Just(Change::PostingRefused { why: String::new() }),
        3 => Just(Change::Posted {
            confirmed_at: At(1_767_225_650_000),
            documents: Vec::new(),
            to_ship: Pieces::from([(1, 2)]),
            push: None,
        }),
        1 => Just(Change::Held { code: "short_stock".to_owned(), message: String::new(), about: None }),
        1 => Just(Change::Retried),
        2 => any_effect().prop_map(|effect| {
            let until = At(1_767_225_900_000);
            Change::CallStarted { effect, until, extra: std::collections::BTreeMap::new() }
        }),
        1 => Just(Change::CallEnded { why: String::new() }),
        1 => Just(Change::ErpCancelled),
        1 => Just(Change::Pushed(1)),
        1 => any::<bool>().prop_map(|completed| Change::Told { shipments: vec![("S1".to_owned(), 1)], completed }),
        1 => (1_u32..3, any::<bool>()).prop_map(|(revision, void)| match parcel("S1", revision, void, &[(1, revision)]) {
            Message::Report(Report::Shipment(shipment)) => Change::Shipped(shipment),
            _ => Change::Retried,
        }),
        1 => Just(match coming_back(ReturnState::Inspected) {
            Message::Report(Report::Return { returned, .. }) => Change::Returned(returned),
            _ => Change::Retried,
        }),
        1 => Just(Change::RefundCreated {
            returned: "R1".to_owned(),
            refund: 17,
            amount: cents(1000),
            lines: Pieces::new(),
            money: std::collections::BTreeMap::new(),
        }),
        1 => Just(Change::Credited {
            refund: 17,
            document: Document { kind: DocumentKind::CreditNote, id: "CN-1".to_owned(), number: String::new() },
            restocked: Pieces::new(),
        }),
        1 => Just(Change::DoneByHand),
    ]
}

/// What happens outside after an order is posted: messages that may come in any order, twice, and late.
#[derive(Debug, Clone)]
enum Message {
    Delivery(Box<Delivery>),
    Report(Report),
}

/// One family of happenings. Within a family it does not matter what comes first; across families it truly does (what was shipped before it
/// was cancelled is another story than what was cancelled before it was shipped), so families are not mixed.
#[derive(Debug, Clone, Copy)]
enum Family {
    /// Shipments with corrections and voids, refunds of a piece and of an amount, a return.
    Goods,
    /// Edits of lines, and a refund of an amount.
    Edits,
    /// Edits, then the store cancels.
    Cancelled,
}

fn parcel(id: &str, revision: u32, void: bool, lines: &[(u64, u32)]) -> Message {
    let tracking = format!("T-{revision}");
    Message::Report(Report::Shipment(Shipment { tracking, void, ..samples::shipment(id, revision, lines) }))
}

fn coming_back(state: ReturnState) -> Message {
    let accepted = u32::from(state == ReturnState::Inspected);
    Message::Report(Report::Return { returned: samples::returned("R1", state, 1, accepted), currency: None })
}

/// Makes the family's happenings true in the store, as far as `picks` wants them, and returns the messages that tell of them, in order.
fn happen(world: &World, family: Family, picks: u8) -> Vec<Message> {
    let picked = |bit: u8| picks & (1 << bit) != 0;
    let mut messages = Vec::new();
    let edit = |edit: &dyn Fn(&mut StoreOrder)| {
        world.pass_seconds(1);
        let mut order = world.state().shop[&16].clone();
        edit(&mut order);
        order.modified = At(world.state().now.seconds() * 1000);
        Message::Delivery(Box::new(world.place(&order)))
    };
    let refund = |id: u64, amount: i64, lines: Vec<RefundedLine>| {
        world.pass_seconds(1);
        let restock = !lines.is_empty();
        let made = StoreRefund { id, amount: cents(amount), lines, charges: Vec::new(), returned: None, paid_back: true };
        world.state().refund(16, made, restock);
        let echo = world.state().echoes.pop_back().expect("the store tells");
        Message::Delivery(Box::new(echo))
    };
    match family {
        Family::Goods => {
            let piece = RefundedLine { line: 1, quantity: 1, net: cents(1000), taxes: Vec::new() };
            let mut told = vec![
                (0, parcel("S1", 1, false, &[(1, 1)])),
                (1, parcel("S1", 2, false, &[(1, 2)])),
                // A slip of the pen: far too much, so that the order is held until it is void.
                (2, parcel("S3", 1, false, &[(1, 9)])),
                (2, parcel("S3", 2, true, &[])),
                (3, parcel("S2", 1, false, &[(2, 1)])),
                (4, coming_back(ReturnState::Announced)),
                (5, coming_back(ReturnState::Received)),
                (4, coming_back(ReturnState::Inspected)),
            ];
            // What never left cannot come back: that is held, and what is held waits for a person whatever else there is to do.
            let left = picked(0) || picked(1);
            told.retain(|(bit, _)| picked(*bit) && (left || ![4, 5].contains(bit)));
            messages.extend(told.into_iter().map(|(_, message)| message));
            if picked(6) {
                messages.push(refund(17, 1000, vec![piece]));
            }
            if picked(7) {
                messages.push(refund(18, 250, Vec::new()));
            }
        }
        Family::Edits | Family::Cancelled => {
            for bit in 0..4 {
                if picked(bit) {
                    let pieces = i64::from(bit % 3) + 1;
                    messages.push(edit(&|order| {
                        let (modified, refunds) = (order.modified, order.refunds.clone());
                        *order = StoreOrder { modified, refunds, ..samples::order(16, &[("SKU-A", pieces), ("SKU-B", 1)]) };
                    }));
                }
            }
            match family {
                Family::Cancelled => messages.push(edit(&|order| order.status = StoreStatus::Cancelled)),
                _ if picked(7) => messages.push(refund(18, 250, Vec::new())),
                _ => {}
            }
        }
    }
    messages
}

async fn tell(world: &World, message: &Message) {
    world.enter(None);
    match message {
        Message::Delivery(delivery) => {
            world.receive(delivery).await;
        }
        Message::Report(said) => {
            let key = "shop/16".parse().expect("key");
            report(world, &key, said.clone(), "wms").await.expect("it answers").expect("it is taken");
        }
    }
}

/// The record without its timeline and what only says how it came about.
fn record(world: &World) -> String {
    let order = world.order("shop/16").expect("known");
    let content = order.content.map(|content| (content.goods, content.status, content.total));
    let mut shipments: Vec<String> = order
        .fulfilment
        .shipments
        .iter()
        .map(|one| format!("{} {} {:?} {} told {}", one.id, one.revision, one.lines, one.void, one.told))
        .collect();
    shipments.sort();
    let mut refunds: Vec<String> = order
        .refunds
        .iter()
        .map(|one| format!("{} {:?} {:?} {:?} {:?}", one.amount, one.state, one.lines, one.restocked, one.returned))
        .collect();
    refunds.sort();
    let returns: Vec<String> =
        order.returns.iter().map(|one| format!("{} {:?} {:?} {}", one.id, one.state, one.lines, one.refund.is_some())).collect();
    let state = world.state();
    let mut credits: Vec<String> =
        state.erp.credits.iter().map(|(note, _)| format!("{} {:?} {}", note.amount, note.lines, note.other)).collect();
    credits.sort();
    format!(
        "{:?} {content:?} {:?} {:?} {:?} to ship {:?} {shipments:?} completed {} {refunds:?} {returns:?} held {:?}\ncredits {credits:?}",
        order.stage,
        order.payment,
        order.stock.lines,
        order.erp.state,
        order.fulfilment.to_ship(),
        order.fulfilment.completed,
        order.hold.map(|hold| hold.code),
    )
}

async fn posted() -> World {
    let world = World::with_shop();
    let delivery = world.place(&order(16, &[("SKU-A", 2), ("SKU-B", 1)]));
    world.receive(&delivery).await;
    world.settle(Manners::default()).await;
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// After posting: shipments, corrections, voids, refunds, returns, edits and a cancellation, told in any order, doubled and late, end
    /// in the same record as told in order.
    #[test]
    fn the_way_back_ends_in_the_same_record(
        family in prop_oneof![Just(Family::Goods), Just(Family::Edits), Just(Family::Cancelled)],
        picks in any::<u8>(),
        order in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..16),
        doubled in any::<bool>(),
        reordered in any::<bool>(),
    ) {
        runtime().block_on(async {
            let straight = posted().await;
            let shuffled = posted().await;
            for message in happen(&straight, family, picks) {
                tell(&straight, &message).await;
                straight.settle(Manners::default()).await;
            }
            straight.pass_seconds(301);
            straight.settle_after_sweep(Manners::default()).await;

            let manners = Manners { doubled, reordered, ..Manners::default() };
            let messages = happen(&shuffled, family, picks);
            for (index, rest) in &order {
                if messages.is_empty() { break }
                tell(&shuffled, index.get(&messages)).await;
                // Between two messages Waybill may have done all it can, or nothing yet.
                if *rest { shuffled.settle(manners).await } else { shuffled.work(manners).await }
            }
            // Whoever reports repeats until it is taken; whatever the store did not get through, the poll finds.
            for message in messages.iter().rev().filter(|message| matches!(message, Message::Report(_))) {
                tell(&shuffled, message).await;
            }
            for _ in 0..3 {
                shuffled.pass_seconds(301);
                shuffled.settle_after_sweep(manners).await;
            }
            prop_assert_eq!(record(&shuffled), record(&straight));
            assert_invariants(&shuffled, "the way back");
            Ok(())
        })?;
    }
}
