//! Stores and ERPs are data: many per deployment, each with a version that events record. Secrets are elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::facets::Payment;
use crate::ids::{ErpSlug, Sku, StoreSlug, WarehouseSlug};
use crate::records::ErpRecords;
use crate::store_order::StoreOrder;

/// A store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreConfig {
    /// Its name in this deployment.
    pub slug: StoreSlug,
    /// Grows by one with every change.
    pub version: u32,
    /// Address of the WordPress site, `https://shop.example` (loopback may be http).
    pub base_url: String,
    /// The certificate authority of the store's endpoint in PEM, if it is a private one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// The ERP its orders go to.
    pub erp: ErpSlug,
    /// The warehouse that is told by HTTP requests what to ship; without one, the bus and the API tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<WarehouseSlug>,
    /// Policies.
    #[serde(default)]
    pub policies: Policies,
    /// Mapping.
    #[serde(default)]
    pub mapping: Mapping,
    /// What stands for this store's in its ERP, and in those that it had before: their orders are still corrected and credited there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub records: BTreeMap<ErpSlug, ErpRecords>,
}

impl StoreConfig {
    /// The records of this ERP that stand for the store's; connectors say whether they need them.
    pub fn records_in(&self, erp: &ErpSlug) -> Option<&ErpRecords> {
        self.records.get(erp)
    }
}

/// What to do where businesses differ. The defaults promise nothing that is not paid, in stock and known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// Post cash-on-delivery orders before they are paid.
    pub accept_cash_on_delivery: bool,
    /// Post orders that wait for a bank transfer or cheque (`on-hold`).
    pub accept_bank_transfer_on_hold: bool,
    /// Post orders that are short of stock as backorders; otherwise they are held.
    pub backorder_short_stock: bool,
    /// Accept orders without a customer account; they still need an e-mail address.
    pub accept_guests: bool,
    /// Post orders whose payment is authorised and not captured yet.
    pub accept_authorised: bool,
    /// Have the payment gateway pay back what a return is worth; otherwise the refund is noted in the store and a person pays it. Gateways
    /// that cannot (bank transfer, cheque, cash on delivery) are never asked.
    pub refund_through_gateway: bool,
}

impl Default for Policies {
    fn default() -> Self {
        Policies {
            accept_cash_on_delivery: true,
            accept_bank_transfer_on_hold: false,
            backorder_short_stock: false,
            accept_guests: true,
            accept_authorised: false,
            refund_through_gateway: true,
        }
    }
}

impl Policies {
    /// Whether an order may go on with its payment as it is.
    pub fn accepts_payment(&self, order: &StoreOrder) -> bool {
        match order.payment() {
            Payment::Paid | Payment::PartlyRefunded | Payment::Refunded => true,
            Payment::Authorised => self.accept_authorised,
            Payment::CashOnDelivery => self.accept_cash_on_delivery,
            Payment::OnHold => self.accept_bank_transfer_on_hold && matches!(order.payment_method.as_str(), "bacs" | "cheque"),
            Payment::Unpaid | Payment::Failed | Payment::Voided => false,
        }
    }
}

/// From the store's words to the ERP's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// The ERP uses the store's SKUs unless `skus` says otherwise. When false, an unmapped SKU is held.
    pub same_skus: bool,
    /// By store SKU.
    pub skus: BTreeMap<Sku, MappedSku>,
}

/// What a store's SKU is in the ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappedSku {
    /// The ERP's article number.
    pub erp_sku: Sku,
    /// Whether it is sent by post and kept in stock; a service or a download is not.
    #[serde(default = "yes")]
    pub shippable: bool,
}

fn yes() -> bool {
    true
}

impl Mapping {
    /// The ERP's SKU for a store's; `None` when there is no mapping, which is never guessed.
    pub fn find(&self, sku: &str) -> Option<MappedSku> {
        let sku: Sku = sku.parse().ok()?;
        match self.skus.get(&sku) {
            Some(mapped) => Some(mapped.clone()),
            None => self.same_skus.then_some(MappedSku { erp_sku: sku, shippable: true }),
        }
    }

    /// Pieces of stocked articles that an order wants, by ERP SKU: lines of one SKU add up. Unmapped lines are left out; validation
    /// holds such an order before anybody asks.
    pub fn wanted(&self, order: &StoreOrder) -> BTreeMap<Sku, u32> {
        let mut wanted: BTreeMap<Sku, u32> = BTreeMap::new();
        for line in &order.lines {
            let Some(mapped) = self.find(&line.sku).filter(|mapped| mapped.shippable) else { continue };
            let sum = wanted.entry(mapped.erp_sku).or_insert(0);
            *sum = sum.saturating_add(u32::try_from(line.quantity).unwrap_or(0));
        }
        wanted
    }
}

/// An ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpConfig {
    /// Its name in this deployment.
    pub slug: ErpSlug,
    /// Grows by one with every change.
    pub version: u32,
    /// Which connector: `rest` is the contract in docs/erp-rest.openapi.yaml.
    pub connector: ErpConnector,
    /// Address of its API.
    pub base_url: String,
    /// The database behind that address, for ERPs that keep several (Tryton, Odoo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Whom the token belongs to, for ERPs that ask (Odoo 16 to 18: the login).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The certificate authority in PEM, if it is a private one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// How many calls may be out at once, over all stores.
    #[serde(default = "one")]
    pub slots: u32,
    /// How long Waybill waits for an answer, in seconds.
    #[serde(default = "twenty")]
    pub timeout_seconds: u32,
    /// How long the ERP may still be working on a call that Waybill gave up on, in seconds. Before that, "not found" proves nothing.
    #[serde(default = "ninety")]
    pub settle_seconds: u32,
    /// How many orders per minute leave the line after an outage.
    #[serde(default = "sixty")]
    pub orders_per_minute: u32,
    /// What Waybill asks the ERP for, because the ERP does not tell by itself. Nothing, unless somebody said so: where a warehouse reports
    /// what it ships, the ERP's word of the same parcel would count it twice.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub polls: BTreeSet<Feed>,
    /// How often it asks, in seconds.
    #[serde(default = "five_minutes")]
    pub poll_seconds: u32,
}

/// What an ERP can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feed {
    /// What left.
    Shipments,
    /// What came back, booked by people in the ERP.
    Returns,
    /// What is free of the articles that moved.
    Stock,
}

impl Feed {
    /// All of them.
    pub const ALL: [Feed; 3] = [Feed::Shipments, Feed::Returns, Feed::Stock];

    /// Its name in configuration, rows and logs.
    pub fn name(self) -> &'static str {
        match self {
            Feed::Shipments => "shipments",
            Feed::Returns => "returns",
            Feed::Stock => "stock",
        }
    }
}

/// A warehouse that is told by HTTP requests what to ship. Requests are signed with the secret of the API client of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarehouseConfig {
    /// Its name in this deployment.
    pub slug: WarehouseSlug,
    /// Grows by one with every change.
    pub version: u32,
    /// Where fulfilments are posted to, whole: `https://wms.example/waybill` (loopback may be http).
    pub url: String,
    /// The certificate authority in PEM, if it is a private one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// How long Waybill waits for an answer, in seconds.
    #[serde(default = "twenty")]
    pub timeout_seconds: u32,
    /// How many orders per minute leave the line after an outage.
    #[serde(default = "sixty")]
    pub orders_per_minute: u32,
}

/// The connectors there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErpConnector {
    /// The generic REST contract.
    Rest,
    /// Tryton 8.
    Tryton,
    /// Odoo 16 to 19.
    Odoo,
}

fn one() -> u32 {
    1
}
fn twenty() -> u32 {
    20
}
fn sixty() -> u32 {
    60
}
fn five_minutes() -> u32 {
    300
}
fn ninety() -> u32 {
    90
}
