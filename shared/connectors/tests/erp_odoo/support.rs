//! An Odoo, a connection to it on behalf of a store, and an order full of personal data.

use std::collections::{BTreeMap, BTreeSet};

use waybill_connectors::erp::odoo::OdooErp;
use waybill_domain::money::Decimal;
use waybill_domain::{Currency, ErpConfig, ErpConnector, ErpOrder, ErpRecords};
use waybill_testkit::contract::erp::{Facts, Wanted};
use waybill_testkit::odoo::{FakeOdoo, FakeOdooConfig};
use waybill_workflow::CallError;

/// The versions that were recorded, one for each transport.
pub const RECORDED: [u64; 2] = [18, 19];

/// What is there: 100 pieces of `A`, 50 of `B`, one of `LAST`; 20 % and 10 % on top, 20 % in the price.
pub fn setup_of(version: u64) -> FakeOdooConfig {
    let stock = [("A".to_owned(), 100), ("B".to_owned(), 50), ("LAST".to_owned(), 1)].into();
    let taxes = vec![(Decimal::from(20), false), (Decimal::from(10), false), (Decimal::from(20), true)];
    FakeOdooConfig { stock, taxes, ..FakeOdooConfig::new(version) }
}

pub async fn setup(version: u64) -> (FakeOdoo, OdooErp) {
    start(setup_of(version)).await
}

pub async fn start(config: FakeOdooConfig) -> (FakeOdoo, OdooErp) {
    let fake = FakeOdoo::start(config).await.unwrap();
    let erp = connect(&fake);
    (fake, erp)
}

/// A connection that knows nothing yet.
pub fn connect(fake: &FakeOdoo) -> OdooErp {
    let erp = OdooErp::new(&config(&fake.base_url()), "fake-odoo-key").unwrap();
    erp.of_store(Some(&records())).unwrap()
}

pub fn config(base_url: &str) -> ErpConfig {
    ErpConfig {
        slug: "acme".parse().unwrap(),
        version: 1,
        connector: ErpConnector::Odoo,
        base_url: base_url.to_owned(),
        database: Some("shop".to_owned()),
        user: Some("waybill".to_owned()),
        ca_pem: None,
        slots: 1,
        timeout_seconds: 1,
        // The server that plays Odoo has no transactions that end after they began.
        settle_seconds: 0,
        orders_per_minute: 60,
        polls: BTreeSet::new(),
        poll_seconds: 300,
    }
}

/// The store's rates 1, 2 and 3 are Odoo's taxes 1, 2 and 3.
pub fn records() -> ErpRecords {
    let sku = |text: &str| text.parse().unwrap();
    ErpRecords {
        company: 1,
        warehouse: 1,
        shop: None,
        sales_journal: Some(1),
        payment_journal: 2,
        payment_journals: BTreeMap::from([("cash".to_owned(), 3)]),
        taxes: BTreeMap::from([(1, 1), (2, 2), (3, 3)]),
        carrier: Some(1),
        carriers: BTreeMap::new(),
        guest_customer: None,
        shipping_article: sku("SHIPPING"),
        fee_article: sku("FEE"),
        refund_article: sku("REFUND"),
        rounding_article: sku("ROUNDING"),
        rounding_limit: Decimal::new(5, 2),
    }
}

pub fn facts() -> Facts {
    Facts {
        currency: Currency::new("EUR"),
        country: "DE",
        plenty: "A".parse().unwrap(),
        second: "B".parse().unwrap(),
        twenty: 1,
        ten: 2,
        computes: true,
        amends: false,
        returns: true,
    }
}

/// Two pieces of `A` with shipping, 49.20 EUR, paid.
pub fn order(reference: &str) -> ErpOrder {
    Wanted::usual(&facts(), reference)
}

/// Whatever of the order or the access must not be in an error.
pub fn assert_says_nothing_personal(text: &str) {
    let lower = text.to_lowercase();
    for secret in [
        "jane",
        "roe",
        "harbour",
        "whitby",
        "10001",
        "1947",
        "pi_3",
        "ring twice",
        "fake-odoo-key",
        "traceback",
        "127.0.0.1",
        "<",
    ] {
        assert!(!lower.contains(secret), "{secret:?} in {text:?}");
    }
}

/// How a call ended, in a word; what it says is searched for personal data.
pub fn kind<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            assert_says_nothing_personal(&error.to_string());
            assert_says_nothing_personal(&format!("{error:?}"));
            match error {
                CallError::Busy { .. } => "busy".to_owned(),
                CallError::Down { .. } => "down".to_owned(),
                CallError::Refused { code, .. } => code,
                CallError::Unknown { .. } => "unknown".to_owned(),
            }
        }
    }
}
