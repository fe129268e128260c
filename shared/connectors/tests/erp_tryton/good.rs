//! The usual way, request by request.

use serde_json::{Value, json};
use waybill_domain::DocumentKind;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpOrders, Unfinished};

use crate::server::{Answer, Server, invoice, order, sale};

/// A known customer's order; its article, currency and country are asked for once.
const FIRST: [&str; 17] = [
    "GET sale.sale",
    "GET account.statement.journal/1",
    "GET product.product",
    "GET currency.currency",
    "GET country.country",
    "GET party.party",
    "POST party.address",
    "POST sale.sale",
    "POST sale.sale/10/quote",
    "POST sale.sale/10/confirm",
    "GET sale.sale/10",
    "POST stock.shipment.out/3/assign_try",
    "POST account.invoice/5/post",
    "POST account.statement",
    "POST account.statement/6/validate_statement",
    "POST account.statement/6/post",
    "",
];

#[tokio::test]
async fn an_order_takes_these_calls_and_no_more() {
    let server = Server::start().await;
    let erp = server.erp();
    let record = erp.create(&order()).await.unwrap();
    let kinds: Vec<DocumentKind> = record.documents.iter().map(|document| document.kind).collect();
    assert_eq!(kinds, [DocumentKind::SalesOrder, DocumentKind::Invoice, DocumentKind::Payment, DocumentKind::Delivery]);
    assert_eq!((record.unfinished, record.confirmed_at.to_string()), (None, "2026-11-23T03:41:43.005Z".to_owned()));
    let sent: Vec<String> = server.requests().into_iter().map(|(request, _)| request).collect();
    assert_eq!(sent, FIRST[..16]);
    // The next one of the same articles knows them.
    erp.create(&order()).await.unwrap();
    let again = server.requests().len() - sent.len();
    assert_eq!(again, 12);
}

#[tokio::test]
async fn a_sale_says_what_the_store_said() {
    let server = Server::start().await;
    server.erp().create(&order()).await.unwrap();
    let (_, body) = server.requests().into_iter().find(|(request, _)| request == "POST sale.sale").unwrap();
    let price = |amount: &str| json!({ "__class__": "Decimal", "decimal": amount });
    let line = |product: u64, quantity: i64, unit_price: &str, sequence: u64, text: &str| {
        json!({
            "type": "line", "product": product, "unit": 1, "quantity": quantity, "unit_price": price(unit_price), "taxes": [["add", [20]]],
            "sequence": sequence, "description": text,
        })
    };
    let expected = json!({
        "company": 1, "currency": 1, "party": 10, "invoice_address": 7, "shipment_address": 7, "warehouse": 9, "carrier": 8,
        "shipment_cost_method": null, "invoice_method": "order", "shipment_method": "order", "reference": "1001",
        "description": "paid by stripe", "sale_date": { "__class__": "date", "year": 2026, "month": 11, "day": 23 }, "comment": "Ring twice",
        "web_shop": 2, "web_id": "shop-1",
        "lines": [["create", [line(1, 2, "18.00", 11, "Article A"), line(2, 1, "5.00", 12, "Flat rate")]]],
    });
    assert_eq!(body, expected);
}

/// The payment is validated and not posted: Tryton calls the invoice paid.
fn half_booked() -> Value {
    let mut paid = invoice("paid");
    paid["payment_lines"] = json!([{ "move": { "origin": "account.statement,6", "state": "draft" } }]);
    paid
}

/// Where it was cut off, there it goes on; what is there is not made again.
#[tokio::test]
async fn a_posting_goes_on_where_it_was() {
    let cases = [
        (sale("confirmed", &[]), vec!["POST sale.sale/10/process"]),
        (
            sale("processing", &[invoice("posted")]),
            vec![
                "GET account.statement",
                "POST account.statement",
                "POST account.statement/6/validate_statement",
                "POST account.statement/6/post",
            ],
        ),
        (sale("processing", &[half_booked()]), vec!["GET account.statement", "POST account.statement/6/post"]),
        (sale("processing", &[invoice("paid")]), vec![]),
    ];
    for (there, expected) in cases {
        let server = Server::start().await;
        server.instead("GET sale.sale", Answer::json(200, &json!([there])));
        if there["invoices"][0]["state"] == "paid" {
            server.instead("GET account.statement", Answer::json(200, &json!([{ "id": 6, "state": "validated" }])));
        }
        server.instead("POST sale.sale/10/process", Answer::json(200, &sale("processing", &[invoice("paid")])));
        let cut_off = server.erp().find("shop-1").await.unwrap().remove(0).unfinished;
        assert_eq!(cut_off, (!expected.is_empty()).then_some(Unfinished::CutOff), "{there}");
        let before = server.requests().len();
        let record = server.erp().create(&order()).await.unwrap();
        assert_eq!((record.id.as_str(), record.unfinished), ("10", None));
        let sent: Vec<String> = server.requests().into_iter().skip(before + 1).map(|(request, _)| request).collect();
        assert_eq!(sent, expected);
    }
}

#[tokio::test]
async fn a_payment_of_an_earlier_try_is_finished_and_spare_drafts_go() {
    let server = Server::start().await;
    server.instead("GET sale.sale", Answer::json(200, &json!([sale("processing", &[invoice("posted")])])));
    server.instead(
        "GET account.statement",
        Answer::json(200, &json!([{ "id": 6, "state": "draft" }, { "id": 7, "state": "validated" }])),
    );
    server.instead("POST account.statement/7/post", Answer::json(200, &json!({ "id": 7, "state": "posted" })));
    let record = server.erp().create(&order()).await.unwrap();
    let sent: Vec<String> = server.requests().into_iter().skip(2).map(|(request, _)| request).collect();
    assert_eq!(sent, ["DELETE account.statement/6", "POST account.statement/7/post"]);
    assert!(record.documents.iter().any(|document| document.kind == DocumentKind::Payment && document.id == "7"));
}

/// A draft of an earlier try is made anew; a cancelled sale stays cancelled.
#[tokio::test]
async fn what_was_left_is_thrown_away_and_what_was_cancelled_is_not() {
    let server = Server::start().await;
    server.instead("GET sale.sale", Answer::json(200, &json!([sale("draft", &[])])));
    assert_eq!(server.erp().find("shop-1").await, Ok(Vec::new()));
    server.erp().create(&order()).await.unwrap();
    assert!(server.requests().iter().any(|(request, _)| request == "DELETE sale.sale/10"));

    let taken_back = json!({ "id": 11, "web_id": "shop-1-cancel" });
    let mut back = sale("processing", &[]);
    back.as_object_mut().unwrap().extend(taken_back.as_object().unwrap().clone());
    for there in [json!([sale("cancelled", &[])]), json!([sale("processing", &[invoice("paid")]), back])] {
        let server = Server::start().await;
        server.instead("GET sale.sale", Answer::json(200, &there));
        for answer in [server.erp().create(&order()).await.map(|_| ()), server.erp().find("shop-1").await.map(|_| ())] {
            assert!(matches!(answer, Err(CallError::Refused { code, .. }) if code == "erp_order_cancelled"));
        }
        assert!(server.requests().iter().all(|(request, _)| request.starts_with("GET ")));
    }
}
