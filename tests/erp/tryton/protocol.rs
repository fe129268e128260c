//! Waybill's side: goes on after whatever a call came to, as the steps do, each time with a connection that knows nothing.

use waybill_domain::{CreditNote, Document, ErpOrder};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpCancel, ErpCredit, ErpOrders, ErpRecord};

use crate::support::Live;

/// One call is cut, so a second try gets to the end.
const TRIES: usize = 3;

/// Posts an order.
pub async fn post(live: &Live, order: &ErpOrder) -> ErpRecord {
    for _ in 0..TRIES {
        let created = live.connect().create(order).await;
        let found = live.connect().find(&order.reference).await.unwrap();
        match created {
            Ok(record) if record.unfinished.is_none() => {
                assert_eq!(found, [record.clone()]);
                return record;
            }
            Err(CallError::Busy { .. } | CallError::Down { .. }) => assert_eq!(found, [], "surely not done"),
            Ok(_) | Err(CallError::Unknown { .. }) => {
                if let [record] = found.as_slice()
                    && record.unfinished.is_none()
                {
                    return record.clone();
                }
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("not posted after {TRIES} tries");
}

/// Credits.
pub async fn credit(live: &Live, note: &CreditNote) -> Document {
    for _ in 0..TRIES {
        let credited = live.connect().credit(note).await;
        let found = live.connect().find_credit(&note.reference).await.unwrap();
        match credited {
            Ok(document) => {
                assert_eq!(found, [document.clone()]);
                return document;
            }
            Err(CallError::Busy { .. } | CallError::Down { .. }) => assert_eq!(found, [], "surely not done"),
            Err(CallError::Unknown { .. }) => {
                if let [document] = found.as_slice() {
                    return document.clone();
                }
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("not credited after {TRIES} tries");
}

/// Cancels. Said again, it changes nothing.
pub async fn cancel(live: &Live, id: &str) {
    for _ in 0..TRIES {
        match live.connect().cancel(id).await {
            Ok(()) => return,
            Err(CallError::Refused { code, message }) => panic!("{code}: {message}"),
            Err(_) => {}
        }
    }
    panic!("not cancelled after {TRIES} tries");
}
