//! Properties: lost, doubled, late and shuffled messages end in the same record; the ledger never promises what is not there; no sequence
//! of changes breaks the record.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
mod common;

use common::invariants::assert_invariants;
use proptest::prelude::*;
use waybill_domain::store_order::{StoreOrder, StoreStatus};
use waybill_domain::{At, Change, Context, ErpState, Pieces, StaleReason, Step, StockRow, advance, begin};
use waybill_testkit::memory::samples::{order, store};
use waybill_testkit::memory::{Manners, World};

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
            prop_assert!(next.events.len() < 16);
            let numbers: Vec<u32> = next.events.iter().map(|event| event.seq).collect();
            let first = numbers.first().copied().unwrap_or(1);
            prop_assert_eq!(&numbers, &(first..=next.seq).collect::<Vec<_>>());
            prop_assert_eq!(first % 8, 1, "the row starts at a page boundary");
            prop_assert!(!(next.hold.is_some() && next.waiting.is_some()) || next.erp.state != ErpState::None, "held and waiting");
            record = next;
        }
    }
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
        3 => Just(Change::PostingStarted { reference: "shop-16".to_owned(), until: At(1_767_225_700_000) }),
        2 => Just(Change::OutcomeUnknown { until: At(1_767_225_800_000), why: String::new() }),
        2 => Just(Change::PostingRefused { why: String::new() }),
        3 => Just(Change::Posted {
            confirmed_at: At(1_767_225_650_000),
            documents: Vec::new(),
            to_ship: Pieces::from([(1, 2)]),
            push: None,
        }),
        1 => Just(Change::Held { code: "short_stock".to_owned(), message: String::new() }),
        1 => Just(Change::Retried),
    ]
}
