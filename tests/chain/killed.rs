//! Many orders while functions die and the ERP does not answer, or is not there at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use waybill_testkit::erp::{Fault, Op};

use crate::faults::Shop;
use crate::system::Connected;

/// Decides who is killed, and when.
const SEED: u64 = 20_261_123;
const MOST_KILLS: u32 = 120;
/// Deliveries at once.
const AT_ONCE: usize = 12;

/// Delivers so many orders, each until somebody answers 200: what a killed function was asked is nobody's promise.
async fn deliver(system: &Connected, shop: &Shop, orders: usize) {
    let all = stream::iter(0..orders).map(|_| async {
        let id = shop.place();
        for _ in 0..20 {
            if shop.deliver(system, id).await == Some(StatusCode::OK) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{} was never taken", shop.key(id));
    });
    all.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

/// Delivers five hundred orders while processes are killed in the middle of their work and every tenth posting gets no answer.
pub async fn five_hundred_orders(system: &Connected) -> Shop {
    let shop = Shop::open(system, "killed").await;
    shop.erp.knobs(|knobs| {
        knobs.fault = Some(Fault::timeout_after_commit());
        knobs.fault_ops = vec![Op::CreateOrder];
        knobs.fault_every = 10;
    });
    let over = AtomicBool::new(false);
    let killing = async {
        let (mut chance, mut kills) = (SEED, 0);
        while kills < MOST_KILLS && !over.load(Ordering::Relaxed) {
            // Knuth's linear congruence: the upper bits are random enough.
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            tokio::time::sleep(Duration::from_millis(100 + (chance >> 33) % 400)).await;
            kills += u32::from(system.kill("", chance >> 40).await.is_some());
        }
        kills
    };
    let delivering = async {
        deliver(system, &shop, 500).await;
        // The steps go on for a while, and so does the killing.
        let begun = Instant::now();
        while shop.erp.orders().len() < 400 && begun.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        over.store(true, Ordering::Relaxed);
    };
    let (kills, ()) = tokio::join!(killing, delivering);
    assert!(kills > 20, "only {kills} processes were killed");
    assert_eq!(shop.taken.lock().expect("nobody panicked").len(), 500);
    shop
}

/// Delivers three hundred orders while the ERP is down, which comes back after the last.
pub async fn a_burst_while_the_erp_is_down(system: &Connected) -> Shop {
    let shop = Shop::open(system, "burst").await;
    shop.erp.knobs(|knobs| {
        knobs.fault = Some(Fault::no_database());
        knobs.fault_ops = vec![Op::CreateOrder, Op::FindOrders];
    });
    deliver(system, &shop, 300).await;
    assert!(shop.erp.orders().is_empty());
    shop.erp.behave();
    shop.erp.knobs(|knobs| knobs.unique_references = false);
    shop
}
