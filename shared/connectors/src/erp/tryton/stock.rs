//! What may still be promised. Tryton's own forecast does not do: it leaves out what was to be shipped yesterday and is not, and counts
//! what is on its way from suppliers. So it is reckoned from two answers: what is in the storage zone and not assigned, minus what
//! confirmed sales ask for and was not assigned to them.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use waybill_domain::{At, Sku};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{Availability, ErpAvailability, Free};

use super::client::{Call, Reply};
use super::{Desk, TrytonErp};

/// Articles in one question.
const ARTICLES: usize = 100;
/// Records in one answer to a question without such a limit.
pub(super) const PAGE: usize = 500;
/// Pages after which a list without end is given up.
const PAGES: usize = 1_000;

#[derive(Deserialize)]
struct Stocked {
    id: u64,
    code: Option<String>,
    quantity: f64,
}

#[derive(Deserialize)]
struct Demand {
    product: u64,
    internal_quantity: f64,
}

/// Whole pieces: what is cut is not whole.
pub(super) fn whole(quantity: f64) -> i64 {
    // Larger than any stock, and small enough for every float to be exact.
    const MOST: f64 = 1e12;
    #[allow(clippy::cast_possible_truncation)]
    let pieces = (quantity + 1e-6).floor().clamp(-MOST, MOST) as i64;
    pieces
}

impl Desk {
    /// All records of a question, page by page, and by when they were so at the earliest.
    pub(super) async fn all<T: DeserializeOwned>(&self, call: impl Fn() -> Call) -> Result<(Vec<T>, Option<At>), CallError> {
        let (mut all, mut as_of) = (Vec::new(), None);
        for page in 0..PAGES {
            let offset = page.saturating_mul(PAGE);
            let reply: Reply<Vec<T>> =
                self.client.reply(&call().page(PAGE, offset)).await.map_err(|verdict| verdict.of_read())?;
            as_of = as_of.or(reply.began);
            let full = reply.body.len() >= PAGE;
            all.extend(reply.body);
            if !full {
                return Ok((all, as_of));
            }
        }
        Err(CallError::Down { reason: "a list without end".to_owned() })
    }

    /// The figures of the goods of a domain.
    pub(super) async fn figures(&self, goods: &Value) -> Result<Availability, CallError> {
        let storage = self.storage().await?;
        // First what is asked for: what is assigned in between is then counted twice, and never not at all.
        let (demand, as_of) = self.all::<Demand>(|| demand(storage, goods)).await?;
        let (stocked, _) = self.all::<Stocked>(|| stocked(storage, goods)).await?;
        let as_of = as_of.ok_or_else(|| CallError::Down { reason: "GET stock: figures without a time".to_owned() })?;
        let mut asked: HashMap<u64, f64> = HashMap::new();
        for Demand { product, internal_quantity } in demand {
            *asked.entry(product).or_insert(0.0) += internal_quantity;
        }
        let free = |item: Stocked| {
            // A number that cannot be a SKU is mapped to by no store.
            let sku = item.code?.parse().ok()?;
            let asked = asked.get(&item.id).copied().unwrap_or(0.0);
            Some(Free { sku, free: whole(item.quantity - asked) })
        };
        Ok(Availability { as_of, items: stocked.into_iter().filter_map(free).collect() })
    }
}

/// What is in the storage zone, minus what is assigned. Without a date, figures would be of the end of time.
fn stocked(storage: u64, goods: &Value) -> Call {
    Call::search("stock", "product.product", &["code", "quantity"], goods)
        .context("locations", json!([storage]))
        .context("with_childs", true.into())
        .context("stock_assign", true.into())
}

/// What confirmed sales ask for and was not assigned: moves out of the storage zone, or, while a shipment has none yet, to the customer.
fn demand(storage: u64, goods: &Value) -> Call {
    let asked = json!([
        ["state", "=", "draft"],
        ["product", "where", goods],
        [
            "OR",
            [["from_location", "child_of", [storage], "parent"], ["shipment.state", "=", "waiting", "stock.shipment.out"]],
            [["to_location.type", "=", "customer"], ["shipment.state", "=", "draft", "stock.shipment.out"]]
        ]
    ]);
    Call::search("stock", "stock.move", &["product", "internal_quantity"], &asked)
}

impl ErpAvailability for TrytonErp {
    async fn availability(&self, skus: &[Sku]) -> Result<Availability, CallError> {
        let desk = self.archive()?;
        let goods = json!([["type", "in", ["goods", "assets"]], ["code", "!=", null]]);
        if skus.is_empty() {
            return desk.figures(&goods).await;
        }
        let (mut as_of, mut items): (Option<At>, Vec<Free>) = (None, Vec::new());
        for skus in skus.chunks(ARTICLES) {
            let codes: Vec<&str> = skus.iter().map(Sku::as_str).collect();
            let part = desk.figures(&json!([["type", "in", ["goods", "assets"]], ["code", "in", codes]])).await?;
            as_of = as_of.into_iter().chain([part.as_of]).min();
            items.extend(part.items);
        }
        let as_of = as_of.ok_or_else(|| CallError::Down { reason: "GET stock: figures without a time".to_owned() })?;
        Ok(Availability { as_of, items })
    }
}
