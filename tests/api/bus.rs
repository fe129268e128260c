//! The same reports as events of the bus.

use serde_json::{Value, json};
use waybill_testkit::memory::{Fault, FaultMode, World};
use waybill_workflow::Outcome;
use waybill_workflow::dispose::Disposition;
use waybill_workflow::steps::api::from_bus;

use crate::{back, parcel, with, world};

fn event(detail_type: &str, detail: &Value) -> String {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": detail_type, "source": "wms.berlin",
        "account": "123456789012", "time": "2026-01-01T00:00:00Z", "region": "eu-central-1", "resources": [], "detail": detail,
    })
    .to_string()
}

fn of_shop(body: Value) -> Value {
    with(body, "/store", json!("shop"))
}

async fn give(world: &World, detail_type: &str, detail: &Value, receives: u32) -> Disposition {
    world.enter(None);
    from_bus(world, &event(detail_type, detail), receives).await
}

#[tokio::test]
async fn reports_are_taken_and_taken_again_without_harm() {
    let world = world().await;
    let blocked = json!({"store": "shop", "id": "shop-16", "blocked": "damaged", "at": "2026-01-01T00:00:00Z"});
    for (detail_type, detail) in
        [("shipment.report", of_shop(parcel())), ("return.report", of_shop(back())), ("fulfilment.report", blocked)]
    {
        assert_eq!(give(&world, detail_type, &detail, 1).await, Disposition::Ack(Outcome::Done), "{detail_type}");
        let stored = world.order("shop/16");
        assert_eq!(give(&world, detail_type, &detail, 2).await, Disposition::Ack(Outcome::Done), "{detail_type}");
        assert_eq!(world.order("shop/16"), stored, "{detail_type}");
    }
}

#[tokio::test]
async fn a_bad_one_fails_with_its_reason_and_without_its_content() {
    let world = world().await;
    let before = world.state().orders.clone();
    let secretive = with(of_shop(parcel()), "/carrier", json!("<Erika Mustermann>"));
    let cases = [
        ("shipment.report", parcel(), "field_invalid: store"),
        ("shipment.report", with(of_shop(parcel()), "/lines/0/quantity", json!(-1)), "field_invalid: lines[0].quantity"),
        ("shipment.report", with(of_shop(parcel()), "/lines/0/line", json!(9)), "line_unknown: lines[0].line"),
        ("shipment.report", with(of_shop(parcel()), "/order", json!("other/16")), "field_invalid: order"),
        ("shipment.report", with(of_shop(parcel()), "/order", json!(999)), "order_unknown: order"),
        ("shipment.report", secretive, "field_invalid: carrier"),
        ("return.report", with(of_shop(back()), "/currency", json!("USD")), "currency_differs: currency"),
        ("fulfilment.report", json!({"store": "shop", "id": "other-16", "blocked": null}), "field_invalid: id"),
        ("order.posted", of_shop(parcel()), "field_invalid: detail-type"),
    ];
    for (detail_type, detail, expected) in cases {
        let Disposition::Fail { reason } = give(&world, detail_type, &detail, 1).await else { panic!("{expected}") };
        assert!(reason.contains(expected) && !reason.contains("Erika"), "{reason}");
    }
    let Disposition::Fail { reason } = from_bus(&world, "{", 1).await else { panic!("no JSON") };
    assert!(reason.contains("body_unreadable"), "{reason}");
    assert_eq!(world.state().orders.clone(), before);
}

#[tokio::test]
async fn what_is_too_early_comes_again_for_two_days() {
    let world = world().await;
    let early = with(of_shop(parcel()), "/order", json!(17));
    let mut waited = 0;
    for receives in 1..=14 {
        let Disposition::Retry { after_seconds, reason } = give(&world, "shipment.report", &early, receives).await else {
            panic!("receive {receives}")
        };
        assert!(reason.contains("shop/17") && reason.contains("order_not_posted"), "{reason}");
        assert!(after_seconds <= 43_200, "SQS takes no more than twelve hours");
        waited += after_seconds;
    }
    assert!(waited > 26 * 3_600, "{waited} s");
}

/// Nobody sends it a second time: a day of DynamoDB must not make a dead letter of it.
#[tokio::test]
async fn a_day_of_outage_is_waited_out() {
    let world = world().await;
    let mut waited = 0;
    for receives in 1..=14 {
        world.plan_fault(Fault { call: world.calls().len(), mode: FaultMode::Before, times: 1 });
        let given = give(&world, "shipment.report", &of_shop(parcel()), receives).await;
        let Disposition::Retry { after_seconds, .. } = given else { panic!("receive {receives}: {given:?}") };
        assert!(after_seconds <= 43_200, "SQS takes no more than twelve hours");
        waited += after_seconds;
    }
    assert!(waited > 26 * 3_600, "{waited} s");
    assert_eq!(give(&world, "shipment.report", &of_shop(parcel()), 15).await, Disposition::Ack(Outcome::Done));
}

#[tokio::test]
async fn an_outage_is_waited_out() {
    for mode in FaultMode::ALL {
        let world = world().await;
        world.plan_fault(Fault { call: world.calls().len(), mode, times: 1 });
        let given = give(&world, "shipment.report", &of_shop(parcel()), 1).await;
        assert!(matches!(given, Disposition::Retry { after_seconds: 1..=300, .. }), "{mode:?}: {given:?}");
        let again = give(&world, "shipment.report", &of_shop(parcel()), 2).await;
        assert_eq!(again, Disposition::Ack(Outcome::Done), "{mode:?}");
    }
}
