//! A store, an ERP and orders to start tests from.

use std::collections::{BTreeMap, BTreeSet};

use waybill_domain::money::{Currency, Decimal};
use waybill_domain::store_order::{Address, Charge, Line, StoreStatus, TaxLine, TaxPart};
use waybill_domain::{
    At, Circuit, Endpoint, ErpConfig, Mapping, Policies, Return, ReturnState, ReturnedLine, Shipment, Sku, StockRow, StoreConfig,
    StoreOrder, WarehouseConfig,
};
use waybill_workflow::ports::Delivery;

use super::World;

/// The secret that signs in memory.
pub const SECRET: &str = "sample-secret";

impl World {
    /// A world with one store (`shop`) on one ERP (`acme`) that has ten of `SKU-A` and three of `SKU-B`.
    pub fn with_shop() -> Self {
        let world = World::new();
        {
            let mut state = world.state();
            let now = state.now;
            state.stores.insert("shop".parse().expect("slug"), store());
            state.erps.insert("acme".parse().expect("slug"), erp());
            // It was connected a while ago.
            let store = Endpoint::Store("shop".parse().expect("slug"));
            let circuit = Circuit::closed(store.clone()).polled(now);
            state.circuits.insert(store, circuit);
            state.secrets.insert("shop".parse().expect("slug"), vec![SECRET.to_owned()]);
        }
        for (sku, free) in [("SKU-A", 10), ("SKU-B", 3)] {
            world.shelve(sku, free);
        }
        world
    }

    /// So many pieces are free in the ERP, and the ledger knows.
    pub fn shelve(&self, sku: &str, free: i64) {
        let mut state = self.state();
        let (now, sku) = (state.now, sku.parse::<Sku>().expect("sku"));
        state.erp.free.insert(sku.clone(), free);
        state.stock.insert(("acme".parse().expect("slug"), sku), StockRow::new(free, now));
    }

    /// Places an order in the store, or replaces it, and returns the delivery that tells of it.
    pub fn place(&self, order: &StoreOrder) -> Delivery {
        let before = self.state().shop.insert(order.id, order.clone());
        let topic = if before.is_none() { "order.created" } else { "order.updated" };
        Delivery { topic: Some(topic.to_owned()), ..delivery(order) }
    }
}

/// The store `shop`.
pub fn store() -> StoreConfig {
    StoreConfig {
        slug: "shop".parse().expect("slug"),
        version: 1,
        base_url: "https://shop.example.test".to_owned(),
        ca_pem: None,
        erp: "acme".parse().expect("slug"),
        warehouse: None,
        policies: Policies::default(),
        mapping: Mapping { same_skus: true, ..Mapping::default() },
        records: BTreeMap::new(),
    }
}

/// The ERP `acme`.
pub fn erp() -> ErpConfig {
    ErpConfig {
        slug: "acme".parse().expect("slug"),
        version: 1,
        connector: waybill_domain::config::ErpConnector::Rest,
        base_url: "https://erp.example.test".to_owned(),
        database: None,
        user: None,
        ca_pem: None,
        slots: 1,
        timeout_seconds: 20,
        settle_seconds: 90,
        orders_per_minute: 600,
        polls: BTreeSet::new(),
        poll_seconds: 300,
    }
}

/// The warehouse `wms`.
pub fn warehouse() -> WarehouseConfig {
    WarehouseConfig {
        slug: "wms".parse().expect("slug"),
        version: 1,
        url: "https://wms.example.test/fulfilments".to_owned(),
        ca_pem: None,
        timeout_seconds: 20,
        orders_per_minute: 60,
    }
}

/// The signed delivery that carries this order.
pub fn delivery(order: &StoreOrder) -> Delivery {
    Delivery {
        store: "shop".to_owned(),
        topic: Some("order.updated".to_owned()),
        signature: Some(SECRET.to_owned()),
        delivery_id: Some(format!("{:08x}", order.id)),
        content_type: Some("application/json".to_owned()),
        body: serde_json::to_vec(order).expect("an order is JSON"),
    }
}

/// A shipment of so many pieces of each line.
pub fn shipment(id: &str, revision: u32, lines: &[(u64, u32)]) -> Shipment {
    Shipment {
        id: id.to_owned(),
        revision,
        carrier: "DHL".to_owned(),
        tracking: "T-1".to_owned(),
        tracking_url: String::new(),
        shipped_at: At(1_767_225_700_000),
        lines: lines.iter().copied().collect(),
        void: false,
        told: 0,
    }
}

/// A return of so many pieces of the first line, of which so many are accepted and go back on the shelf.
pub fn returned(id: &str, state: ReturnState, quantity: u32, accepted: u32) -> Return {
    Return {
        id: id.to_owned(),
        state,
        lines: [(1, ReturnedLine { quantity, accepted, restock: accepted })].into(),
        amount: None,
        credit_note: None,
        refund: None,
        by_hand: false,
    }
}

/// Cents as an amount.
pub fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

/// A paid order of these pieces at 10.00 net and 19 % each, shipped for 5.00 net.
pub fn order(id: u64, pieces: &[(&str, i64)]) -> StoreOrder {
    let lines: Vec<Line> = pieces
        .iter()
        .zip(1_u64..)
        .map(|((sku, quantity), line)| Line {
            id: line,
            sku: (*sku).to_owned(),
            name: format!("Article {sku}"),
            product_id: 100 + line,
            variation_id: 0,
            quantity: *quantity,
            subtotal: cents(1000 * quantity),
            subtotal_tax: cents(190 * quantity),
            total: cents(1000 * quantity),
            total_tax: cents(190 * quantity),
            taxes: vec![TaxPart { rate_id: 1, total: cents(190 * quantity) }],
            restocked: 0,
        })
        .collect();
    let all: i64 = pieces.iter().map(|(_, quantity)| quantity).sum();
    StoreOrder {
        id,
        number: id.to_string(),
        status: StoreStatus::Processing,
        currency: Currency::new("EUR"),
        prices_include_tax: false,
        created: At(1_767_225_500_000),
        modified: At(1_767_225_500_000),
        customer_id: 7,
        billing: address(),
        shipping: Address::default(),
        payment_method: "stripe".to_owned(),
        transaction_id: "tx-1".to_owned(),
        paid_at: Some(At(1_767_225_500_000)),
        lines,
        shipping_lines: vec![Charge {
            id: 90,
            title: "Flat rate".to_owned(),
            total: cents(500),
            total_tax: cents(95),
            taxes: vec![TaxPart { rate_id: 1, total: cents(95) }],
        }],
        fees: Vec::new(),
        coupons: Vec::new(),
        tax_lines: vec![TaxLine {
            rate_id: 1,
            rate_code: "DE-MWST-1".to_owned(),
            label: "MwSt".to_owned(),
            tax_total: cents(190 * all),
            shipping_tax_total: cents(95),
        }],
        refunds: Vec::new(),
        discount_total: cents(0),
        discount_tax: cents(0),
        shipping_total: cents(500),
        shipping_tax: cents(95),
        cart_tax: cents(190 * all),
        total_tax: cents(190 * all + 95),
        total: cents(1190 * all + 595),
        customer_note: String::new(),
    }
}

fn address() -> Address {
    Address {
        first_name: "Erika".to_owned(),
        last_name: "Mustermann".to_owned(),
        address_1: "Hauptstraße 5".to_owned(),
        city: "Berlin".to_owned(),
        postcode: "10115".to_owned(),
        country: "DE".to_owned(),
        email: "erika@example.test".to_owned(),
        ..Address::default()
    }
}
