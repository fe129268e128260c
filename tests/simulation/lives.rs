//! Lives of orders: what customers, shops and warehouses do with one.

use waybill_domain::refund::RefundedLine;
use waybill_domain::store_order::StoreStatus;
use waybill_domain::{At, OrderKey, Return, ReturnState, Shipment, StoreOrder, StoreRefund};
use waybill_testkit::memory::samples::{self, cents, delivery, order};
use waybill_testkit::memory::{Errand, World};
use waybill_workflow::steps::report::Report;

/// How often a report that is refused comes again: an order that is not posted yet has nothing to ship.
const TRIES: u32 = 60;

/// The life of one order.
#[derive(Debug, Clone)]
pub struct Life {
    pub id: u64,
    /// When it is placed, in seconds.
    pub begins: u32,
    pub paid: bool,
    /// Pieces of SKU-A and SKU-B.
    pub pieces: (i64, i64),
    /// What follows, each so many seconds after the one before.
    pub acts: Vec<(u32, Act)>,
}

/// Something that is done with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Pay,
    DeliverAgain,
    /// Other pieces of SKU-A.
    Edit(i64),
    Cancel,
    Revive,
    /// The store refunds a piece, and puts it back on the shelf.
    RefundPiece,
    /// The store refunds cents.
    RefundAmount(i64),
    /// The warehouse ships pieces of the first line.
    Ship(u32),
    /// The first shipment never left.
    Void,
    /// A piece comes back and is accepted.
    SendBack,
}

fn pieces(a: i64, b: i64) -> Vec<(&'static str, i64)> {
    [("SKU-A", a), ("SKU-B", b)].into_iter().filter(|(_, pieces)| *pieces > 0).collect()
}

impl Life {
    fn key(&self) -> OrderKey {
        OrderKey { store: "shop".parse().expect("slug"), id: self.id }
    }

    /// The order is placed.
    pub fn placed(&self, world: &World) -> Option<Errand> {
        let mut placed = order(self.id, &pieces(self.pieces.0, self.pieces.1));
        if !self.paid {
            placed.status = StoreStatus::Pending;
            placed.paid_at = None;
        }
        tell(world, placed)
    }

    /// The `number`-th act.
    pub fn act(&self, number: usize, world: &World) -> Option<Errand> {
        let (_, act) = self.acts.get(number)?;
        let current = world.state().shop.get(&self.id).cloned()?;
        let dead = matches!(current.status, StoreStatus::Cancelled | StoreStatus::Refunded);
        let paid = current.paid_at.is_some();
        match act {
            Act::Pay if dead || paid => None,
            Act::Pay => {
                let now = world.state().now;
                tell(world, StoreOrder { status: StoreStatus::Processing, paid_at: Some(now), ..current })
            }
            Act::DeliverAgain => Some(Errand::Deliver(delivery(&current))),
            // WooCommerce lets nobody edit the lines of an order that is paid and partly refunded without mending its totals.
            Act::Edit(_) if dead || !current.refunds.is_empty() => None,
            Act::Edit(a) => {
                let edited = order(self.id, &pieces(*a, self.pieces.1));
                tell(world, StoreOrder { status: current.status, paid_at: current.paid_at, ..edited })
            }
            Act::Cancel if dead => None,
            Act::Cancel => tell(world, StoreOrder { status: StoreStatus::Cancelled, ..current }),
            Act::Revive if current.status != StoreStatus::Cancelled => None,
            Act::Revive => {
                let status = if paid { StoreStatus::Processing } else { StoreStatus::Pending };
                tell(world, StoreOrder { status, ..current })
            }
            Act::RefundPiece | Act::RefundAmount(_) if !paid || dead => None,
            Act::RefundPiece => {
                let line = RefundedLine { line: 1, quantity: 1, net: cents(1000), taxes: Vec::new() };
                self.refund(world, number, 1000, vec![line])
            }
            Act::RefundAmount(amount) => self.refund(world, number, *amount, Vec::new()),
            Act::Ship(quantity) => Some(self.report(Report::Shipment(shipment(number, 1, *quantity)))),
            Act::Void => {
                let shipped = self.acts.iter().position(|(_, act)| matches!(act, Act::Ship(_)))?;
                Some(self.report(Report::Shipment(Shipment { void: true, ..shipment(shipped, 2, 0) })))
            }
            Act::SendBack => Some(self.report(Report::Return { returned: sent_back(number), currency: None })),
        }
    }

    fn refund(&self, world: &World, number: usize, amount: i64, lines: Vec<RefundedLine>) -> Option<Errand> {
        let mut state = world.state();
        let found = &state.shop[&self.id];
        let (refunded, taken) = (found.refunded().unwrap_or_default(), found.refunds.len());
        // WooCommerce refunds no more than was paid, and no piece twice.
        let bought = found.lines.first().map_or(0, |line| line.quantity);
        if refunded + cents(amount) > found.total || (!lines.is_empty() && taken as i64 >= bought) {
            return None;
        }
        let id = self.id * 10 + number as u64;
        let restock = !lines.is_empty();
        let made = StoreRefund { id, amount: cents(amount), lines, charges: Vec::new(), returned: None, paid_back: true };
        state.refund(self.id, made, restock);
        None
    }

    fn report(&self, said: Report) -> Errand {
        Errand::Report(self.key(), said, TRIES)
    }
}

/// The store saves the order, with the second it is, and tells of it.
fn tell(world: &World, order: StoreOrder) -> Option<Errand> {
    let modified = At(world.state().now.seconds() * 1000);
    let delivery = world.place(&StoreOrder { modified, ..order });
    world.state().echoes.push_back(delivery);
    None
}

fn shipment(number: usize, revision: u32, quantity: u32) -> Shipment {
    let lines = [(1, quantity)];
    let lines = if quantity > 0 { &lines[..] } else { &[] };
    Shipment { tracking: format!("T-{number}"), ..samples::shipment(&format!("S{number}"), revision, lines) }
}

fn sent_back(number: usize) -> Return {
    samples::returned(&format!("R{number}"), ReturnState::Inspected, 1, 1)
}
