//! Products in the REST API's shape, with the fields somebody who maps or counts them reads.

use serde_json::{Value, json};

use super::catalogue::Product;
use super::view::{Site, gmt};

/// A product or variation. Fields about its page in the shop (texts, pictures, categories) are left out.
pub(super) fn product(product: &Product, variations: &[u64], site: Site<'_>) -> Value {
    let stock_status = match product.stock {
        Some(n) if n <= 0 => "outofstock",
        _ => "instock",
    };
    let attributes: Vec<Value> = product
        .attribute
        .iter()
        .map(|(name, option)| json!({"id": 1, "name": name, "slug": format!("pa_{}", name.to_lowercase()), "option": option}))
        .collect();
    json!({
        "id": product.id,
        "name": product.name,
        "permalink": format!("{}/product/{}/", site.url, product.id),
        "date_created": site.local(product.modified),
        "date_created_gmt": gmt(product.modified),
        "date_modified": site.local(product.modified),
        "date_modified_gmt": gmt(product.modified),
        "type": product.kind,
        "status": "publish",
        "sku": product.sku,
        "price": format!("{:.2}", product.price),
        "regular_price": format!("{:.2}", product.price),
        "sale_price": "",
        "purchasable": true,
        "virtual": false,
        "tax_status": "taxable",
        "tax_class": product.tax_class.slug(),
        "manage_stock": product.stock.is_some(),
        "stock_quantity": product.stock,
        "backorders": "no",
        "parent_id": product.parent_id,
        "attributes": attributes,
        "variations": variations,
        "meta_data": [],
        "stock_status": stock_status,
        "global_unique_id": "",
        "_links": site.links("products", product.id),
    })
}
