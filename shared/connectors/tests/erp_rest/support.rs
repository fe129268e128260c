//! A fake ERP, a connection to it, and an order full of personal data.

use std::collections::BTreeSet;

use waybill_connectors::erp::rest::RestErp;
use waybill_domain::config::ErpConnector;
use waybill_domain::erp_order::{ErpCharge, ErpLine};
use waybill_domain::refund::CreditLine;
use waybill_domain::store_order::{Address, TaxPart};
use waybill_domain::{At, CreditNote, Currency, ErpConfig, ErpOrder, Payment};
use waybill_testkit::erp::{Commit, FakeErp, FakeErpConfig, Fault, Then};
use waybill_workflow::CallError;

/// Ten units of `A`, one of `B`; the connection waits one second for answers.
pub async fn setup() -> (FakeErp, RestErp) {
    let stock = [("A".to_owned(), 10), ("B".to_owned(), 1)].into();
    let fake = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.unwrap();
    let erp = RestErp::new(&config(&fake.base_url()), &fake.token()).unwrap();
    (fake, erp)
}

pub fn config(base_url: &str) -> ErpConfig {
    ErpConfig {
        slug: "acme".parse().unwrap(),
        version: 1,
        connector: ErpConnector::Rest,
        base_url: base_url.to_owned(),
        database: None,
        user: None,
        ca_pem: None,
        slots: 1,
        timeout_seconds: 1,
        settle_seconds: 2,
        orders_per_minute: 60,
        polls: BTreeSet::new(),
        poll_seconds: 300,
    }
}

fn decimal(text: &str) -> waybill_domain::money::Decimal {
    text.parse().unwrap()
}

/// Two units of `A` with shipping, 29.75 EUR, paid.
pub fn order(reference: &str) -> ErpOrder {
    let address = Address {
        first_name: "Jane".into(),
        last_name: "Roe-Smith".into(),
        company: "Roe Ltd".into(),
        address_1: "12 Harbour Lane".into(),
        address_2: "Flat 3".into(),
        city: "Whitby".into(),
        state: "".into(),
        postcode: "YO21 3PU".into(),
        country: "GB".into(),
        email: "jane@roe.example".into(),
        phone: "+44 1947 600000".into(),
    };
    ErpOrder {
        reference: reference.to_owned(),
        store: "shop".parse().unwrap(),
        number: "1001".into(),
        placed_at: At(1_795_412_400_123),
        currency: Currency::new("EUR"),
        prices_include_tax: true,
        customer_id: Some(7),
        billing: address.clone(),
        shipping: address,
        lines: vec![ErpLine {
            line: 11,
            sku: "A".parse().unwrap(),
            name: "An A".into(),
            quantity: 2,
            net: decimal("20.00"),
            tax: decimal("3.80"),
            taxes: vec![TaxPart { rate_id: 1, total: decimal("3.80") }],
        }],
        shipping_charges: vec![ErpCharge {
            charge: 12,
            title: "Parcel".into(),
            net: decimal("5.00"),
            tax: decimal("0.95"),
            taxes: vec![TaxPart { rate_id: 1, total: decimal("0.95") }],
        }],
        fees: Vec::new(),
        discounts: vec![("WELCOME".into(), decimal("1.00"))],
        net: decimal("25.00"),
        tax: decimal("4.75"),
        total: decimal("29.75"),
        payment: Payment::Paid,
        payment_method: "stripe".into(),
        transaction_id: "pi_3Secret".into(),
        paid_at: Some(At(1_795_412_401_000)),
        backorder: false,
        note: "Ring twice".into(),
    }
}

/// One of the two units of [`order`], put back on the shelf, and half of the rest of its total: 17.85 EUR.
pub fn note(order: &str) -> CreditNote {
    CreditNote {
        reference: "shop-1-refund-5".into(),
        order: order.into(),
        amount: decimal("17.85"),
        currency: Currency::new("EUR"),
        lines: vec![CreditLine { line: 11, quantity: 1, restock: 1, net: decimal("10.00"), tax: decimal("1.90") }],
        charges: Vec::new(),
        other: decimal("5.95"),
    }
}

/// Whatever of the order or the access must not be in an error.
pub fn assert_says_nothing_personal(text: &str) {
    let lower = text.to_lowercase();
    for secret in [
        "jane",
        "roe",
        "harbour",
        "whitby",
        "yo21",
        "1947",
        "pi_3",
        "ring twice",
        "fake-erp-token",
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
                CallError::Busy { after_seconds, .. } => format!("busy {}", after_seconds.map_or("-".into(), |s| s.to_string())),
                CallError::Down { .. } => "down".to_owned(),
                CallError::Refused { code, .. } => code,
                CallError::Unknown { .. } => "unknown".to_owned(),
            }
        }
    }
}

/// An answer word for word, and nothing is done.
pub fn reply(status: u16, body: &str) -> Fault {
    Fault { delay_ms: 0, commit: Commit::No, then: Then::Reply { status, body: body.to_owned(), retry_after: None } }
}
