//! Notes, and the mails they are.

use serde_json::json;
use waybill_testkit::store::{FakeStoreConfig, MailAbout, OrderKind};

use crate::client::{call, get};
use crate::receiver::connected;

#[tokio::test]
async fn a_note_for_the_customer_is_mailed_and_no_note_moves_the_order() {
    let (store, receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    store.idle().await;
    receiver.take();
    let modified = store.order(id).expect("the order").modified;
    store.turn(|knobs| knobs.clock_ahead_seconds = 9);
    let path = format!("/orders/{id}/notes");
    let (status, note) = call(&store, "POST", &path, r#"{"note":"On its way","customer_note":true}"#).await;
    assert_eq!((status, &note["note"], &note["customer_note"]), (201, &"On its way".into(), &true.into()));
    call(&store, "POST", &path, r#"{"note":"C:\\temp"}"#).await;
    assert!(store.add_note(id, "From the shop", false));
    let texts = |notes: serde_json::Value| -> Vec<serde_json::Value> {
        notes.as_array().expect("a list").iter().map(|note| note["note"].clone()).collect()
    };
    assert_eq!(texts(get(&store, &path).await), ["From the shop", "C:temp", "On its way"]);
    assert_eq!(texts(get(&store, &format!("{path}?type=customer")).await), ["On its way"]);
    assert_eq!(texts(get(&store, &format!("{path}?type=internal")).await), ["From the shop", "C:temp"]);
    assert_eq!(store.order(id).map(|order| order.modified), Some(modified));
    store.idle().await;
    assert_eq!(receiver.take().len(), 0, "a note fires nothing");
    let mails: Vec<_> = store.mails(id).into_iter().map(|mail| mail.about).collect();
    assert_eq!(mails, [MailAbout::Note("On its way".to_owned())]);
    let (status, error) = call(&store, "POST", "/orders/999999/notes", r#"{"note":"x"}"#).await;
    assert_eq!((status, &error["code"]), (404, &"woocommerce_rest_order_invalid_id".into()));
}

#[tokio::test]
async fn the_store_notes_what_happens_to_the_status() {
    let (store, _receiver) = connected(FakeStoreConfig::default()).await;
    let id = store.place(OrderKind::Plain);
    store.set_status(id, "completed");
    store.set_status(id, "completed");
    let notes = store.notes(id);
    assert_eq!((notes.len(), notes[0].text.as_str()), (1, "Order status changed from processing to completed."));
    assert_eq!(store.mails(id).len(), 1, "mailed once");
    let notes = get(&store, &format!("/orders/{id}/notes")).await;
    assert_eq!(notes[0]["customer_note"], json!(false));
}
