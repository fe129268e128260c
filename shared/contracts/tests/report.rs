//! Reports: each good one is read, and each bad one is refused with the name of its field, by the parser and, as far as a schema can
//! say it, by the schema.

use boon::{Compiler, Schemas};
use schemars::schema_for;
use serde_json::{Value, json};
use waybill_contracts::report::{
    Body, BusEvent, BusReport, Fault, FaultKind, FulfilmentReport, Kind, MAX_LINES, ReportOrder, ReturnReport, ReturnReportLine,
    ReturnReportState, ShipmentReport, ShipmentReportLine, StockReport, fulfilment, returned, shipment, stock,
};
use waybill_domain::{At, OrderKey, Return, ReturnState, ReturnedLine, Shipment, StoreSlug};

fn shop() -> StoreSlug {
    "shop".parse().expect("slug")
}

fn body(value: &Value) -> Body {
    Body::read(value.to_string().as_bytes()).expect("an object")
}

fn parcel() -> Value {
    json!({
        "id": "P-1", "order": 16, "revision": 2, "carrier": "DHL", "tracking_number": "00340434161094015902",
        "tracking_url": "https://track.example/?n=00340434161094015902", "shipped_at": "2026-11-23T10:00:00+01:00",
        "lines": [{"line": 3, "quantity": 2}, {"line": 4, "quantity": 1}],
    })
}

fn inspected() -> Value {
    json!({
        "id": "R-1", "order": "shop/16", "state": "inspected",
        "lines": [{"line": 3, "quantity": 2, "accepted": 2, "restock": 1}, {"line": 4, "quantity": 1, "accepted": 0}],
        "amount": "23.8", "currency": "EUR", "credit_note": "GS-2026-17",
    })
}

fn blocked() -> Value {
    json!({"blocked": "line 3 is damaged", "at": "2026-11-23T09:00:00Z"})
}

/// The value with one field set, or taken out by `null`... which a report may have, so `Value::Null` is set as it is.
fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent).expect("its parent") {
        Value::Object(map) => drop(map.insert(name.to_owned(), new)),
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = new,
        other => panic!("{other} has no fields"),
    }
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().expect("an object").remove(name).expect("the field is there");
    value
}

fn refused(result: Result<impl std::fmt::Debug, Fault>, what: &Value) -> (FaultKind, String) {
    let fault = result.expect_err(&what.to_string());
    (fault.kind, fault.field.unwrap_or_default())
}

/// Whether the body is valid under the schema of its type.
fn valid<T: schemars::JsonSchema>(body: &Value) -> bool {
    const URL: &str = "https://waybill.example/report.json";
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource(URL, schema_for!(T).to_value()).expect("a schema");
    let index = compiler.compile(URL, &mut schemas).expect("compiles");
    schemas.validate(body, index).is_ok()
}

#[test]
fn a_shipment_is_read() {
    let order: OrderKey = "shop/16".parse().expect("key");
    let expected = Shipment {
        id: "P-1".to_owned(),
        revision: 2,
        carrier: "DHL".to_owned(),
        tracking: "00340434161094015902".to_owned(),
        tracking_url: "https://track.example/?n=00340434161094015902".to_owned(),
        shipped_at: At::parse("2026-11-23T09:00:00Z").expect("time"),
        lines: [(3, 2), (4, 1)].into(),
        void: false,
        told: 0,
    };
    assert_eq!(shipment(body(&parcel()), &shop()), Ok((order.clone(), expected.clone())));
    let keyed = with(parcel(), "/order", json!("shop/16"));
    assert_eq!(shipment(body(&keyed), &shop()), Ok((order.clone(), expected)));

    let least = json!({"id": "P-1", "order": 16, "shipped_at": "2026-11-23T09:00:00Z", "lines": [{"line": 3, "quantity": 1}],
        "carrier": null, "tracking_number": "  ", "void": false});
    let (_, read) = shipment(body(&least), &shop()).expect("blank and null are not given");
    assert_eq!((read.revision, read.carrier.as_str(), read.tracking.as_str()), (1, "", ""));
    let void = json!({"id": "P-1", "order": 16, "revision": 3, "void": true});
    let (_, read) = shipment(body(&void), &shop()).expect("what never left needs neither time nor lines");
    assert_eq!((read.void, read.shipped_at, read.lines.len()), (true, At(0), 0));
    for good in [parcel(), keyed, void] {
        assert!(valid::<ShipmentReport>(&good), "{good}");
    }
}

#[test]
fn a_bad_shipment_names_its_field() {
    use FaultKind::{Invalid, Missing, Unknown};
    let many: Vec<Value> = (1..=MAX_LINES + 1).map(|line| json!({"line": line, "quantity": 1})).collect();
    let text = |length: usize| json!("x".repeat(length));
    // The last column: whether the schema knows it too.
    let cases = [
        (without(parcel(), "id"), Missing, "id", true),
        (with(parcel(), "/id", json!("")), Missing, "id", true),
        (with(parcel(), "/id", json!(7)), Invalid, "id", true),
        (with(parcel(), "/id", json!("a/b")), Invalid, "id", true),
        (with(parcel(), "/id", json!("a\u{0}b")), Invalid, "id", true),
        (with(parcel(), "/id", text(65)), Invalid, "id", true),
        (without(parcel(), "order"), Missing, "order", true),
        (with(parcel(), "/order", json!(0)), Invalid, "order", true),
        (with(parcel(), "/order", json!(-16)), Invalid, "order", true),
        (with(parcel(), "/order", json!(16.5)), Invalid, "order", true),
        (with(parcel(), "/order", json!("16")), Invalid, "order", true),
        (with(parcel(), "/order", json!("other/16")), Invalid, "order", false),
        (with(parcel(), "/order", json!({"id": 16})), Invalid, "order", true),
        (with(parcel(), "/revision", json!(0)), Invalid, "revision", true),
        (with(parcel(), "/revision", json!("2")), Invalid, "revision", true),
        (with(parcel(), "/carrier", text(65)), Invalid, "carrier", true),
        (with(parcel(), "/carrier", json!("<b>DHL</b>")), Invalid, "carrier", false),
        (with(parcel(), "/carrier", json!(["DHL"])), Invalid, "carrier", true),
        (with(parcel(), "/tracking_number", json!("1\n2")), Invalid, "tracking_number", false),
        (with(parcel(), "/tracking_number", text(129)), Invalid, "tracking_number", true),
        (with(parcel(), "/tracking_url", json!("javascript:alert(1)")), Invalid, "tracking_url", true),
        (with(parcel(), "/tracking_url", json!("https://")), Invalid, "tracking_url", true),
        (with(parcel(), "/tracking_url", json!("https:///path")), Invalid, "tracking_url", false),
        (with(parcel(), "/tracking_url", json!("https://dhl@evil.example/")), Invalid, "tracking_url", false),
        (with(parcel(), "/tracking_url", json!("https://dhl.example/\"x")), Invalid, "tracking_url", false),
        (with(parcel(), "/tracking_url", json!("https://dhl.example/a b")), Invalid, "tracking_url", true),
        (with(parcel(), "/tracking_url", json!(format!("https://{}", "x".repeat(500)))), Invalid, "tracking_url", true),
        (without(parcel(), "shipped_at"), Missing, "shipped_at", false),
        (with(parcel(), "/shipped_at", json!("2026-11-23 10:00")), Invalid, "shipped_at", false),
        (with(parcel(), "/shipped_at", json!("1970-01-01T00:00:00Z")), Invalid, "shipped_at", false),
        (with(parcel(), "/shipped_at", json!(1_795_424_400)), Invalid, "shipped_at", true),
        (without(parcel(), "lines"), Missing, "lines", false),
        (with(parcel(), "/lines", json!([])), Missing, "lines", false),
        (with(parcel(), "/lines", json!({"3": 2})), Invalid, "lines", true),
        (with(parcel(), "/lines", json!(many)), Invalid, "lines", true),
        (with(parcel(), "/lines/1", json!(4)), Invalid, "lines[1]", true),
        (with(parcel(), "/lines/1", json!({"quantity": 1})), Missing, "lines[1].line", true),
        (with(parcel(), "/lines/1/line", json!(0)), Invalid, "lines[1].line", true),
        (with(parcel(), "/lines/1/line", json!("4")), Invalid, "lines[1].line", true),
        (with(parcel(), "/lines/1/line", json!(3)), Invalid, "lines[1].line", false),
        (with(parcel(), "/lines/1", json!({"line": 4})), Missing, "lines[1].quantity", true),
        (with(parcel(), "/lines/1/quantity", json!(-1)), Invalid, "lines[1].quantity", true),
        (with(parcel(), "/lines/1/quantity", json!(0)), Invalid, "lines[1].quantity", true),
        (with(parcel(), "/lines/1/quantity", json!(1.5)), Invalid, "lines[1].quantity", true),
        (with(parcel(), "/lines/1/quantity", json!(1_000_001)), Invalid, "lines[1].quantity", true),
        (with(parcel(), "/lines/1/sku", json!("A")), Unknown, "lines[1].sku", true),
        (with(parcel(), "/void", json!("no")), Invalid, "void", true),
        (with(parcel(), "/tracking", json!("x")), Unknown, "tracking", true),
    ];
    for (case, kind, field, in_schema) in cases {
        assert_eq!(refused(shipment(body(&case), &shop()), &case), (kind, field.to_owned()), "{case}");
        assert_eq!(valid::<ShipmentReport>(&case), !in_schema, "the schema on {case}");
    }
    let fault = shipment(body(&with(parcel(), "/lines/1/quantity", json!(-1))), &shop()).expect_err("negative");
    assert_eq!(fault.to_string(), "lines[1].quantity: must be a whole number from 1 to 1000000");
}

#[test]
fn a_return_is_read() {
    let (order, read, currency) = returned(body(&inspected()), &shop()).expect("good");
    let lines =
        [(3, ReturnedLine { quantity: 2, accepted: 2, restock: 1 }), (4, ReturnedLine { quantity: 1, accepted: 0, restock: 0 })];
    let expected = Return {
        id: "R-1".to_owned(),
        state: ReturnState::Inspected,
        lines: lines.into(),
        amount: "23.80".parse().ok(),
        credit_note: Some("GS-2026-17".to_owned()),
        refund: None,
        by_hand: false,
    };
    assert_eq!((order.to_string().as_str(), &read), ("shop/16", &expected));
    assert_eq!(read.amount.map(|amount| amount.to_string()).as_deref(), Some("23.80"), "in the currency's decimals");
    assert_eq!(currency.map(|currency| currency.to_string()).as_deref(), Some("EUR"));
    let announced = json!({"id": "R-1", "order": 16, "state": "announced", "lines": [{"line": 3, "quantity": 2}]});
    let goodwill = json!({"id": "R-2", "order": 16, "state": "inspected", "amount": "500", "currency": "JPY"});
    for good in [&inspected(), &announced, &goodwill] {
        assert!(returned(body(good), &shop()).is_ok() && valid::<ReturnReport>(good), "{good}");
    }
}

#[test]
fn a_bad_return_names_its_field() {
    use FaultKind::{Invalid, Missing, Unknown};
    let money = |amount: Value, currency: Value| with(with(inspected(), "/amount", amount), "/currency", currency);
    let early = with(inspected(), "/state", json!("received"));
    let cases = [
        (without(inspected(), "state"), Missing, "state", true),
        (with(inspected(), "/state", json!("refunded")), Invalid, "state", true),
        (with(inspected(), "/order", json!("other/16")), Invalid, "order", false),
        (with(inspected(), "/lines/0/quantity", json!(0)), Invalid, "lines[0].quantity", true),
        (with(inspected(), "/lines/0/accepted", json!(3)), Invalid, "lines[0].accepted", false),
        (with(inspected(), "/lines/0/accepted", json!(-1)), Invalid, "lines[0].accepted", true),
        (with(inspected(), "/lines/0/accepted", Value::Null), Missing, "lines[0].accepted", false),
        (with(inspected(), "/lines/0/restock", json!(3)), Invalid, "lines[0].restock", false),
        (with(inspected(), "/lines/1/line", json!(3)), Invalid, "lines[1].line", false),
        (early.clone(), Invalid, "lines[0].accepted", false),
        (with(early, "/lines", json!([{"line": 3, "quantity": 1, "restock": 1}])), Invalid, "lines[0].restock", false),
        (without(without(inspected(), "lines"), "amount"), Missing, "lines", false),
        (without(inspected(), "currency"), Missing, "currency", false),
        (money(json!("1.00"), json!("XYZ")), Invalid, "currency", false),
        (money(json!("1.00"), json!("eur")), Invalid, "currency", true),
        (money(json!("1.00"), json!(978)), Invalid, "currency", true),
        (money(json!(23.8), json!("EUR")), Invalid, "amount", true),
        (money(json!("0.00"), json!("EUR")), Invalid, "amount", false),
        (money(json!("-1.00"), json!("EUR")), Invalid, "amount", true),
        (money(json!("1e3"), json!("EUR")), Invalid, "amount", true),
        (money(json!("1_000"), json!("EUR")), Invalid, "amount", true),
        (money(json!("1,00"), json!("EUR")), Invalid, "amount", true),
        (money(json!(".5"), json!("EUR")), Invalid, "amount", true),
        (money(json!("5."), json!("EUR")), Invalid, "amount", true),
        (money(json!("1.005"), json!("EUR")), Invalid, "amount", false),
        (money(json!("1.5"), json!("JPY")), Invalid, "amount", false),
        (money(json!("1234567890123"), json!("EUR")), Invalid, "amount", true),
        (with(inspected(), "/credit_note", json!("x".repeat(65))), Invalid, "credit_note", true),
        (with(inspected(), "/refund", json!(7)), Unknown, "refund", true),
        (with(inspected(), "/lines/0/reason", json!("too small")), Unknown, "lines[0].reason", true),
    ];
    for (case, kind, field, in_schema) in cases {
        assert_eq!(refused(returned(body(&case), &shop()), &case), (kind, field.to_owned()), "{case}");
        assert_eq!(valid::<ReturnReport>(&case), !in_schema, "the schema on {case}");
    }
}

#[test]
fn what_stops_a_fulfilment_is_read_or_refused() {
    use FaultKind::{Invalid, Missing, Unknown};
    let read = fulfilment(body(&blocked())).expect("good");
    assert_eq!((read.blocked.as_deref(), read.at.to_string().as_str()), (Some("line 3 is damaged"), "2026-11-23T09:00:00.000Z"));
    let free = with(blocked(), "/blocked", Value::Null);
    assert_eq!(fulfilment(body(&free)).map(|read| read.blocked), Ok(None));
    assert!(valid::<FulfilmentReport>(&blocked()) && valid::<FulfilmentReport>(&free));
    let cases = [
        (without(blocked(), "blocked"), Missing, "blocked", true),
        (with(blocked(), "/blocked", json!(" ")), Invalid, "blocked", false),
        (with(blocked(), "/blocked", json!(false)), Invalid, "blocked", true),
        (with(blocked(), "/blocked", json!("x".repeat(201))), Invalid, "blocked", true),
        (without(blocked(), "at"), Missing, "at", true),
        (with(blocked(), "/at", json!("yesterday")), Invalid, "at", false),
        (with(blocked(), "/reason", json!("x")), Unknown, "reason", true),
    ];
    for (case, kind, field, in_schema) in cases {
        assert_eq!(refused(fulfilment(body(&case)), &case), (kind, field.to_owned()), "{case}");
        assert_eq!(valid::<FulfilmentReport>(&case), !in_schema, "the schema on {case}");
    }
}

#[test]
fn only_an_object_without_doubled_names_is_a_body() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for bad in
        ["", "{", "[]", "null", "7", "\"x\"", "\u{feff}{}", r#"{"id":1,"id":2}"#, r#"{"lines":[{"line":1,"line":2}]}"#, &deep]
    {
        let fault = Body::read(bad.as_bytes()).expect_err(bad);
        assert_eq!((fault.kind, fault.field), (FaultKind::Unreadable, None), "{bad}");
    }
    assert!(Body::read(&[0x7b, 0xff, 0x7d]).is_err(), "not UTF-8");
    let message = Body::read(br#"{"secret":1,"secret":2}"#).expect_err("doubled").to_string();
    assert!(message.starts_with("a name stands twice in one object") && !message.contains("secret"), "{message}");
    let unknown = with(parcel(), &format!("/{}", "y".repeat(5_000)), json!(1));
    assert!(refused(shipment(body(&unknown), &shop()), &unknown).1.len() <= 64, "a stranger's name is not repeated at length");
}

#[test]
fn what_the_types_write_is_what_the_parser_reads() {
    let report = ShipmentReport {
        id: "P-1".to_owned(),
        order: ReportOrder::Id(16),
        revision: None,
        carrier: None,
        tracking_number: Some("1Z".to_owned()),
        tracking_url: None,
        shipped_at: Some("2026-11-23T09:00:00Z".to_owned()),
        lines: vec![ShipmentReportLine { line: 3, quantity: 2 }],
        void: false,
    };
    let written = serde_json::to_value(report).expect("JSON");
    assert_eq!(shipment(body(&written), &shop()).map(|(_, read)| read.lines), Ok([(3, 2)].into()));
    let report = ReturnReport {
        id: "R-1".to_owned(),
        order: ReportOrder::Key("shop/16".to_owned()),
        state: ReturnReportState::Inspected,
        lines: vec![ReturnReportLine { line: 3, quantity: 2, accepted: Some(1), restock: None }],
        amount: None,
        currency: None,
        credit_note: None,
    };
    let written = serde_json::to_value(report).expect("JSON");
    assert_eq!(returned(body(&written), &shop()).map(|(_, read, _)| read.state), Ok(ReturnState::Inspected));
    let report = FulfilmentReport { blocked: None, at: "2026-11-23T09:00:00Z".to_owned() };
    assert!(fulfilment(body(&serde_json::to_value(report).expect("JSON"))).is_ok());
}

#[test]
fn an_event_is_a_body_with_its_store() {
    let event = |detail_type: &str, source: &str, detail: Value| {
        json!({"version": "0", "id": "x", "detail-type": detail_type, "source": source, "detail": detail}).to_string()
    };
    let mut read = BusEvent::read(&event("shipment.report", "wms", with(parcel(), "/store", json!("shop")))).expect("good");
    assert_eq!((read.kind, read.source.as_str()), (Kind::Shipment, "wms"));
    assert_eq!(read.take_store(), Ok(shop()));
    assert!(shipment(read.body, &shop()).is_ok(), "the store is no field of the body");
    let detail = with(with(blocked(), "/store", json!("shop")), "/id", json!("shop-16"));
    let mut read = BusEvent::read(&event("fulfilment.report", "wms", detail.clone())).expect("good");
    assert_eq!(read.take_store(), Ok(shop()));
    assert_eq!(read.take_fulfilment(&shop()).map(|order| order.to_string()), Ok("shop/16".to_owned()));
    assert!(fulfilment(read.body).is_ok());
    let mut other = BusEvent::read(&event("fulfilment.report", "wms", with(detail, "/id", json!("other-16")))).expect("readable");
    assert_eq!(other.take_store(), Ok(shop()));
    assert_eq!(other.take_fulfilment(&shop()).map_err(|fault| fault.field), Err(Some("id".to_owned())));
    for (bad, field) in [
        (event("order.posted", "wms", parcel()), "detail-type"),
        (event("shipment.report", "waybill", with(parcel(), "/store", json!("shop"))), "source"),
        (event("shipment.report", "wms", json!(null)), "detail"),
        (event("shipment.report", "wms", parcel()), "store"),
        (event("shipment.report", "wms", with(parcel(), "/store", json!("No Slug"))), "store"),
    ] {
        let store = BusEvent::read(&bad).and_then(|mut event| event.take_store());
        assert_eq!(store.map_err(|fault| fault.field), Err(Some(field.to_owned())), "{bad}");
    }
}

#[test]
fn what_is_free_is_an_erps_matter() {
    let level = json!({"erp": "acme", "sku": "SKU-A", "free": -3, "at": "2026-11-23T09:00:00+01:00"});
    let event = |detail: &Value| json!({"detail-type": "stock.report", "source": "erp.acme", "detail": detail}).to_string();
    let mut read = BusEvent::read(&event(&level)).expect("good");
    assert_eq!(read.take_erp().map(|erp| erp.to_string()), Ok("acme".to_owned()));
    let read = stock(read.body).expect("good");
    assert_eq!((read.sku.as_str(), read.free, read.at.to_string().as_str()), ("SKU-A", -3, "2026-11-23T08:00:00.000Z"));
    for (bad, field) in [
        (with(level.clone(), "/free", json!(1.5)), "free"),
        (with(level.clone(), "/free", json!(null)), "free"),
        (with(level.clone(), "/sku", json!("")), "sku"),
        (with(level.clone(), "/at", json!("yesterday")), "at"),
        (with(level.clone(), "/store", json!("shop")), "store"),
        (with(level, "/erp", json!("No Slug")), "erp"),
    ] {
        let mut read = BusEvent::read(&event(&bad)).expect("an event");
        let fault = read.take_erp().and_then(|_| stock(read.body)).expect_err(field);
        assert_eq!(fault.field.as_deref(), Some(field));
    }
}

#[test]
fn what_is_put_on_the_bus_is_read_as_what_others_put_there() {
    let (erp, report) =
        ("acme".parse().expect("slug"), StockReport { sku: "A".to_owned(), free: 2, at: "2026-11-23T09:00:00Z".to_owned() });
    let put = BusReport::stock(&erp, &report).expect("JSON");
    assert_eq!(
        (put.source.as_str(), put.detail.as_str()),
        ("poll.acme", r#"{"erp":"acme","sku":"A","free":2,"at":"2026-11-23T09:00:00Z"}"#)
    );
    assert!(stock(Body::of_report(&report).expect("JSON")).is_ok());
}
