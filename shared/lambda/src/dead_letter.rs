//! A message of a dead-letter queue, as the function on those queues gets it. What died where says it differently: a step's message is as
//! it was sent, EventBridge says why in the message's attributes, Lambda in the body.

use serde_json::Value;
use waybill_contracts::Command;
use waybill_domain::shipment::order_of_fulfilment;
use waybill_domain::{OrderKey, StoreSlug};
use waybill_workflow::ports::LetterId;
use waybill_workflow::steps::dead_letters::Arrived;

use crate::batch::Message;

/// Reads it. The queue's name is `<deployment>-<slug>-dlq`.
///
/// # Errors
/// If it came from a queue that is none of this deployment's dead-letter queues.
pub fn read(deployment: &str, message: &Message) -> Result<Arrived, String> {
    let name = message.event_source_arn.rsplit(':').next().unwrap_or_default();
    let slug = name.strip_prefix(deployment).and_then(|rest| rest.strip_prefix('-')).and_then(|rest| rest.strip_suffix("-dlq"));
    let queue = slug.ok_or_else(|| format!("{name:?} is no dead-letter queue of {deployment:?}"))?;
    let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
    let command = Command::read(&message.body).ok();
    let order = command.as_ref().map(|command| command.order.clone()).or_else(|| order(&body));
    Ok(Arrived {
        id: LetterId { queue: queue.to_owned(), message: message.message_id.clone() },
        store: store(&body).or_else(|| order.as_ref().map(|order| order.store.clone())),
        command,
        order,
        error: by_event_bridge(queue, message).or_else(|| by_lambda(&body)),
        trace: message.trace(),
        receives: body.pointer("/requestContext/approximateInvokeCount").and_then(Value::as_u64).and_then(|n| n.try_into().ok()),
        body: message.body.clone(),
    })
}

/// The store that a delivery, a report or a fact is of.
fn store(body: &Value) -> Option<StoreSlug> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    text("/store").or_else(|| text("/detail/store")).and_then(|store| store.parse().ok())
}

/// The order that a report or a fact names: `store/id`, the id alone beside the store, or a fulfilment's id.
fn order(body: &Value) -> Option<OrderKey> {
    let detail = body.get("detail")?;
    let store = detail.get("store").and_then(Value::as_str).and_then(|store| store.parse::<StoreSlug>().ok());
    let key = match (detail.get("order"), &store) {
        (Some(Value::String(key)), _) => key.parse().ok(),
        (Some(Value::Number(id)), Some(store)) => id.as_u64().map(|id| OrderKey { store: store.clone(), id }),
        (None, Some(_)) => detail.get("id").and_then(Value::as_str).and_then(order_of_fulfilment),
        _ => None,
    };
    // Who names a store and another store's order is wrong about one of them.
    key.filter(|key: &OrderKey| store.is_none_or(|store| store == key.store))
}

/// AWS's own words may quote what was to be delivered: facts have nothing personal, reports may.
fn by_event_bridge(queue: &str, message: &Message) -> Option<String> {
    let code = message.attribute("ERROR_CODE")?;
    let words = message.attribute("ERROR_MESSAGE").filter(|_| queue != "api");
    let words = words.map(|words| format!(": {words}")).unwrap_or_default();
    Some(format!("EventBridge could not deliver it: {code}{words}"))
}

/// Of a stream's records or an asynchronous invocation that Lambda gave up. The functions invoked like that, relay and sweep, read no
/// content, so what they failed with has none.
fn by_lambda(body: &Value) -> Option<String> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let condition = text("/requestContext/condition")?;
    let mut said = format!("Lambda gave up: {condition}");
    for pointer in ["/responseContext/functionError", "/responsePayload/errorType", "/responsePayload/errorMessage"] {
        said.extend(text(pointer).map(|words| format!("; {words}")));
    }
    if let Some(batch) = body.get("DDBStreamBatchInfo") {
        let field = |name: &str| batch.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
        said.push_str(&format!(
            "; records {} to {} of {}",
            field("startSequenceNumber"),
            field("endSequenceNumber"),
            field("shardId")
        ));
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(queue: &str, body: &str, attributes: Value) -> Message {
        let record = json!({
            "messageId": "m-1", "receiptHandle": "r", "body": body,
            "attributes": {"ApproximateReceiveCount": "2", "AWSTraceHeader": "Root=1-abc-def;Parent=1;Sampled=1"},
            "messageAttributes": attributes,
            "eventSourceARN": format!("arn:aws:sqs:eu-central-1:123456789012:{queue}"),
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn a_command_names_its_order_and_nothing_says_why() {
        let body = r#"{"v":1,"step":"validate","order":"shop/7","origin":"commit","seq":3}"#;
        let read = read("waybill", &message("waybill-validate-dlq", body, json!({}))).unwrap();
        assert_eq!(read.id.to_string(), "validate/m-1");
        assert_eq!(read.command.map(|command| command.order.to_string()).as_deref(), Some("shop/7"));
        assert_eq!((read.error, read.trace.as_deref(), read.body.as_str()), (None, Some("1-abc-def"), body));
    }

    #[test]
    fn event_bridge_says_why_in_attributes() {
        let attributes = json!({
            "ERROR_CODE": {"stringValue": "NO_PERMISSIONS", "dataType": "String"},
            "ERROR_MESSAGE": {"stringValue": "not authorised", "dataType": "String"},
        });
        let body = r#"{"source":"waybill","detail":{"order":"shop/7"}}"#;
        let report = read("waybill", &message("waybill-api-dlq", "{}", attributes.clone())).unwrap();
        assert_eq!(report.error.as_deref(), Some("EventBridge could not deliver it: NO_PERMISSIONS"));
        let read = read("waybill", &message("waybill-facts-dlq", body, attributes)).unwrap();
        assert_eq!(read.error.as_deref(), Some("EventBridge could not deliver it: NO_PERMISSIONS: not authorised"));
        assert_eq!((read.id.queue.as_str(), read.store.map(String::from).as_deref()), ("facts", Some("shop")));
        assert_eq!((read.command, read.order.map(|order| order.to_string()).as_deref()), (None, Some("shop/7")));
    }

    #[test]
    fn a_report_names_its_order() {
        for (detail, order) in [
            (json!({"store": "shop", "order": 7}), Some("shop/7")),
            (json!({"store": "shop", "order": "shop/7"}), Some("shop/7")),
            (json!({"store": "shop", "id": "shop-7"}), Some("shop/7")),
            (json!({"store": "shop", "order": "other/7"}), None),
            (json!({"order": 7}), None),
            (json!({"store": "shop", "order": ["Erika"]}), None),
        ] {
            let body = json!({"detail-type": "shipment.report", "detail": detail}).to_string();
            let read = read("waybill", &message("waybill-api-dlq", &body, json!({}))).unwrap();
            assert_eq!((read.command, read.order.map(|order| order.to_string()).as_deref()), (None, order), "{body}");
        }
    }

    #[test]
    fn lambda_says_why_in_the_body() {
        let batch = json!({"shardId": "shard-1", "startSequenceNumber": "4", "endSequenceNumber": "6"});
        let context = json!({"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21});
        let body =
            json!({"requestContext": context, "responseContext": {"functionError": "Unhandled"}, "DDBStreamBatchInfo": batch});
        let read = read("w-b", &message("w-b-relay-dlq", &body.to_string(), json!({}))).unwrap();
        let expected = "Lambda gave up: RetryAttemptsExhausted; Unhandled; records 4 to 6 of shard-1";
        assert_eq!((read.error.as_deref(), read.receives), (Some(expected), Some(21)));
    }

    #[test]
    fn a_delivery_or_a_report_names_its_store_and_nonsense_nothing() {
        for (body, store) in
            [(r#"{"v":1,"store":"shop"}"#, Some("shop")), (r#"{"detail":{"store":"b"}}"#, Some("b")), ("{", None)]
        {
            let read = read("waybill", &message("waybill-intake-dlq", body, json!({}))).unwrap();
            assert_eq!(read.store.map(String::from).as_deref(), store, "{body}");
            assert_eq!((read.command, read.error), (None, None));
        }
        for queue in ["other-intake-dlq", "waybill-intake", "waybill-dlq"] {
            assert!(read("waybill", &message(queue, "{}", json!({}))).is_err(), "{queue}");
        }
    }
}
