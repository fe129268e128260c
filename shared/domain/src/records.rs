//! Which records of the ERP stand for what a store means. They are named by the ERP's own numeric ids, which are unambiguous and cost no
//! look-up; `waybill erp records` lists them with their names, `waybill store check` proves that they exist.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::Sku;
use crate::money::Decimal;

/// The records of one store in its ERP. Connectors whose ERP has its own articles and journals need them (Tryton, Odoo); the generic
/// contract does without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErpRecords {
    /// The company that sells. Tryton: `company.company`; Odoo: `res.company`.
    pub company: u64,
    /// Where goods are shipped from. Tryton: `stock.location` of the type warehouse; Odoo: `stock.warehouse`.
    pub warehouse: u64,
    /// Tryton's `web.shop`, within which order references are unique; needed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<u64>,
    /// `account.journal` of invoices and credit notes; the ERP's own choice without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_journal: Option<u64>,
    /// Where payments are booked. Tryton: `account.statement.journal`; Odoo: `account.journal` of the type bank or cash.
    pub payment_journal: u64,
    /// Other journals by the slug of the payment gateway, such as `stripe`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub payment_journals: BTreeMap<String, u64>,
    /// `account.tax` by WooCommerce's tax rate id. A rate that is not listed holds the order with `tax_unmapped`: it is never guessed.
    #[serde(default)]
    pub taxes: BTreeMap<u64, u64>,
    /// `carrier` (Tryton) or `delivery.carrier` (Odoo); none without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<u64>,
    /// Other carriers by the title of the store's shipping line, as the customer sees it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub carriers: BTreeMap<String, u64>,
    /// Tryton's `party.party` or Odoo's `res.partner` that stands for all customers without an account; without it each guest order has its
    /// own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_customer: Option<u64>,
    /// The service that shipping charges are booked on.
    pub shipping_article: Sku,
    /// The service that fees are booked on.
    pub fee_article: Sku,
    /// The service that refunds without returned goods are booked on.
    pub refund_article: Sku,
    /// The service without tax that differences of rounding are booked on.
    pub rounding_article: Sku,
    /// The largest difference, either way and in the order's currency, that may be booked as one of rounding. Beyond it the order is held.
    #[serde(default = "two_cents")]
    pub rounding_limit: Decimal,
}

fn two_cents() -> Decimal {
    Decimal::new(2, 2)
}

impl ErpRecords {
    /// The ERP's tax for a rate of the store.
    pub fn tax(&self, rate_id: u64) -> Option<u64> {
        self.taxes.get(&rate_id).copied()
    }

    /// Where a payment by this gateway is booked.
    pub fn journal(&self, gateway: &str) -> u64 {
        self.payment_journals.get(gateway).copied().unwrap_or(self.payment_journal)
    }

    /// Who carries what was ordered with this shipping line.
    pub fn carrier_for(&self, title: &str) -> Option<u64> {
        self.carriers.get(title).copied().or(self.carrier)
    }
}
