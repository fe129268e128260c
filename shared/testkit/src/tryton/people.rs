//! Those who work with Tryton: what they do, and what they see. They use its REST, as its own programs do.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// People with a database before them. Whatever Tryton refuses them panics.
#[derive(Clone)]
pub struct People {
    http: reqwest::Client,
    models: String,
    token: String,
    company: u64,
    warehouse: u64,
}

impl People {
    pub(super) fn new(base_url: &str, database: &str, token: &str, company: u64, warehouse: u64) -> Self {
        // Even a client that speaks no TLS wants one; a second time is refused, and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let models = format!("{base_url}/{database}/rest/model");
        Self { http: reqwest::Client::new(), models, token: token.to_owned(), company, warehouse }
    }

    async fn call(&self, method: Method, path: &str, query: &[(&str, &str)], context: Value, body: Option<&Value>) -> Value {
        let mut url = reqwest::Url::parse(&format!("{}/{path}", self.models)).expect("an address");
        url.query_pairs_mut().extend_pairs(query);
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let request = request.header("X-Tryton-Context", URL_SAFE.encode(context.to_string()));
        let request = match body {
            Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let (status, body) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    fn context(&self) -> Value {
        json!({ "company": self.company })
    }

    /// The records of a model that a domain describes, with these fields and `id`.
    ///
    /// # Panics
    /// When Tryton refuses.
    pub async fn find(&self, model: &str, domain: &Value, fields: &[&str]) -> Vec<Value> {
        self.find_with(model, domain, fields, self.context()).await
    }

    async fn find_with(&self, model: &str, domain: &Value, fields: &[&str], context: Value) -> Vec<Value> {
        let domain = URL_SAFE.encode(domain.to_string());
        let mut query = vec![("d", domain.as_str()), ("s", "1000")];
        query.extend(fields.iter().map(|field| ("f", *field)));
        let found = self.call(Method::GET, model, &query, context, None).await;
        found.as_array().cloned().unwrap_or_default()
    }

    /// Makes a record, and gives it with these fields.
    async fn create(&self, model: &str, record: &Value, fields: &[&str]) -> Value {
        let query: Vec<(&str, &str)> = fields.iter().map(|field| ("f", *field)).collect();
        self.call(Method::POST, model, &query, self.context(), Some(record)).await
    }

    async fn write(&self, model: &str, id: u64, record: &Value) {
        self.call(Method::PUT, &format!("{model}/{id}"), &[], self.context(), Some(record)).await;
    }

    /// Presses a button of a record.
    ///
    /// # Panics
    /// When Tryton refuses.
    pub async fn press(&self, model: &str, id: u64, button: &str) {
        self.call(Method::POST, &format!("{model}/{id}/{button}"), &[], self.context(), None).await;
    }

    /// The sales with this web id, in whatever state, with these fields.
    ///
    /// # Panics
    /// When Tryton refuses.
    pub async fn sales(&self, web_id: &str, fields: &[&str]) -> Vec<Value> {
        self.find("sale.sale", &json!([["web_id", "=", web_id]]), fields).await
    }

    /// Ships all of an order, in one parcel.
    ///
    /// # Panics
    /// When there is no such order, or Tryton refuses.
    pub async fn ship(&self, web_id: &str, tracking: &str) {
        let sales = self.sales(web_id, &["shipments.state"]).await;
        let shipments = sales.first().expect("the order")["shipments"].as_array().cloned().unwrap_or_default();
        for shipment in shipments {
            let (model, id) = ("stock.shipment.out", id(&shipment));
            if shipment["state"] == "waiting" {
                self.press(model, id, "assign_try").await;
            }
            self.write(model, id, &json!({ "shipping_reference": tracking })).await;
            for button in ["pick", "pack", "do"] {
                self.press(model, id, button).await;
            }
        }
    }

    /// Takes a piece of the order's first line back: what the button "Return" of a sale makes, confirmed, and the goods received.
    ///
    /// # Panics
    /// When there is no such order, or Tryton refuses.
    pub async fn take_back(&self, web_id: &str) {
        let fields = [
            "party",
            "currency",
            "invoice_address",
            "shipment_address",
            "lines.product",
            "lines.type",
            "lines.sequence",
            "lines.unit",
            "lines.unit_price",
            "lines.taxes.id",
        ];
        let sales = self.sales(web_id, &fields).await;
        let sale = sales.first().expect("the order");
        let mut lines = sale["lines"].as_array().cloned().unwrap_or_default();
        lines.sort_by_key(|line| line["sequence"].as_u64());
        let line = lines.iter().find(|line| line["type"] == "line" && line["sequence"].is_u64()).expect("a line");
        let taxes: Vec<u64> = line["taxes"].as_array().into_iter().flatten().map(id).collect();
        let new = json!({
            "company": self.company, "party": sale["party"], "currency": sale["currency"], "origin": format!("sale.sale,{}", id(sale)),
            "carrier": null, "shipment_cost_method": null, "invoice_address": sale["invoice_address"], "shipment_address": sale["shipment_address"],
            "lines": [["create", [{
                "type": "line", "sequence": line["sequence"], "product": line["product"], "unit": line["unit"], "quantity": -1,
                "unit_price": line["unit_price"], "taxes": [["add", taxes]],
            }]]],
        });
        let made = id(&self.create("sale.sale", &new, &["state"]).await);
        for button in ["quote", "confirm"] {
            self.press("sale.sale", made, button).await;
        }
        let returns = self.find("sale.sale", &json!([["id", "=", made]]), &["shipment_returns.state"]).await;
        for shipment in returns.iter().flat_map(|sale| sale["shipment_returns"].as_array().cloned().unwrap_or_default()) {
            for button in ["receive", "do"] {
                self.press("stock.shipment.out.return", id(&shipment), button).await;
            }
        }
    }

    /// Puts so many more pieces on the shelf.
    ///
    /// # Panics
    /// When there is no such article, or Tryton refuses.
    pub async fn stock(&self, sku: &str, pieces: u32) {
        let products = self.find("product.product", &json!([["code", "=", sku]]), &["default_uom"]).await;
        let product = products.first().expect("the article");
        let location = async |domain: Value| {
            let found = self.find("stock.location", &domain, &["code"]).await;
            id(found.first().expect("a location"))
        };
        let from = location(json!([["type", "=", "lost_found"]])).await;
        let to = location(json!([["type", "=", "storage"], ["parent", "=", self.warehouse]])).await;
        let new = json!({
            "company": self.company, "product": id(product), "unit": product["default_uom"], "quantity": pieces,
            "from_location": from, "to_location": to,
        });
        let made = self.create("stock.move", &new, &["state"]).await;
        self.press("stock.move", id(&made), "do").await;
    }

    /// On hand in the warehouse, less what is promised of it.
    ///
    /// # Panics
    /// When there is no such article.
    pub async fn free(&self, sku: &str) -> i64 {
        let far = json!({ "__class__": "date", "year": 9999, "month": 12, "day": 31 });
        let mut context = self.context();
        context["locations"] = json!([self.warehouse]);
        context["with_childs"] = true.into();
        context["stock_date_end"] = far;
        let found = self.find_with("product.product", &json!([["code", "=", sku]]), &["forecast_quantity"], context).await;
        let free = found.first().expect("the article")["forecast_quantity"].to_string();
        free.trim_end_matches(".0").parse().expect("whole pieces")
    }

    /// The state and the total of each invoice of a sale; credit notes are negative.
    ///
    /// # Panics
    /// When Tryton refuses.
    pub async fn invoices(&self, web_id: &str) -> Vec<(String, Decimal)> {
        let sales = self.sales(web_id, &["invoices.state", "invoices.total_amount"]).await;
        let invoices = sales.iter().flat_map(|sale| sale["invoices"].as_array().cloned().unwrap_or_default());
        let read = |invoice: Value| (invoice["state"].as_str().unwrap_or_default().to_owned(), decimal(&invoice["total_amount"]));
        invoices.map(read).collect()
    }
}

/// The id of a record.
pub(super) fn id(record: &Value) -> u64 {
    record["id"].as_u64().expect("an id")
}

/// A decimal as Tryton writes it.
pub(super) fn decimal(value: &Value) -> Decimal {
    value["decimal"].as_str().and_then(|text| text.parse().ok()).expect("a decimal")
}
