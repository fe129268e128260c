//! A Tryton that answers the posting of one order with what a real one answered, and one request with something else.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use waybill_connectors::erp::tryton::TrytonErp;
use waybill_domain::config::ErpConnector;
use waybill_domain::money::Currency;
use waybill_domain::{ErpConfig, ErpOrder, ErpRecords};
use waybill_testkit::contract::erp::{Facts, Wanted};

/// What is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status, content type, body.
    Page(u16, &'static str, String),
    /// The connection is closed without a word.
    Cut,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Page(status, "application/json", body.to_string())
    }

    pub fn html(status: u16, title: &str, words: &str) -> Self {
        let body =
            format!("<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{words}</p>\n");
        Self::Page(status, "text/html; charset=utf-8", body)
    }

    /// A refusal, as Tryton words it.
    pub fn refusal(message: &str) -> Self {
        Self::json(400, &json!({ "status": 400, "message": message, "description": "" }))
    }
}

/// A request that came: `POST sale.sale/10/quote`, and its body.
pub type Request = (String, Value);

#[derive(Default)]
struct Script {
    /// Answers that are not the usual ones.
    instead: Vec<(String, Answer)>,
    requests: Vec<Request>,
}

/// The server; it ends with the test.
#[derive(Clone)]
pub struct Server {
    script: Arc<Mutex<Script>>,
    pub url: String,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { script: Arc::default(), url };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        server
    }

    /// A request is answered like this from now on.
    pub fn instead(&self, request: &str, answer: Answer) {
        self.script.lock().unwrap().instead.push((request.to_owned(), answer));
    }

    /// What came.
    pub fn requests(&self) -> Vec<Request> {
        self.script.lock().unwrap().requests.clone()
    }

    pub fn erp(&self) -> TrytonErp {
        TrytonErp::new(&config(&self.url), "key").unwrap().of_store(Some(&records())).unwrap()
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((request, body)) = read(&mut stream).await else { return };
        let answer = {
            let mut script = self.script.lock().unwrap();
            script.requests.push((request.clone(), body));
            script.instead.iter().find(|(of, _)| *of == request).map(|(_, answer)| answer.clone())
        };
        let Answer::Page(status, kind, body) = answer.unwrap_or_else(|| usual(&request)) else { return };
        let head = format!(
            "HTTP/1.1 {status} X\r\nDate: Mon, 23 Nov 2026 03:41:44 GMT\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let mut words = head.split_whitespace();
                let (method, target) = (words.next()?, words.next()?);
                let path = target.split('?').next()?.strip_prefix("/shop/rest/model/")?;
                return Some((format!("{method} {path}"), serde_json::from_str(body).unwrap_or(Value::Null)));
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(1..) => bytes.extend_from_slice(&chunk[..]),
            _ => return None,
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
    }
}

fn decimal(amount: &str) -> Value {
    json!({ "__class__": "Decimal", "decimal": amount })
}

/// An invoice in a state.
pub fn invoice(state: &str) -> Value {
    let to_pay = if state == "paid" { "0" } else { "49.20" };
    json!({
        "id": 5, "number": "5", "state": state, "journal": 1, "account": 39, "party": 10, "amount_to_pay": decimal(to_pay),
        "invoice_date": { "__class__": "date", "year": 2026, "month": 11, "day": 23 }, "payment_lines": [],
        "move": { "create_date": { "__class__": "datetime", "year": 2026, "month": 11, "day": 23, "hour": 3, "minute": 41, "second": 43,
            "microsecond": 5000 } },
    })
}

/// The order's sale in a state.
pub fn sale(state: &str, invoices: &[Value]) -> Value {
    json!({
        "id": 10, "web_id": "shop-1", "number": "5", "state": state, "total_amount": decimal("49.20"), "currency": { "id": 1, "code": "EUR" },
        "description": "paid by stripe", "invoices": invoices, "shipments": [{ "id": 3, "number": "3", "state": "waiting" }],
        "shipment_returns": [],
    })
}

fn usual(request: &str) -> Answer {
    let body = match request {
        "GET sale.sale" | "GET account.statement" => json!([]),
        "GET account.statement.journal/1" => json!({ "id": 1, "currency": { "id": 1, "code": "EUR" } }),
        "GET product.product" => {
            json!([{ "id": 1, "code": "A", "default_uom": 1 }, { "id": 2, "code": "SHIP", "default_uom": 1 }])
        }
        "GET company.company/1" => json!({ "id": 1, "rec_name": "Shop" }),
        "GET currency.currency" => json!([{ "id": 1 }]),
        "GET country.country" => json!([{ "id": 4, "subdivisions": [] }]),
        "GET party.party" => json!([{ "id": 10, "addresses": [] }]),
        "POST party.address" => json!({ "id": 7 }),
        "POST sale.sale" => json!({ "id": 10, "state": "draft", "total_amount": decimal("49.20") }),
        "POST sale.sale/10/quote" => json!({ "id": 10, "state": "quotation", "total_amount": decimal("49.20") }),
        "POST sale.sale/10/confirm" => json!({ "id": 10, "state": "confirmed" }),
        "GET sale.sale/10" => sale("processing", &[invoice("draft")]),
        "POST stock.shipment.out/3/assign_try" => json!({ "id": 3, "number": "3", "state": "assigned" }),
        "POST account.invoice/5/post" => invoice("posted"),
        "GET account.invoice/5" => invoice("draft"),
        "POST account.statement" | "GET account.statement/6" => json!({ "id": 6, "state": "draft" }),
        "POST account.statement/6/validate_statement" => json!({ "id": 6, "state": "validated" }),
        "POST account.statement/6/post" => json!({ "id": 6, "state": "posted" }),
        "DELETE sale.sale/10" | "DELETE account.statement/6" => return Answer::Page(204, "text/html", String::new()),
        _ => return Answer::html(404, "Not Found", "The requested URL was not found on the server."),
    };
    Answer::json(200, &body)
}

pub fn config(base_url: &str) -> ErpConfig {
    ErpConfig {
        slug: "acme".parse().unwrap(),
        version: 1,
        connector: ErpConnector::Tryton,
        base_url: base_url.to_owned(),
        database: Some("shop".to_owned()),
        user: None,
        ca_pem: None,
        slots: 1,
        timeout_seconds: 10,
        settle_seconds: 2,
        orders_per_minute: 60,
        polls: std::collections::BTreeSet::new(),
        poll_seconds: 300,
    }
}

fn records() -> ErpRecords {
    let records = json!({
        "company": 1, "warehouse": 9, "shop": 2, "payment_journal": 1, "taxes": { "1": 20 }, "carrier": 8, "shipping_article": "SHIP",
        "fee_article": "FEE", "refund_article": "REFUND", "rounding_article": "ROUND",
    });
    serde_json::from_value(records).unwrap()
}

/// Two pieces of `A` and shipping, 49.20 EUR, paid.
pub fn order() -> ErpOrder {
    let facts = Facts {
        currency: Currency::new("EUR"),
        country: "DE",
        plenty: "A".parse().unwrap(),
        second: "B".parse().unwrap(),
        twenty: 1,
        ten: 2,
        computes: true,
        amends: false,
        returns: true,
    };
    Wanted::usual(&facts, "shop-1")
}
