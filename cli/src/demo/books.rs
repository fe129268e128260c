//! What the ERP has of the demo's orders, read from the fake one or from Tryton, in words that both have.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use waybill_testkit::erp::{FakeErp, OrderState};
use waybill_testkit::tryton::People;

/// A document for an order.
#[derive(Debug, Clone)]
pub struct Booked {
    /// It is cancelled there.
    pub cancelled: bool,
    /// Gross.
    pub total: Decimal,
    /// How often it was amended.
    pub amendments: u32,
    /// Pieces of articles.
    pub pieces: i64,
}

/// A credit note for an order.
#[derive(Debug, Clone)]
pub struct Credited {
    /// Gross.
    pub total: Decimal,
    /// Pieces that it is about.
    pub pieces: i64,
    /// Pieces that are back on the shelf.
    pub restocked: i64,
    /// Gross amount that belongs to no line.
    pub other: Decimal,
}

/// Documents by the reference of the order.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) documents: BTreeMap<String, Vec<Booked>>,
    pub(super) credits: BTreeMap<String, Vec<Credited>>,
}

impl Books {
    pub(super) fn of_fake(erp: &FakeErp) -> Self {
        let mut books = Self::default();
        let mut references = BTreeMap::new();
        for order in erp.orders() {
            let booked = Booked {
                cancelled: order.state == OrderState::Cancelled,
                total: order.total,
                amendments: order.amendments,
                pieces: order.new.lines.iter().map(|line| line.quantity).sum(),
            };
            books.documents.entry(order.new.reference.clone()).or_default().push(booked);
            references.insert(order.id, order.new.reference);
        }
        for credit in erp.credit_notes() {
            let lines = || credit.new.lines.iter();
            let credited = Credited {
                total: credit.new.total.0,
                pieces: lines().map(|line| line.quantity).sum(),
                restocked: lines().map(|line| line.restock).sum(),
                other: credit.new.other.0,
            };
            let reference = references.get(&credit.new.order).cloned().unwrap_or_default();
            books.credits.entry(reference).or_default().push(credited);
        }
        books
    }

    /// Of Tryton a sale for each order, credit note and cancellation, by web ids that begin with the order's reference.
    pub(super) async fn of_tryton(people: &People, store: &str) -> Self {
        let fields = [
            "web_id",
            "total_amount",
            "lines.quantity",
            "lines.sequence",
            "lines.amount",
            "lines.product.type",
            "lines.product.code",
            "shipment_returns.state",
        ];
        let domain = json!([["web_id", "like", format!("{store}-%")], ["state", "in", ["processing", "done"]]]);
        let sales = people.find("sale.sale", &domain, &fields).await;
        let ids: Vec<&str> = sales.iter().filter_map(|sale| sale["web_id"].as_str()).collect();
        let mut books = Self::default();
        for sale in &sales {
            let id = sale["web_id"].as_str().unwrap_or_default();
            let lines = || sale["lines"].as_array().into_iter().flatten();
            let goods = || lines().filter(|line| line["product"]["type"] == "goods").filter_map(|line| line["quantity"].as_f64());
            let pieces: i64 = goods().map(|quantity| quantity as i64).sum();
            if let Some((order, _)) = id.split_once("-refund-") {
                let returns = || sale["shipment_returns"].as_array().into_iter().flatten();
                let is_back = returns().all(|shipment| shipment["state"] == "done");
                let of_no_line = |line: &&Value| line["product"]["code"] == "WOO-REFUND" && line["sequence"].is_null();
                let other = lines().filter(of_no_line).map(|line| decimal(&line["amount"]));
                let credited = Credited {
                    total: -decimal(&sale["total_amount"]),
                    pieces: -pieces,
                    restocked: if is_back { -pieces } else { 0 },
                    other: -other.sum::<Decimal>(),
                };
                books.credits.entry(order.to_owned()).or_default().push(credited);
            } else if !id.ends_with("-cancel") {
                let cancelled = ids.contains(&format!("{id}-cancel").as_str());
                let booked = Booked { cancelled, total: decimal(&sale["total_amount"]), amendments: 0, pieces };
                books.documents.entry(id.to_owned()).or_default().push(booked);
            }
        }
        books
    }
}

/// A decimal as Tryton writes it.
fn decimal(value: &Value) -> Decimal {
    value["decimal"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}
