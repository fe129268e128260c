//! What the server starts with.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::db::{Db, float};
use super::totals::TaxRounding;
use super::{Knobs, State};

/// A server's version, access, articles and taxes. Ids are given in order, from 1: company, warehouse and guest customer are 1; journals are
/// 1 (sales), 2 (bank) and 3 (cash).
#[derive(Clone, Debug)]
pub struct FakeOdooConfig {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// 16 to 19.
    pub version: u64,
    /// The name of the database.
    pub database: String,
    /// The API key that it accepts.
    pub key: String,
    /// The login that the key belongs to.
    pub login: String,
    /// Units on hand by article.
    pub stock: BTreeMap<String, i64>,
    /// Articles without stock.
    pub services: Vec<String>,
    /// Taxes in per cent, and whether they are in the price.
    pub taxes: Vec<(Decimal, bool)>,
    /// When taxes are rounded.
    pub rounding: TaxRounding,
    /// How many numbers contacts have used up.
    pub contacts: u64,
    /// The one currency.
    pub currency: String,
}

impl FakeOdooConfig {
    /// An empty company on this version, with the four services that a store's records name.
    #[must_use]
    pub fn new(version: u64) -> Self {
        Self {
            port: 0,
            version,
            database: "shop".to_owned(),
            key: "fake-odoo-key".to_owned(),
            login: "waybill".to_owned(),
            stock: BTreeMap::new(),
            services: ["SHIPPING", "FEE", "REFUND", "ROUNDING"].map(str::to_owned).to_vec(),
            taxes: Vec::new(),
            rounding: TaxRounding::default(),
            contacts: 1,
            currency: "EUR".to_owned(),
        }
    }

    pub(super) fn state(self) -> State {
        let mut db = Db::new(self.version);
        db.now = super::now();
        let mut add = |model: &'static str, values: Value| {
            let record = values.as_object().cloned().unwrap_or_default();
            db.insert(model, record)
        };
        let rounding = if self.rounding == TaxRounding::Globally { "round_globally" } else { "round_per_line" };
        add("res.company", json!({ "name": "Acme", "rounding": rounding }));
        add("res.currency", json!({ "name": self.currency }));
        add("res.partner", json!({ "name": "Guests", "active": true }));
        add("stock.warehouse", json!({ "name": "WH", "company_id": 1 }));
        for (name, usage) in [
            ("Vendors", "supplier"),
            ("Customers", "customer"),
            ("Loss", "inventory"),
            ("Transit", "transit"),
            ("WH/Stock", "internal"),
        ] {
            add("stock.location", json!({ "name": name, "usage": usage }));
        }
        for (name, kind) in [("Sales", "sale"), ("Bank", "bank"), ("Cash", "cash")] {
            add("account.journal", json!({ "name": name, "type": kind, "company_id": 1 }));
        }
        add("delivery.carrier", json!({ "name": "Parcel" }));
        for (percent, included) in &self.taxes {
            add(
                "account.tax",
                json!({
                    "name": format!("{percent}%"),
                    "amount": float(*percent),
                    "amount_type": "percent",
                    "type_tax_use": "sale",
                    "price_include": included,
                    "company_id": 1,
                }),
            );
        }
        let taxes: &[u64] = if self.taxes.is_empty() { &[] } else { &[1] };
        let articles =
            self.stock.iter().map(|(sku, units)| (sku, Some(*units))).chain(self.services.iter().map(|sku| (sku, None)));
        for (sku, units) in articles {
            let stocked = units.is_some();
            let kind = if stocked { "product" } else { "service" };
            let id = add(
                "product.product",
                json!({ "default_code": sku, "name": sku, "uom_id": 1, "taxes_id": taxes, "is_storable": stocked, "detailed_type": kind }),
            );
            if let Some(units) = units {
                add("stock.quant", json!({ "product_id": id, "location_id": 5, "quantity": units, "reserved_quantity": 0 }));
            }
        }
        // Under the numbers that they have in every new database.
        for (code, number) in [("DE", 57), ("GB", 231), ("US", 233)] {
            db.skip("res.country", number - 1);
            let country = json!({ "code": code, "name": code });
            db.insert("res.country", country.as_object().cloned().unwrap_or_default());
        }
        db.skip("res.country.state", 21);
        let state = json!({ "code": "IL", "country_id": 233 });
        db.insert("res.country.state", state.as_object().cloned().unwrap_or_default());
        db.skip("res.partner", self.contacts);
        State {
            db,
            database: self.database,
            key: self.key,
            login: self.login,
            knobs: Knobs::default(),
            calls: Vec::new(),
            script: Vec::new(),
        }
    }
}
