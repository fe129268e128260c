//! Products in the REST API's shape, with the fields somebody who maps or counts them reads.

use rust_decimal::Decimal;
use serde::Serialize;

use super::catalogue::Product;
use super::links::Links;
use super::order::Money;
use super::view::{Site, gmt};

/// A product or variation. Fields about its page in the shop (texts, pictures, categories) are left out.
#[derive(Serialize)]
pub(super) struct ProductView<'a> {
    id: u64,
    name: &'a str,
    permalink: String,
    date_created: String,
    date_created_gmt: String,
    date_modified: String,
    date_modified_gmt: String,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    sku: &'a str,
    price: Money,
    regular_price: Money,
    sale_price: &'static str,
    purchasable: bool,
    #[serde(rename = "virtual")]
    is_virtual: bool,
    tax_status: &'static str,
    tax_class: &'static str,
    manage_stock: bool,
    stock_quantity: Option<i64>,
    backorders: &'static str,
    parent_id: u64,
    attributes: Vec<Attribute<'a>>,
    variations: Vec<u64>,
    meta_data: [(); 0],
    stock_status: &'static str,
    global_unique_id: &'static str,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
struct Attribute<'a> {
    id: u64,
    name: &'a str,
    slug: String,
    option: &'a str,
}

impl<'a> ProductView<'a> {
    pub(super) fn new(product: &'a Product, variations: Vec<u64>, site: Site<'_>) -> Self {
        let attribute =
            |(name, option): &'a (String, String)| Attribute { id: 1, name, slug: format!("pa_{}", name.to_lowercase()), option };
        let price: Decimal = product.price;
        Self {
            id: product.id,
            name: &product.name,
            permalink: format!("{}/product/{}/", site.url, product.id),
            date_created: site.local(product.modified),
            date_created_gmt: gmt(product.modified),
            date_modified: site.local(product.modified),
            date_modified_gmt: gmt(product.modified),
            kind: product.kind,
            status: "publish",
            sku: &product.sku,
            price: Money(price),
            regular_price: Money(price),
            sale_price: "",
            purchasable: true,
            is_virtual: false,
            tax_status: "taxable",
            tax_class: product.tax_class.slug(),
            manage_stock: product.stock.is_some(),
            stock_quantity: product.stock,
            backorders: "no",
            parent_id: product.parent_id,
            attributes: product.attribute.iter().map(attribute).collect(),
            variations,
            meta_data: [],
            stock_status: if product.stock.is_some_and(|units| units <= 0) { "outofstock" } else { "instock" },
            global_unique_id: "",
            links: site.links("products", product.id),
        }
    }
}
