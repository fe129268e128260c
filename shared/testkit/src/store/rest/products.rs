//! Products and variations over REST.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::reply::{Page, Params, Reply, read};
use crate::store::catalogue::Product;
use crate::store::product_view::ProductView;
use crate::store::state::{Inner, Shared};

#[derive(Deserialize)]
struct Wanted {
    /// An absolute figure.
    stock_quantity: Option<i64>,
}

fn show(inner: &Inner, id: u64) -> Reply {
    match inner.products.get(&id) {
        Some(product) => Reply::ok(&ProductView::new(product, inner.variations(id), inner.site())),
        None => Reply::error(404, "woocommerce_rest_product_invalid_id", "Invalid ID."),
    }
}

/// `sku` (several with commas) finds variations too; without it they are left out.
pub(super) async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Result<Reply, Reply> {
    let page = Page::of(&params)?;
    let inner = shared.lock();
    let wanted = |product: &&Product| match params.get("sku") {
        Some(skus) => skus.split(',').any(|sku| !sku.is_empty() && sku == product.sku),
        None => product.parent_id == 0,
    };
    let found: Vec<&Product> = inner.products.values().filter(wanted).collect();
    Ok(page.reply(&found, |product| ProductView::new(product, inner.variations(product.id), inner.site())))
}

pub(super) async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Reply {
    show(&shared.lock(), id)
}

pub(super) async fn variations(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, params: Params) -> Result<Reply, Reply> {
    let page = Page::of(&params)?;
    let inner = shared.lock();
    let found: Vec<&Product> = inner.products.values().filter(|product| product.parent_id == id).collect();
    Ok(page.reply(&found, |product| ProductView::new(product, Vec::new(), inner.site())))
}

pub(super) async fn update(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Wanted = read(&body)?;
    Ok(shared.act(|inner| {
        let now = inner.now();
        if let Some(product) = inner.products.get_mut(&id) {
            product.modified = now;
            product.stock = wanted.stock_quantity.or(product.stock);
            inner.fire("product.updated", id);
        }
        show(inner, id)
    }))
}
