//! What a store shows of shipments: notes, fulfillments, and the meta data of tracking plugins.

use serde_json::{Value, json};
use waybill_domain::Shipment;
use waybill_testkit::store::order::Meta;
use waybill_testkit::store::{FakeStore, FakeStoreConfig, MailAbout, OrderKind};
use waybill_workflow::ports::{StoreDesk as _, StoreFulfillment};

use crate::desk::{code, scripted, shipment, store};
use crate::support::{store_config, woocommerce};

const TRACKING: &str = "_wc_shipment_tracking_items";

fn items(store: &FakeStore, order: u64) -> Option<Value> {
    let order = store.order(order).expect("the order");
    order.meta.iter().find(|row| row.key == TRACKING).map(|row| row.value.clone())
}

fn row(value: Value) -> Meta {
    Meta { id: 900, key: TRACKING.to_owned(), value, display_key: None, display_value: None }
}

#[tokio::test]
async fn notes_are_added_mailed_and_read() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    store.add_note(id, "By hand", false);
    woocommerce().add_note(&config, id, "Zoë, it left: 📦 <b>DHL</b>\n1 × Mug", true).await.expect("a note");
    woocommerce().add_note(&config, id, r"For C:\shop\\0", false).await.expect("a note");
    let notes = woocommerce().notes(&config, id).await.expect("notes");
    assert_eq!(notes, [r"For C:\shop\\0", "Zoë, it left: 📦 <b>DHL</b>\n1 × Mug", "By hand"]);
    let mails: Vec<_> = store.mails(id).into_iter().map(|mail| mail.about).collect();
    assert_eq!(mails, [MailAbout::Note(notes[1].clone())]);
}

#[tokio::test]
async fn a_store_without_the_feature_says_so_and_one_without_an_api_does_not() {
    let off = FakeStore::start(FakeStoreConfig::default()).await.expect("a store");
    let id = off.place(OrderKind::Plain);
    assert_eq!(woocommerce().fulfillments(&store_config(off.url()), id).await, Ok(None));
    let elsewhere = store_config(&format!("{}/blog", off.url()));
    let error = woocommerce().fulfillments(&elsewhere, id).await.expect_err("no API");
    assert_eq!(code(&error), "store_api_missing");
}

#[tokio::test]
async fn fulfillments_are_made_corrected_and_taken_away() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    let line = store.order(id).expect("the order").lines[0].id;
    let first = shipment("A", 1, &[(line, 1)]);
    let put = async |known, shipment: &Shipment| woocommerce().put_fulfillment(&config, id, known, shipment).await.expect("done");
    let seen = async || woocommerce().fulfillments(&config, id).await.expect("an answer").expect("the feature");
    put(None, &first).await;
    put(None, &shipment("B", 3, &[(line, 1)])).await;
    let known = seen().await;
    let ids: Vec<u64> = known.iter().map(|one| one.id).collect();
    assert_eq!(known[0], StoreFulfillment { id: ids[0], shipment: Some("A".to_owned()), revision: 1 });
    assert_eq!(known[1], StoreFulfillment { id: ids[1], shipment: Some("B".to_owned()), revision: 3 });
    let made = &store.fulfillments(id)[0];
    assert_eq!((made.items(), made.is_fulfilled), (Some(vec![(line, 1)]), true));
    let texts = ["_tracking_number", "_tracking_url", "_shipment_provider", "_provider_name"].map(|key| made.meta(key).cloned());
    let expected = ["JD-A", "https://track.example.test/?n=JD-A", "dhl", "DHL"].map(|text| Some(Value::from(text)));
    assert_eq!(texts, expected);

    put(Some(ids[0]), &Shipment { revision: 2, tracking: String::new(), ..first.clone() }).await;
    let changed = store.fulfillments(id)[0].clone();
    assert_eq!((changed.id, changed.meta("_tracking_number"), seen().await[0].revision), (ids[0], None, 2));
    put(Some(ids[0]), &Shipment { revision: 3, void: true, ..first.clone() }).await;
    put(Some(ids[0]), &Shipment { revision: 3, void: true, ..first.clone() }).await;
    put(None, &Shipment { void: true, ..first.clone() }).await;
    put(None, &shipment("C", 1, &[])).await;
    assert_eq!(seen().await.iter().map(|one| one.id).collect::<Vec<_>>(), ids[1..]);
    assert_eq!(store.mails(id), [], "the customer's note says it, nothing else mails");
}

#[tokio::test]
async fn fulfillments_of_others_and_of_early_versions_are_read() {
    let one =
        json!({"id": "7", "fulfillment_id": 7, "date_deleted": null, "meta_data": [{"id": 1, "key": "_items", "value": []}]});
    let deleted = json!({"id": 8, "date_deleted": "2026-11-23 03:38:36", "meta_data": []});
    let all = json!([one, deleted]);
    for body in [all.to_string(), json!({"fulfillments": all}).to_string()] {
        let (config, _) = scripted(200, &body).await;
        let known = woocommerce().fulfillments(&config, 9).await.expect("an answer").expect("the feature");
        assert_eq!(known, [StoreFulfillment { id: 7, shipment: None, revision: 0 }], "{body}");
    }
    for body in ["{}", "7", "<html>", "[7]"] {
        let (config, _) = scripted(200, body).await;
        assert_eq!(code(&woocommerce().fulfillments(&config, 9).await.expect_err(body)), "down", "{body}");
    }
    for body in ["{}", "[]", "<html>", r#"{"id":0}"#] {
        let (config, _) = scripted(201, body).await;
        let error = woocommerce().put_fulfillment(&config, 9, None, &shipment("A", 1, &[(5, 1)])).await.expect_err(body);
        assert_eq!(code(&error), "unknown", "{body}");
    }
    let (config, _) = scripted(201, &json!({"fulfillment": one}).to_string()).await;
    assert_eq!(woocommerce().put_fulfillment(&config, 9, None, &shipment("A", 1, &[(5, 1)])).await, Ok(()));
}

#[tokio::test]
async fn tracking_is_shown_in_the_format_of_the_plugins() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    let url = "https://track.example.test/a%20b?n=1".to_owned();
    let first = Shipment { tracking_url: url, ..shipment("A", 1, &[(1, 1)]) };
    let (order, bytes) = woocommerce().show_shipments(&config, id, std::slice::from_ref(&first), false).await.expect("done");
    assert_eq!((order.status.as_str(), Some(bytes)), ("processing", store.order_json(id)));
    let shown = items(&store, id).expect("items");
    let tracking_id = shown[0]["tracking_id"].as_str().expect("an id").to_owned();
    assert!(
        tracking_id.len() == 32
            && tracking_id.starts_with("77617962696c6c")
            && tracking_id.bytes().all(|b| b.is_ascii_hexdigit())
    );
    assert_eq!(
        shown,
        json!([{
            "tracking_provider": "", "custom_tracking_provider": "DHL", "tracking_number": "JD-A", "date_shipped": "1795424400",
            "custom_tracking_link": "https://track.example.test/a%%20b?n=1", "tracking_id": tracking_id,
        }])
    );
}

#[tokio::test]
async fn what_others_wrote_stays_and_what_is_void_goes() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    let theirs = json!({"tracking_provider": "ups", "tracking_number": "1Z", "tracking_id": "0f", "date_shipped": 1_795_000_000});
    // PHP's object for a list, and a second row of the same key.
    store.edit(id, |order| order.meta.push(row(json!({"1": theirs}))));
    let (a, b) = (shipment("A", 1, &[(1, 1)]), shipment("B", 1, &[(1, 1)]));
    let silent = Shipment { tracking: String::new(), ..shipment("C", 1, &[(1, 1)]) };
    let show = async |shipments: &[Shipment], complete| {
        let before = store.counts().rest_requests;
        let shown = woocommerce().show_shipments(&config, id, shipments, complete).await.expect("done");
        (shown.0.status.as_str().to_owned(), store.counts().rest_requests - before)
    };
    let numbers = || {
        let items = items(&store, id).expect("items");
        items
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| item["tracking_number"].as_str().expect("one").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(show(&[a.clone(), b.clone(), silent.clone()], false).await, ("processing".to_owned(), 2));
    assert_eq!(numbers(), ["1Z", "JD-A", "JD-B"]);
    assert_eq!(items(&store, id).expect("items")[0], theirs);
    assert_eq!(show(&[a.clone(), b.clone(), silent], false).await.1, 1, "nothing to write, nothing written");
    let voided = Shipment { void: true, revision: 2, ..a };
    assert_eq!(show(&[voided.clone(), b.clone()], true).await, ("completed".to_owned(), 2));
    assert_eq!(numbers(), ["1Z", "JD-B"]);
    assert_eq!(show(&[voided.clone(), b], true).await, ("completed".to_owned(), 1));
    assert_eq!(show(&[voided], true).await.1, 2);
    assert_eq!(numbers(), ["1Z"]);
    assert_eq!(store.mails(id).iter().filter(|mail| mail.about == MailAbout::Completed).count(), 1);
}

#[tokio::test]
async fn an_order_that_was_given_up_is_not_completed_and_foreign_formats_are_left_alone() {
    let (store, config) = store().await;
    for status in ["cancelled", "refunded", "failed", "trash"] {
        let id = store.place(OrderKind::Plain);
        store.set_status(id, status);
        let shown = woocommerce().show_shipments(&config, id, &[shipment("A", 1, &[(1, 1)])], true).await.expect("done");
        assert_eq!(shown.0.status.as_str(), status);
        assert!(items(&store, id).is_some());
    }
    let id = store.place(OrderKind::Plain);
    store.edit(id, |order| order.meta.push(row(json!("a:1:{i:0;a:0:{}}"))));
    woocommerce().show_shipments(&config, id, &[shipment("A", 1, &[(1, 1)])], true).await.expect("done");
    assert_eq!(items(&store, id), Some(json!("a:1:{i:0;a:0:{}}")));
    assert_eq!(store.order(id).expect("the order").status, "completed");
}

#[tokio::test]
async fn what_the_write_answers_is_what_the_webhook_brings() {
    let (store, config) = store().await;
    let id = store.place(OrderKind::Plain);
    let (order, bytes) = woocommerce().show_shipments(&config, id, &[shipment("A", 1, &[(1, 1)])], true).await.expect("done");
    // The delivery of the own write carries the same bytes, so it causes no work.
    assert_eq!(store.order_json(id), Some(bytes));
    store.turn(|knobs| knobs.clock_ahead_seconds = 9);
    store.touch(id);
    let again =
        waybill_workflow::ports::Storefront::parse(&woocommerce(), &store.order_json(id).expect("the order")).expect("an order");
    assert_eq!(again.content_hash(), order.content_hash());
}
