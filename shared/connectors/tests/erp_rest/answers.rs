//! Answers that are nearly right, and answers that are hostile: a reply is scripted word for word.

use serde_json::{Value, json};
use waybill_testkit::erp::Op;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAvailability, ErpCancel, ErpDocuments, ErpOrders, ErpReturns, ErpShipments};

use crate::support::{assert_says_nothing_personal, order, reply, setup};

fn good() -> Value {
    json!({
        "id": "so-1", "number": "SO/1", "reference": "shop-1", "state": "confirmed", "confirmed_at": "2026-11-23T05:40:00Z",
        "total": "29.75", "currency": "EUR", "documents": [],
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut body = good();
    body[path] = value;
    body
}

async fn create(status: u16, body: &str) -> Result<String, CallError> {
    let (fake, erp) = setup().await;
    fake.next(Op::CreateOrder, 1, reply(status, body));
    erp.create(&order("shop-1")).await.map(|record| format!("{} {:?}", record.id, record.documents))
}

#[tokio::test]
async fn an_answer_that_is_not_exactly_right_is_no_answer() {
    for status in [200, 201] {
        assert!(create(status, &good().to_string()).await.is_ok());
    }
    for (what, body) in [
        ("another order", with("reference", json!("shop-10"))),
        ("no id", with("id", json!(""))),
        ("a number as id", with("id", json!(1))),
        ("an endless id", with("id", json!("x".repeat(101)))),
        ("an id with control characters", with("id", json!("so\n1"))),
        ("a float", with("total", json!(29.75))),
        ("an exponent", with("total", json!("2975e-2"))),
        ("no total", with("total", Value::Null)),
        ("no time", with("confirmed_at", Value::Null)),
        ("another time", with("confirmed_at", json!("today"))),
        ("not confirmed", with("state", json!("pending"))),
        ("another state", with("state", json!("draft"))),
        ("a list", json!([good()])),
        ("null", Value::Null),
    ] {
        let result = create(201, &body.to_string()).await;
        assert!(matches!(result, Err(CallError::Unknown { .. })), "{what}: {result:?}");
    }
    for body in ["", "{", "true", "<html>"] {
        let result = create(201, body).await;
        assert!(matches!(result, Err(CallError::Unknown { .. })), "{body}: {result:?}");
    }
}

#[tokio::test]
async fn documents_are_taken_with_care() {
    let documents = json!([
        { "kind": "invoice", "id": "so-1", "number": "INV/1" },
        { "kind": "pro_forma", "id": "p-1" },
        { "kind": "payment", "id": "" },
        { "kind": "sales_order", "id": "so-1", "number": "SO/1" },
    ]);
    let (fake, erp) = setup().await;
    fake.next(Op::CreateOrder, 1, reply(201, &with("documents", documents).to_string()));
    let record = erp.create(&order("shop-1")).await.unwrap();
    let numbers: Vec<&str> = record.documents.iter().map(|document| document.number.as_str()).collect();
    assert_eq!(numbers, ["SO/1", "INV/1"], "the sales order first, once; what cannot be kept is left out");

    let many: Vec<Value> =
        (0..50).map(|id| json!({ "kind": "delivery", "id": id.to_string(), "number": "n".repeat(500) })).collect();
    fake.next(Op::CreateOrder, 1, reply(201, &with("documents", json!(many)).to_string()));
    let record = erp.create(&order("shop-1")).await.unwrap();
    assert_eq!(record.documents.len(), 8);
    assert!(record.documents.iter().all(|document| document.number.len() <= 60));
}

/// Status by status, with and without an error object.
#[tokio::test]
async fn statuses_and_codes() {
    let said = |code: &str| json!({ "code": code, "message": "m" }).to_string();
    for (status, body, expected) in [
        (409, said("duplicate_reference"), "unknown"),
        (
            409,
            json!({ "code": "duplicate_reference", "message": "", "existing": with("reference", json!("x")) }).to_string(),
            "unknown",
        ),
        (
            409,
            json!({ "code": "duplicate_reference", "message": "", "existing": with("state", json!("pending")) }).to_string(),
            "unknown",
        ),
        (
            409,
            json!({ "code": "duplicate_reference", "message": "", "existing": with("state", json!("cancelled")) }).to_string(),
            "erp_order_cancelled",
        ),
        (409, said("in_progress"), "unknown"),
        (409, said("something_else"), "erp_refused"),
        (409, "<html>".into(), "unknown"),
        (422, said("period_closed"), "erp_period_closed"),
        (422, said("anything_new"), "erp_refused"),
        (422, said("NOT A CODE"), "erp_refused"),
        (422, "<html>".into(), "erp_refused"),
        (400, said("malformed"), "erp_malformed"),
        (400, "<html>".into(), "erp_refused"),
        (401, said("unauthorized"), "down"),
        (403, said("forbidden"), "down"),
        (403, "<html>".into(), "down"),
        (404, said("unsupported"), "erp_unsupported"),
        (404, said("not_found"), "erp_not_found"),
        (404, "{}".into(), "down"),
        (405, "<html>".into(), "down"),
        (413, "<html>".into(), "erp_refused"),
        (302, said("rejected"), "down"),
        (429, "slow".into(), "busy"),
        (429, said("anything"), "busy"),
        (500, said("rejected"), "erp_rejected"),
        (500, said("unsupported"), "erp_unsupported"),
        (500, said("internal"), "unknown"),
        (500, said("unknown_sku"), "unknown"),
        (500, "{}".into(), "unknown"),
        (502, "<html>".into(), "unknown"),
        (503, said("contention"), "busy"),
        (503, said("unavailable"), "down"),
        (503, said("maintenance"), "unknown"),
        (503, "<html>".into(), "unknown"),
        (504, "<html>".into(), "unknown"),
        (599, "".into(), "unknown"),
    ] {
        let got = match create(status, &body).await {
            Ok(id) => id,
            Err(CallError::Busy { .. }) => "busy".into(),
            Err(CallError::Down { .. }) => "down".into(),
            Err(CallError::Unknown { .. }) => "unknown".into(),
            Err(CallError::Refused { code, .. }) => code,
        };
        assert_eq!(got, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn a_message_is_shown_without_what_is_personal() {
    let message = "No tax for Jane ROE-SMITH, 12 harbour lane (jane@roe.example, +441947600000), article A, order shop-1;\n card 4111111111111111";
    let body = json!({ "code": "unknown_tax", "message": message, "debug": "Traceback: Whitby" }).to_string();
    let error = create(422, &body).await.unwrap_err();
    assert_says_nothing_personal(&error.to_string());
    let CallError::Refused { code, message } = error else { panic!() };
    assert_eq!(code, "erp_refused");
    assert_eq!(message, "POST order: the ERP refuses (unknown_tax): No tax for … …, … (…, … article A, order shop-1; card …");
}

#[tokio::test]
async fn a_permission_that_concerns_one_kind_of_document_does_not_stop_the_orders() {
    let (fake, erp) = setup().await;
    let forbidden = reply(403, r#"{"code":"forbidden","message":""}"#);
    fake.next(Op::CancelOrder, 1, forbidden);
    let error = erp.cancel("so-1").await.unwrap_err();
    assert!(matches!(&error, CallError::Refused { code, .. } if code == "erp_forbidden"), "{error}");
}

#[tokio::test]
async fn lookups_that_are_not_exactly_right_are_asked_again() {
    for (what, body) in [
        ("another order", json!({ "orders": [with("reference", json!("shop-10"))] })),
        ("an order that cannot be read", json!({ "orders": [good(), with("total", json!("?"))] })),
        ("no list", json!({})),
        ("a list", json!([])),
    ] {
        let (fake, erp) = setup().await;
        fake.next(Op::FindOrders, 1, reply(200, &body.to_string()));
        let result = erp.find("shop-1").await;
        assert!(matches!(result, Err(CallError::Down { .. })), "{what}: {result:?}");
    }
}

#[tokio::test]
async fn lists_are_taken_whole_or_not_at_all() {
    let (fake, erp) = setup().await;
    let down = |result: Result<(), CallError>| matches!(result, Err(CallError::Down { .. }));
    for body in [
        json!({ "items": [{ "sku": "A", "free": 1 }] }),
        json!({ "as_of": "2026-11-23T05:40:00Z", "items": [{ "sku": "", "free": 1 }] }),
        json!({ "as_of": "2026-11-23T05:40:00Z", "items": [{ "sku": "A", "free": "1" }] }),
        json!({ "as_of": "2026-11-23T05:40:00Z", "items": [], "next": "x".repeat(513) }),
        json!({ "as_of": "2026-11-23T05:40:00Z", "items": [], "next": "" }),
    ] {
        fake.next(Op::Availability, 1, reply(200, &body.to_string()));
        assert!(down(erp.availability(&["A".parse().unwrap()]).await.map(|_| ())), "{body}");
    }
    let twice = json!({
        "as_of": "2026-11-23T05:40:00Z",
        "items": [{ "sku": "A", "free": 5 }, { "sku": "A", "free": 3 }, { "sku": "B", "free": 1 }],
    });
    fake.next(Op::Availability, 1, reply(200, &twice.to_string()));
    let figures = erp.availability(&["A".parse().unwrap()]).await.unwrap();
    assert_eq!(figures.items.iter().map(|i| (i.sku.as_str(), i.free)).collect::<Vec<_>>(), [("A", 3)], "only what was asked");

    let shipment = json!({ "id": "sh-1", "order_reference": "shop-1", "shipped_at": "2026-11-23T05:40:00Z", "lines": [{ "line": "x", "sku": "A", "quantity": 1 }] });
    fake.next(Op::Shipments, 1, reply(200, &json!({ "as_of": "2026-11-23T05:40:00Z", "items": [shipment] }).to_string()));
    let page = erp.shipments_since(waybill_domain::At(0), None).await.unwrap();
    assert_eq!((page.items.len(), page.unreadable), (0, vec!["GET shipments: item sh-1 cannot be read".to_owned()]));
    let items = json!([{ "id": "Erika Mustermann" }, null, { "id": "rt-1", "order_reference": "shop-1", "returned_at": "2026-11-23T05:40:00Z", "lines": [{ "line": "1", "quantity": 1 }] }]);
    fake.next(Op::Returns, 1, reply(200, &json!({ "as_of": "2026-11-23T05:40:00Z", "items": items }).to_string()));
    let page = erp.returns_since(waybill_domain::At(0), None).await.unwrap();
    assert_eq!((page.items.len(), page.unreadable.len()), (1, 2));
    assert!(!format!("{:?}", page.unreadable).contains("Erika"));
    let document = json!({ "kind": "invoice", "id": "1", "total": 1.0, "currency": "EUR", "created_at": "2026-11-23T05:40:00Z" });
    fake.next(Op::Documents, 1, reply(200, &json!({ "items": [document] }).to_string()));
    assert_eq!(erp.documents_of("2026-11-23", None).await.unwrap().unreadable.len(), 1);
    fake.next(Op::Returns, 1, reply(404, r#"{"code":"unsupported","message":"-"}"#));
    let not_offered = erp.returns_since(waybill_domain::At(0), None).await;
    assert!(matches!(&not_offered, Err(CallError::Refused { code, .. }) if code == "erp_cannot_list"), "{not_offered:?}");
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let (fake, erp) = setup().await;
    let body = json!({ "as_of": "2026-11-23T05:40:00Z", "items": [], "next": "again" }).to_string();
    fake.knobs(|knobs| knobs.fault = Some(reply(200, &body)));
    let result = erp.availability(&[]).await;
    assert!(matches!(result, Err(CallError::Down { .. })), "{result:?}");
    assert_eq!(fake.counts().of(Op::Availability), 1_000);
}
