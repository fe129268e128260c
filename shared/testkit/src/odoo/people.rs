//! What people do in the ERP: ship, take back, count stock, cancel.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::json;

use super::db::{Db, float};
use super::oops::Oops;
use super::{FakeOdoo, books, domain, lock, now, sales, stock};

impl FakeOdoo {
    /// Free pieces of an article, as `free_qty` says.
    #[must_use]
    pub fn free(&self, sku: &str) -> Option<i64> {
        let state = lock(&self.state);
        let product = article(&state.db, sku)?;
        let (on_hand, reserved) = books::stock(&state.db, product);
        i64::try_from(on_hand - reserved).ok()
    }

    /// Counts an article: so many are on hand.
    pub fn set_on_hand(&self, sku: &str, units: i64) {
        let mut state = lock(&self.state);
        state.db.now = now();
        let quant =
            article(&state.db, sku).and_then(|product| state.db.children("stock.quant", "product_id", product).first().copied());
        if let Some(quant) = quant {
            state.db.set("stock.quant", quant, json!({ "quantity": units }));
        }
    }

    /// Ships what is open of the order with this reference, or these pieces per article, with a tracking number.
    ///
    /// # Errors
    /// A text, when there is nothing to ship.
    pub fn ship(&self, reference: &str, units: Option<&BTreeMap<String, i64>>, tracking: &str) -> Result<u64, String> {
        self.transfer(|db| {
            let picking = open(db, reference)?;
            if db.version <= 16 || units.is_some() {
                let field = if db.version >= 17 { "quantity" } else { "quantity_done" };
                for id in db.children("stock.move", "picking_id", picking) {
                    let sku =
                        db.one("stock.move", id, "product_id").map(|product| db.text("product.product", product, "default_code"));
                    let pieces = match units {
                        Some(units) => Decimal::from(sku.and_then(|sku| units.get(&sku).copied()).unwrap_or(0)),
                        None => db.amount("stock.move", id, "product_uom_qty"),
                    };
                    db.set("stock.move", id, json!({ field: float(pieces) }));
                }
            }
            db.set("stock.picking", picking, json!({ "carrier_tracking_ref": tracking }));
            stock::validate(db, &[picking])?;
            Ok(picking)
        })
    }

    /// Takes back these pieces per article of what was shipped of an order; the return's id.
    ///
    /// # Errors
    /// A text, when nothing was shipped.
    pub fn take_back(&self, reference: &str, units: &BTreeMap<String, i64>) -> Result<u64, String> {
        self.transfer(|db| {
            let done = json!([
                ["sale_id.client_order_ref", "=", reference],
                ["state", "=", "done"],
                ["picking_type_code", "=", "outgoing"],
            ]);
            let shipped = domain::search(db, "stock.picking", &done)?;
            let picking = *shipped.first().ok_or_else(|| Oops::user("nothing was shipped"))?;
            let lines: Vec<_> = db
                .children("stock.move", "picking_id", picking)
                .into_iter()
                .filter_map(|id| {
                    let product = db.one("stock.move", id, "product_id")?;
                    let pieces = units.get(&db.text("product.product", product, "default_code"))?;
                    Some(json!([0, 0, { "product_id": product, "quantity": pieces, "move_id": id }]))
                })
                .collect();
            let wizard = json!({ "picking_id": picking, "product_return_moves": lines });
            let wizard = stock::new_return(db, wizard.as_object().ok_or_else(|| Oops::wrong("wizard"))?)?;
            let back = stock::create_returns(db, wizard)?["res_id"].as_u64().unwrap_or(0);
            if db.version <= 16 {
                for id in db.children("stock.move", "picking_id", back) {
                    let pieces = db.kept("stock.move", id, "product_uom_qty");
                    db.set("stock.move", id, json!({ "quantity_done": pieces }));
                }
            }
            stock::validate(db, &[back])?;
            Ok(back)
        })
    }

    /// Changes fields of a record.
    pub fn edit(&self, model: &'static str, id: u64, values: &serde_json::Value) {
        let mut state = lock(&self.state);
        state.db.now = now();
        state.db.set(model, id, values.clone());
    }

    /// Adds a record as it is.
    pub fn add(&self, model: &'static str, values: &serde_json::Value) {
        let mut state = lock(&self.state);
        state.db.now = now();
        state.db.insert(model, values.as_object().cloned().unwrap_or_default());
    }

    /// Cancels the order with this reference.
    ///
    /// # Errors
    /// A text, when there is none.
    pub fn cancel(&self, reference: &str) -> Result<(), String> {
        self.transfer(|db| {
            let orders = domain::search(db, "sale.order", &json!([["client_order_ref", "=", reference]]))?;
            sales::cancel(db, &orders, true).map(|_| orders.len())
        })
        .map(|_| ())
    }

    fn transfer<T>(&self, work: impl FnOnce(&mut Db) -> Result<T, Oops>) -> Result<T, String> {
        let mut state = lock(&self.state);
        state.db.now = now();
        work(&mut state.db).map_err(|oops| oops.message().to_owned())
    }
}

fn article(db: &Db, sku: &str) -> Option<u64> {
    domain::search(db, "product.product", &json!([["default_code", "=", sku]])).ok()?.first().copied()
}

fn open(db: &Db, reference: &str) -> Result<u64, Oops> {
    let open = json!([
        ["sale_id.client_order_ref", "=", reference],
        ["state", "in", ["assigned", "confirmed"]],
        ["picking_type_code", "=", "outgoing"],
    ]);
    domain::search(db, "stock.picking", &open)?.first().copied().ok_or_else(|| Oops::user("nothing is left to ship"))
}
