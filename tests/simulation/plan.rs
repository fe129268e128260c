//! Plans: what happens outside, and what goes wrong meanwhile.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use waybill_testkit::memory::{Trouble, Weather};

use crate::lives::{Act, Life};

/// One case.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The luck of every call.
    pub luck: u64,
    /// Whether a warehouse is pushed to.
    pub pushed: bool,
    /// Orders that the ERP bears in a minute.
    pub rate: u32,
    pub lives: Vec<Life>,
    pub weather: Vec<Weather>,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Plan {
        tree(seed).current()
    }

    /// How much happens in it.
    pub fn size(&self) -> usize {
        self.lives.iter().map(|life| 1 + life.acts.len()).sum::<usize>() + self.weather.len()
    }
}

/// The plan of a seed, to be made smaller.
pub fn tree(seed: u64) -> impl ValueTree<Value = Plan> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    plan().new_tree(&mut runner).expect("every seed has a plan")
}

fn plan() -> impl Strategy<Value = Plan> {
    let lives = prop_oneof![
        19 => prop::collection::vec(life(), 1..28),
        // A crowd: rows, slots and turns are fought for.
        1 => prop::collection::vec(life(), 60..140),
    ];
    let lives = lives.prop_map(|mut lives| {
        lives.sort_by_key(|life: &Life| life.id);
        lives.dedup_by_key(|life| life.id);
        lives
    });
    let rate = prop_oneof![Just(60), 3_u32..60];
    (any::<u64>().no_shrink(), any::<bool>(), rate, lives, prop::collection::vec(weather(), 0..7))
        .prop_map(|(luck, pushed, rate, lives, weather)| Plan { luck, pushed, rate, lives, weather })
}

fn life() -> impl Strategy<Value = Life> {
    let acts = prop::collection::vec((20_u32..3_000, act()), 0..5);
    // Many begin together: they compete for stock, slots and rows.
    let begins = prop_oneof![Just(10), 0_u32..60, 0_u32..7_200];
    ((1_u64..1_000_000).no_shrink(), begins, any::<bool>(), (1_i64..4, 0_i64..2), acts)
        .prop_map(|(id, begins, paid, pieces, acts)| Life { id, begins, paid, pieces, acts })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Pay),
        1 => Just(Act::DeliverAgain),
        2 => (1_i64..4).prop_map(Act::Edit),
        2 => Just(Act::Cancel),
        1 => Just(Act::Revive),
        2 => Just(Act::RefundPiece),
        2 => (1_i64..900).prop_map(Act::RefundAmount),
        4 => (1_u32..3).prop_map(Act::Ship),
        1 => Just(Act::Void),
        2 => Just(Act::SendBack),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    let (low, high) = (1_u8..6, 10_u8..70);
    let kind = prop_oneof![
        1 => Just(Trouble::ErpDown).prop_flat_map(|trouble| (Just(trouble), 100_u8..101)),
        1 => Just(Trouble::StoreDown).prop_flat_map(|trouble| (Just(trouble), 100_u8..101)),
        1 => Just(Trouble::WarehouseDown).prop_flat_map(|trouble| (Just(trouble), 100_u8..101)),
        2 => high.clone().prop_map(|odds| (Trouble::ErpSilent, odds)),
        2 => high.clone().prop_map(|odds| (Trouble::StoreSilent, odds)),
        1 => high.clone().prop_map(|odds| (Trouble::ErpBusy, odds)),
        1 => high.clone().prop_map(|odds| (Trouble::StoreBusy, odds)),
        2 => high.clone().prop_map(|odds| (Trouble::Tables, odds)),
        1 => high.clone().prop_map(|odds| (Trouble::Queues, odds)),
        1 => high.clone().prop_map(|odds| (Trouble::Bus, odds)),
        1 => high.clone().prop_map(|odds| (Trouble::Secrets, odds)),
        2 => low.prop_map(|odds| (Trouble::Kills, odds)),
        2 => high.clone().prop_map(|odds| (Trouble::Doubles, odds)),
        1 => high.clone().prop_map(|odds| (Trouble::Deliveries, odds)),
        1 => high.prop_map(|odds| (Trouble::Stream, odds)),
        1 => Just((Trouble::Index, 100)),
    ];
    // Short enough to hit one call, long enough to fill a line.
    let lasts = prop_oneof![5_u32..120, 120_u32..1_200, 1_200_u32..14_000];
    (kind, 0_u32..7_200, lasts).prop_map(|((trouble, odds), from, lasts)| Weather { trouble, from, lasts, odds })
}
