//! What the event files are made from: the contracts, the rows and the deliveries of this release, so that a change of one of them shows
//! in the files. Intake's HTTP events are made by the WooCommerce connector's tests, beside the bodies they carry.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use waybill_aws::dynamo::Row;
use waybill_aws::dynamo::row::{Mark, row_from};
use waybill_aws::sqs::spool;
use waybill_contracts::{Command, Origin};
use waybill_domain::{Order, OrderKey, Step};
use waybill_testkit::contract::happy_path;
use waybill_testkit::store::sign;
use waybill_testkit::warehouse::sign::signature;
use waybill_workflow::ports::{Delivery, Spooled};

use crate::after::way_back;
use crate::letters;

/// The steps that take commands from a queue.
pub const STEPS: [Step; 5] = [Step::Validate, Step::Reserve, Step::PostToErp, Step::ShipUpdate, Step::Refund];

/// The documented secret of the test store. It opens nothing.
pub const SECRET: &str = "test-secret-of-shop";

/// Monday, 23 November 2026, 09:00 UTC.
const SECONDS: i64 = 1_795_424_400;
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";

/// Every file that is made here, by its path below `events/`.
pub fn files() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    for step in STEPS {
        let mut add = |name: &str, bodies: &[String]| files.insert(format!("{step}/{name}.json"), messages(step.slug(), bodies));
        let [one, two, three, four] = orders_for(step).map(|order| command(step, order));
        add("one", &[one]);
        add("two", &[two, three]);
        add("malformed", &[four.clone(), r#"{"v":1,"step":"#.to_owned()]);
        add("wrong-step", &[command(if step == Step::Validate { Step::Refund } else { Step::Validate }, "shop/1001"), four]);
    }
    files.insert(
        "intake/spooled.json".to_owned(),
        messages(Step::Intake.slug(), &[put_aside("order-coupon.json", true), put_aside("order-guest.json", false)]),
    );
    files.insert("intake/spooled-malformed.json".to_owned(), messages(Step::Intake.slug(), &["{}".to_owned()]));
    let parcel = |order: u64, line: u64| {
        let lines = json!([{"line": line, "quantity": 1}]);
        let (id, shipped_at) = (format!("P-{order}"), "2026-11-23T09:30:00Z");
        json!({"store": "shop", "id": id, "order": order, "carrier": "DHL", "shipped_at": shipped_at, "lines": lines})
    };
    let blocked = json!({"store": "shop", "id": "shop-1001", "blocked": "the rest on Thursday", "at": "2026-11-23T09:31:00Z"});
    let mut negative = parcel(1001, 1);
    negative["lines"][0]["quantity"] = json!(-1);
    let back = json!([{"line": 1, "quantity": 1, "accepted": 1, "restock": 1}]);
    let returned = json!({"store": "shop", "id": "R-1001", "order": 1001, "state": "inspected", "lines": back});
    let shipped = report("shipment.report", &parcel(1001, 1));
    let reports = [shipped.clone(), report("fulfilment.report", &blocked), report("shipment.report", &parcel(1003, 13))];
    files.insert("api/reports.json".to_owned(), messages("api", &reports));
    files.insert("api/returned.json".to_owned(), messages("api", &[report("return.report", &returned)]));
    files.insert("api/malformed.json".to_owned(), messages("api", &[shipped, report("shipment.report", &negative)]));
    files.insert("api/unsigned.json".to_owned(), request(None));
    files.insert("api/too-old.json".to_owned(), request(Some(SECONDS)));
    files.insert("relay/received.json".to_owned(), stream(&[order_record(&story()[0])]));
    files.insert("relay/happy-path.json".to_owned(), stream(&story().iter().map(order_record).collect::<Vec<_>>()));
    files.insert("relay/way-back.json".to_owned(), stream(&way_back().iter().map(order_record).collect::<Vec<_>>()));
    files.insert(
        "relay/passed-over.json".to_owned(),
        stream(&[log_page(&story()), ledger_row(&story()[4]), removal(&story()[0])]),
    );
    files.insert(
        "relay/unreadable.json".to_owned(),
        stream(&[order_record(&story()[0]), broken(&story()[1]), newer(&story()[2])]),
    );
    for slug in ["sweep", "erp-poll"] {
        files.insert(format!("{slug}/scheduled.json"), scheduled(slug));
    }
    files.extend(letters::files());
    files
}

/// An order's happy path, commit by commit.
pub fn story() -> Vec<Order> {
    happy_path(&"shop/2001".parse().expect("a key"), &[("MUG-BLUE", 1)])
}

/// Orders of intake's events: of `one.json`, of `two.json`, and the good one of the others. 1001 and 1003 are shipped by the reports of
/// `api`, where a piece of 1001 comes back; of 1012 the store has refunded a part.
fn orders_for(step: Step) -> [&'static str; 4] {
    if step == Step::Refund {
        ["shop/1012", "shop/1001", "shop/1012", "shop/1001"]
    } else {
        ["shop/1001", "shop/1003", "shop/1004", "shop/1012"]
    }
}

pub fn command(step: Step, order: &str) -> String {
    let order: OrderKey = order.parse().expect("a key");
    serde_json::to_string(&Command::new(step, order, Origin::Commit, 1)).expect("JSON")
}

/// A signed delivery as intake puts it aside while DynamoDB is away (`verified`), or Secrets Manager (not verified).
pub fn put_aside(fixture: &str, verified: bool) -> String {
    let path = crate::repository().join("shared/connectors/fixtures/woocommerce").join(fixture);
    let body = std::fs::read(path).expect("a fixture");
    let delivery = Delivery {
        store: "shop".to_owned(),
        topic: Some("order.created".to_owned()),
        signature: Some(sign::signature(SECRET, &body)),
        delivery_id: Some(sign::delivery_id(1, SECONDS)),
        content_type: Some("application/json".to_owned()),
        body,
    };
    spool::message(&Spooled { delivery, verified }).expect("a message")
}

/// The `messageId` of the message with this number in its batch, from 1.
pub fn message_id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A report as EventBridge puts it on the queue of the API.
pub fn report(detail_type: &str, detail: &Value) -> String {
    json!({
        "version": "0",
        "id": "7e9c4b66-1a47-4c0e-9d7a-0d3c2b5f9a11",
        "detail-type": detail_type,
        "source": "wms.berlin",
        "account": ACCOUNT,
        "time": "2026-11-23T09:32:00Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    })
    .to_string()
}

/// A client's request as the HTTP API hands it over, signed at this time or not at all.
fn request(signed_at: Option<i64>) -> Value {
    let (path, body) = ("/v1/shipments/shop", r#"{"id":"P-1001","order":1001,"revision":2,"void":true}"#);
    let mut headers = json!({ "content-type": "application/json", "x-waybill-client": "berlin" });
    if let Some(at) = signed_at {
        headers["x-waybill-timestamp"] = json!(at.to_string());
        headers["x-waybill-signature"] = json!(signature("test-secret-of-berlin", at, "POST", path, body.as_bytes()));
    }
    json!({
        "version": "2.0",
        "routeKey": "POST /v1/shipments/{store}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "waybill",
            "domainName": format!("waybill.execute-api.{REGION}.amazonaws.com"),
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "wms"},
            "requestId": "c5bf1e6e-3d7b-4c1f-8f1f-5a0d3b1f0e2a",
            "routeKey": "POST /v1/shipments/{store}",
            "stage": "$default",
            "timeEpoch": SECONDS * 1000,
        },
        "pathParameters": {"store": "shop"},
        "body": body,
        "isBase64Encoded": false,
    })
}

pub fn messages(queue: &str, bodies: &[String]) -> Value {
    let record = |(body, number): (&String, usize)| {
        json!({
            "messageId": message_id(number),
            "receiptHandle": format!("receipt-{number}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": (SECONDS * 1000).to_string(),
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": (SECONDS * 1000 + 5).to_string(),
                "MessageGroupId": "shop",
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:waybill-{queue}"),
            "awsRegion": REGION,
        })
    };
    json!({ "Records": bodies.iter().zip(1..).map(record).collect::<Vec<_>>() })
}

/// The `SequenceNumber` of the record with this number in its batch, from 1.
pub fn sequence_number(number: usize) -> String {
    format!("4421584500000000{number:011}")
}

/// What a record says of the row it is about.
struct Change {
    name: &'static str,
    keys: Value,
    new_image: Option<Value>,
}

fn stream(changes: &[Change]) -> Value {
    let record = |(change, number): (&Change, usize)| {
        let mut image = json!({
            "ApproximateCreationDateTime": SECONDS,
            "Keys": change.keys,
            "SequenceNumber": sequence_number(number),
            "StreamViewType": "NEW_IMAGE",
        });
        if let Some(new_image) = &change.new_image {
            image["NewImage"] = new_image.clone();
        }
        json!({
            "eventID": format!("{number:032x}"),
            "eventName": change.name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": image,
            "eventSourceARN": format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/waybill-orders/stream/2026-11-23T00:00:00.000"),
        })
    };
    json!({ "Records": changes.iter().zip(1..).map(record).collect::<Vec<_>>() })
}

fn keys(order: &Order, sk: &str) -> Value {
    json!({ "pk": { "S": order.key.to_string() }, "sk": { "S": sk } })
}

fn order_record(order: &Order) -> Change {
    let mut row = row_from(order, &Mark::random()).expect("a row");
    // The mark of a write is random; a file is not to change with every making.
    row.insert("w".to_owned(), AttributeValue::B(b"8 bytes.".to_vec().into()));
    Change {
        name: if order.version <= 1 { "INSERT" } else { "MODIFY" },
        keys: keys(order, "order"),
        new_image: Some(image(&row)),
    }
}

/// A refund's row in the ledger, which the filter keeps from the relay like a log page.
fn ledger_row(order: &Order) -> Change {
    let image = json!({
        "pk": { "S": order.key.to_string() },
        "sk": { "S": "refund#17" },
        "version": { "N": order.version.to_string() },
        "body": { "S": r#"{"id":17,"amount":"10.50","state":"seen"}"# },
    });
    Change { name: "INSERT", keys: keys(order, "refund#17"), new_image: Some(image) }
}

/// The first page of an order's log. The mapping's filter keeps such records from the relay; one that comes all the same is passed over.
fn log_page(story: &[Order]) -> Change {
    let events = story.last().expect("an end").events.iter().take(8).collect::<Vec<_>>();
    let mut row: Row = serde_dynamo::aws_sdk_dynamodb_1::to_item(json!({ "events": events })).expect("a row");
    row.insert("pk".to_owned(), AttributeValue::S(story[0].key.to_string()));
    row.insert("sk".to_owned(), AttributeValue::S("log#000000".to_owned()));
    Change { name: "INSERT", keys: keys(&story[0], "log#000000"), new_image: Some(image(&row)) }
}

fn removal(order: &Order) -> Change {
    Change { name: "REMOVE", keys: keys(order, "order"), new_image: None }
}

/// An order's row with a stage that there is not, and no word of a newer release.
fn broken(order: &Order) -> Change {
    with(order, "stage", json!({ "S": "teleported" }))
}

/// An order's row of a newer release.
fn newer(order: &Order) -> Change {
    with(order, "v", json!({ "N": "2" }))
}

fn with(order: &Order, name: &str, value: Value) -> Change {
    let mut change = order_record(order);
    if let Some(image) = &mut change.new_image {
        image[name] = value;
    }
    change
}

/// A row in DynamoDB's own JSON.
pub fn image(row: &Row) -> Value {
    let sorted: BTreeMap<&String, Value> = row.iter().map(|(name, value)| (name, attribute(value))).collect();
    json!(sorted)
}

fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        AttributeValue::Bool(truth) => json!({ "BOOL": truth }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(attribute).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": image(map) }),
        other => panic!("no row has an attribute like {other:?}"),
    }
}

fn scheduled(slug: &str) -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "2026-11-23T09:00:00Z",
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/waybill-{slug}")],
        "detail": {},
    })
}
