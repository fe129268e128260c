//! What happens to the order of the happy path when it does not end there, commit by commit: for the relay's events.

use waybill_domain::store_order::RefundSeen;
use waybill_domain::{At, Change, Context, Document, DocumentKind, Effect, Order, Pieces, ReturnState, Shipment, Step, advance};
use waybill_testkit::memory::samples::{cents, order, returned, shipment};

use crate::made::story;

/// Half of it ships, the store is told, and a piece that comes back is refunded in the store and credited in the ERP.
pub fn way_back() -> Vec<Order> {
    let posted = story().into_iter().nth(4).expect("posted");
    let (key, at) = (posted.key.clone(), posted.received_at.plus_seconds(3_600));
    let shipment = Shipment { shipped_at: at, ..shipment("P-1", 1, &[(1, 2)]) };
    let returned = returned("R-1", ReturnState::Inspected, 1, 1);
    let mut refunded = order(key.id, &[("SKU-A", 1)]);
    refunded.modified = at.plus_seconds(60);
    refunded.refunds.push(RefundSeen { id: 17, amount: cents(1190) });
    let note = Document { kind: DocumentKind::CreditNote, id: "40117".to_owned(), number: "CN-2026-00117".to_owned() };
    let (refund, credit) = (Effect::Refund("R-1".to_owned()), Effect::Credit(17));
    let pieces = Pieces::from([(1, 1)]);
    let commits = [
        (Step::ShipUpdate, vec![Change::Shipped(shipment)]),
        (Step::ShipUpdate, vec![begins(Effect::Tell, at)]),
        (Step::ShipUpdate, vec![Change::Told { shipments: vec![("P-1".to_owned(), 1)], completed: false }]),
        (Step::Refund, vec![Change::Returned(returned)]),
        (Step::Refund, vec![begins(refund, at)]),
        (
            Step::Refund,
            vec![
                Change::RefundCreated {
                    returned: "R-1".to_owned(),
                    refund: 17,
                    amount: cents(1190),
                    lines: pieces.clone(),
                    money: [(11, cents(1190))].into(),
                },
                Change::Seen { order: Box::new(refunded), asked: true },
            ],
        ),
        (Step::Refund, vec![begins(credit, at)]),
        (Step::Refund, vec![Change::Credited { refund: 17, document: note, restocked: pieces }]),
    ];
    let mut last = posted;
    let commit = |(step, changes)| {
        let context = Context { at, step, cause: format!("#{}", last.seq), release: "0.1.0".to_owned() };
        last = advance(&last, changes, &context).expect("legal");
        last.clone()
    };
    commits.into_iter().map(commit).collect()
}

fn begins(effect: Effect, at: At) -> Change {
    Change::CallStarted { effect, until: at.plus_seconds(150), extra: std::collections::BTreeMap::new() }
}
