//! What was asked of AWS, in the units it is paid by.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::AddAssign;

/// One request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation and what it was done to: `PutItem orders`.
    pub name: String,
    /// Its units.
    pub units: Units,
}

/// What DynamoDB charges.
#[derive(Debug, Clone, Copy, Default)]
pub struct Units {
    /// Write units of tables and indexes; twice that of a plain write in a transaction.
    pub write: f64,
    /// Of these, those of indexes.
    pub index: f64,
    /// Read units.
    pub read: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.write += other.write;
        self.index += other.index;
        self.read += other.read;
    }
}

/// The sum of the units of these calls.
pub fn units(calls: &[Call]) -> Units {
    let mut sum = Units::default();
    for call in calls {
        sum += call.units;
    }
    sum
}

/// The calls in words, each kind once with its count per order and its units: `2 PutItem snapshots (4 w)`.
pub fn in_words(calls: &[Call], orders: usize) -> String {
    let mut kinds: BTreeMap<&str, (usize, Units)> = BTreeMap::new();
    for call in calls {
        let (count, sum) = kinds.entry(&call.name).or_default();
        *count += 1;
        *sum += call.units;
    }
    let mut words = String::new();
    for (name, (count, sum)) in kinds {
        if !words.is_empty() {
            words.push_str(", ");
        }
        let _ = write!(words, "{} {name}", per(count as f64, orders));
        for (units, letter) in [(sum.write, 'w'), (sum.read, 'r')] {
            if units > 0.0 {
                let _ = write!(words, " {}{letter}", per(units, orders));
            }
        }
    }
    words
}

/// A figure per order, with decimals only where it needs them.
pub fn per(sum: f64, orders: usize) -> String {
    let each = sum / orders as f64;
    if (each - each.round()).abs() < 0.005 { format!("{each:.0}") } else { format!("{each:.2}") }
}
