//! What a warehouse reads when it asks what is to be shipped: `GET /v1/fulfilments/{id}`. What is pushed is the same without the address.

use schemars::JsonSchema;
use serde::Serialize;
use waybill_domain::FulfilmentOrder;
use waybill_domain::store_order::Address;

/// What is to leave for one order, in all: shipments that left already are included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fulfilment {
    /// `<store>-<order id>`.
    pub id: String,
    /// `<store>/<order id>`.
    pub order: String,
    /// The number the customer knows; not unique over several stores.
    pub number: String,
    /// Grows whenever the lines change.
    pub revision: u32,
    /// Nothing is to leave (any more). True exactly when there are no lines.
    pub cancelled: bool,
    /// What is to leave.
    pub lines: Vec<FulfilmentLine>,
    /// Where to; `null` when nothing is to leave.
    pub address: Option<FulfilmentAddress>,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FulfilmentLine {
    /// The store's line id: shipments and returns name it. Several lines may have the same SKU.
    pub line: u64,
    /// The ERP's article number.
    pub sku: String,
    /// The product's name in the store.
    pub name: String,
    /// Pieces that are to leave in all.
    pub quantity: u32,
}

/// An address as the store has it; what it has not is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are WooCommerce's own names")]
pub struct FulfilmentAddress {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub address_1: String,
    pub address_2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    /// ISO 3166 alpha-2.
    pub country: String,
    pub email: String,
    pub phone: String,
}

impl From<FulfilmentOrder> for Fulfilment {
    fn from(order: FulfilmentOrder) -> Self {
        let lines: Vec<FulfilmentLine> = order
            .lines
            .into_iter()
            .map(|line| FulfilmentLine { line: line.line, sku: line.sku.to_string(), name: line.name, quantity: line.quantity })
            .collect();
        let cancelled = lines.is_empty();
        Fulfilment {
            id: order.id,
            order: order.order.to_string(),
            number: order.number,
            revision: order.revision,
            cancelled,
            lines,
            // Who has nothing to send needs no address.
            address: order.address.filter(|_| !cancelled).map(FulfilmentAddress::from),
        }
    }
}

impl From<Address> for FulfilmentAddress {
    fn from(address: Address) -> Self {
        FulfilmentAddress {
            first_name: address.first_name,
            last_name: address.last_name,
            company: address.company,
            address_1: address.address_1,
            address_2: address.address_2,
            city: address.city,
            state: address.state,
            postcode: address.postcode,
            country: address.country,
            email: address.email,
            phone: address.phone,
        }
    }
}
