//! Waybill's side: goes on after whatever a call came to, as the steps do, each time with a connection that knows nothing.

use waybill_domain::{CreditNote, Document, ErpOrder};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpCancel, ErpCredit, ErpOrders, ErpRecord};

use crate::books::Books;
use crate::support::Live;

/// One call is cut, so a second try gets to the end.
const TRIES: usize = 3;

/// Posts an order.
pub async fn post(live: &Live, order: &ErpOrder) -> ErpRecord {
    for _ in 0..TRIES {
        let created = live.connect().create(order).await;
        let found = asked(async || live.connect().find(&order.reference).await).await;
        match created {
            Ok(record) if record.unfinished.is_none() => {
                assert_eq!(found, std::slice::from_ref(&record));
                return record;
            }
            Err(CallError::Busy { .. } | CallError::Down { .. }) => surely_not_done(live, &order.reference).await,
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
        let found = asked(async || live.connect().find_credit(&note.reference).await).await;
        match credited {
            Ok(document) => {
                assert_eq!(found, std::slice::from_ref(&document));
                return document;
            }
            Err(CallError::Busy { .. } | CallError::Down { .. }) => surely_not_done(live, &note.reference).await,
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

/// The look-up itself may be cut: asking again settles it.
async fn asked<T>(ask: impl AsyncFn() -> Result<Vec<T>, CallError>) -> Vec<T> {
    match ask().await {
        Err(CallError::Busy { .. } | CallError::Down { .. }) => ask().await,
        answer => answer,
    }
    .unwrap()
}

/// What a connector calls surely not done, by Tryton's books and not by what it finds itself.
async fn surely_not_done(live: &Live, web_id: &str) {
    for (state, _) in Books::of(live, web_id).await.sales {
        assert!(["draft", "quotation"].contains(&state.as_str()), "{web_id} is {state}, and was called surely not done");
    }
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
