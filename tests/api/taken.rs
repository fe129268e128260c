//! What is taken in, and by whom.

use serde_json::json;
use waybill_workflow::steps::api::handle;

use crate::{FULFILMENT, RETURNS, SECRET, SHIPMENTS, answer, back, parcel, post, signed, signed_by, with, world};

#[tokio::test]
async fn reports_are_taken_once_however_often_they_come() {
    let world = world().await;
    let blocked = json!({"blocked": "line 2 is damaged", "at": "2026-01-01T00:00:00Z"});
    for (path, body) in [(SHIPMENTS, parcel()), (RETURNS, back()), (FULFILMENT, blocked)] {
        let taken = answer(&world, &post(&world, path, &body)).await;
        assert_eq!(taken, (200, json!({"outcome": "new", "order": "shop/16"})), "{path}");
        let stored = world.order("shop/16");
        world.pass_seconds(1);
        let again = answer(&world, &post(&world, path, &body)).await;
        assert_eq!(again, (200, json!({"outcome": "known", "order": "shop/16"})), "{path}");
        assert_eq!(world.order("shop/16"), stored, "{path}: nothing new is written");
    }
    let corrected = with(with(parcel(), "/revision", json!(2)), "/tracking_number", json!("0035"));
    assert_eq!(answer(&world, &post(&world, SHIPMENTS, &corrected)).await.1["outcome"], "corrected");
    world.pass_seconds(1);
    assert_eq!(answer(&world, &post(&world, SHIPMENTS, &parcel())).await.1["outcome"], "older");
    let other = with(corrected, "/tracking_number", json!("0036"));
    let (status, body) = answer(&world, &post(&world, SHIPMENTS, &other)).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("revision_conflict")));
}

#[tokio::test]
async fn an_address_is_read_by_who_may_and_shown_nowhere_else() {
    let world = world().await;
    let request = signed(&world, "GET", FULFILMENT, b"");
    let read = handle(&world, &request).await;
    let body = crate::body(&read);
    assert_eq!(read.status, 200, "{body}");
    assert_eq!((&body["id"], &body["order"], &body["cancelled"]), (&json!("shop-16"), &json!("shop/16"), &json!(false)));
    assert_eq!(body["lines"][0], json!({"line": 1, "sku": "SKU-A", "name": "Article SKU-A", "quantity": 2}));
    assert_eq!(body["address"]["city"], "Berlin");
    assert!(!format!("{read:?}").contains("Berlin"), "not even in a debugger's line");
    world.pass_seconds(1);
    let unposted = answer(&world, &signed(&world, "GET", "/v1/fulfilments/shop-17", b"")).await;
    assert_eq!((unposted.0, &unposted.1["error"]["code"]), (404, &json!("fulfilment_unknown")));
}

#[tokio::test]
async fn a_rotated_secret_is_known_at_its_first_use() {
    let world = world().await;
    let shipped = |id: &str| with(parcel(), "/id", json!(id)).to_string();
    let with_secret =
        |secret: &str, id: &str| signed_by(&world, "berlin", secret, 0, ("POST", SHIPMENTS, shipped(id).as_bytes()));
    assert_eq!(answer(&world, &with_secret(SECRET, "P-1")).await.0, 200);
    // From now on Secrets Manager has two, and the function has read one.
    let berlin = "berlin".parse().expect("slug");
    world.state().clients.get_mut(&berlin).expect("known").secrets.insert(0, "new".to_owned());
    let asked = world.calls().len();
    assert_eq!(answer(&world, &with_secret(SECRET, "P-2")).await.0, 200, "the old one is still good");
    assert!(world.calls()[asked..].iter().all(|call| call.op != "secrets.client"), "and nobody had to be asked");
    assert_eq!(answer(&world, &with_secret("new", "P-3")).await.0, 200, "the new one is asked for");
    // The old one is taken out: at the next mismatch, or when the cache ends, it is worth nothing.
    world.state().clients.get_mut(&berlin).expect("known").secrets.pop();
    assert_eq!(answer(&world, &with_secret("neither", "P-4")).await.0, 401);
    assert_eq!(answer(&world, &with_secret(SECRET, "P-5")).await.0, 401);
    assert_eq!(answer(&world, &with_secret("new", "P-6")).await.0, 200);
}
