//! Messages of dead-letter queues, as they come to the function on them.

use serde_json::{Value, json};
use waybill_domain::Step;
use waybill_workflow::ports::DeadLetter;

use crate::made::{command, messages, put_aside, report};

/// The files, by their path below `events/`.
pub fn files() -> Vec<(String, Value)> {
    // Received and never judged: its command is dead, so it is held. What is dead of 1003 has been done meanwhile; 999 is unknown.
    let commands =
        [command(Step::Validate, "shop/1002"), command(Step::Validate, "shop/1003"), command(Step::Validate, "shop/999")];
    let mut facts = messages("facts-dlq", &[report("order.posted", &json!({ "order": "shop/1001" }))]);
    let attribute = |value: &str| json!({ "stringValue": value, "dataType": "String" });
    facts["Records"][0]["messageAttributes"] = json!({
        "ERROR_CODE": attribute("NO_PERMISSIONS"),
        "ERROR_MESSAGE": attribute("The target's resource policy does not allow it."),
        "RULE_ARN": attribute("arn:aws:events:eu-central-1:123456789012:rule/waybill/waybill-facts"),
        "TARGET_ARN": attribute("arn:aws:logs:eu-central-1:123456789012:log-group:/aws/events/waybill"),
    });
    [
        ("commands", messages("validate-dlq", &commands)),
        ("delivery", messages("intake-dlq", &[put_aside("order-coupon.json", true)])),
        ("fact", facts),
        ("stream", messages("relay-dlq", &[gave_up().to_string()])),
        ("foreign", messages("validate", &commands)),
    ]
    .map(|(name, made)| (format!("dead-letters/{name}.json"), made))
    .into()
}

/// What Lambda says of stream records that it gave up.
fn gave_up() -> Value {
    json!({
        "requestContext": {
            "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:waybill-relay",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 21,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-23T09:00:00.000Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001573689847184-864758bb",
            "startSequenceNumber": "800000000003126276362",
            "endSequenceNumber": "800000000003126276362",
            "approximateArrivalOfFirstRecord": "2026-11-23T03:00:00Z",
            "approximateArrivalOfLastRecord": "2026-11-23T03:00:00Z",
            "batchSize": 1,
            "streamArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/waybill-orders/stream/2026-11-23T00:00:00.000",
        },
    })
}

/// Each letter of the files is kept, with what is known of why. The files of validate have failed on messages of the same ids: the words
/// they left are found.
pub fn are_kept(letters: &[DeadLetter]) {
    let of = |letter: &DeadLetter| letter.order.as_ref().map(ToString::to_string).unwrap_or_default();
    let found: Vec<_> = letters.iter().map(|letter| (letter.id.queue.as_str(), of(letter), letter.error.as_str())).collect();
    let expected = [
        (
            "facts",
            "shop/1001",
            "EventBridge could not deliver it: NO_PERMISSIONS: The target's resource policy does not allow it.",
        ),
        ("intake", "", "of no version of this contract"),
        (
            "relay",
            "",
            "Lambda gave up: RetryAttemptsExhausted; Unhandled; records 800000000003126276362 to 800000000003126276362 of \
             shardId-00000001573689847184-864758bb",
        ),
        ("validate", "shop/1002", "a command for refund in the queue of validate"),
        ("validate", "shop/1003", "not a command"),
        ("validate", "", "the function left no word"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.0, found.1.as_str()), (expected.0, expected.1), "{found:?}");
        assert!(found.2.starts_with(expected.2), "{found:?}");
    }
}
