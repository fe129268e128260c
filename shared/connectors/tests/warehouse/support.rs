//! A fake warehouse, a connection to it, and a fulfilment with an address that must not leave.

use std::sync::{Arc, Mutex};

use waybill_connectors::warehouse::PushedWarehouses;
use waybill_domain::shipment::FulfilmentLine;
use waybill_domain::store_order::Address;
use waybill_domain::{ClientSlug, FulfilmentOrder, WarehouseConfig};
use waybill_testkit::warehouse::{FakeWarehouse, FakeWarehouseConfig};
use waybill_workflow::ports::{Client, Clients};
use waybill_workflow::{CallError, Unavailable};

/// The secrets of the client `berlin`; `None`: Secrets Manager is away.
#[derive(Clone)]
pub struct Secrets(Arc<Mutex<Option<Vec<String>>>>);

impl Secrets {
    pub fn of(secrets: &[&str]) -> Self {
        Self(Arc::new(Mutex::new(Some(secrets.iter().map(|&secret| secret.to_owned()).collect()))))
    }

    pub fn set(&self, secrets: Option<&[&str]>) {
        *self.0.lock().unwrap() = secrets.map(|secrets| secrets.iter().map(|&secret| secret.to_owned()).collect());
    }
}

impl Clients for Secrets {
    async fn client(&self, slug: &ClientSlug, _: bool) -> Result<Option<Client>, Unavailable> {
        let secrets = self.0.lock().unwrap().clone().ok_or_else(|| Unavailable::new("secrets", "no connection"))?;
        Ok((slug.as_str() == "berlin").then(|| Client { secrets, ..Client::default() }))
    }
}

/// A warehouse that accepts the secret, which the connection signs with; the connection waits one second for answers.
pub async fn setup() -> (FakeWarehouse, PushedWarehouses<Secrets>, WarehouseConfig) {
    let fake = FakeWarehouse::start(FakeWarehouseConfig::default()).await.unwrap();
    let config = config(&fake.url());
    (fake, PushedWarehouses::new(Secrets::of(&["fake-warehouse-secret", "old"])), config)
}

pub fn config(url: &str) -> WarehouseConfig {
    WarehouseConfig {
        slug: "berlin".parse().unwrap(),
        version: 1,
        url: url.to_owned(),
        ca_pem: None,
        timeout_seconds: 1,
        orders_per_minute: 60,
    }
}

/// Two pieces of `A` and one of `B`.
pub fn fulfilment(revision: u32) -> FulfilmentOrder {
    let line = |line, sku: &str, quantity| FulfilmentLine { line, sku: sku.into(), name: format!("An {sku}"), quantity };
    FulfilmentOrder {
        id: "brand-b-1042".into(),
        order: "brand-b/1042".parse().unwrap(),
        number: "B-2026/77".into(),
        revision,
        lines: vec![line(11, "A", 2), line(12, "B", 1)],
        address: Some(Address {
            first_name: "Jane".into(),
            last_name: "Roe-Smith".into(),
            company: "Roe Ltd".into(),
            address_1: "12 Harbour Lane".into(),
            address_2: "Flat 3".into(),
            city: "Whitby".into(),
            state: String::new(),
            postcode: "YO21 3PU".into(),
            country: "GB".into(),
            email: "jane@roe.example".into(),
            phone: "+44 1947 600000".into(),
        }),
    }
}

pub fn assert_says_nothing_personal(text: &str) {
    let lower = text.to_lowercase();
    for secret in ["jane", "roe", "harbour", "whitby", "yo21", "1947", "secret-", "127.0.0.1", "<", "list"] {
        assert!(!lower.contains(secret), "{secret:?} in {text:?}");
    }
}

/// How a push ended, in a word or two.
pub fn kind(result: Result<(), CallError>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            assert_says_nothing_personal(&format!("{error} {error:?}"));
            match error {
                CallError::Busy { after_seconds, .. } => format!("busy {}", after_seconds.map_or("-".into(), |s| s.to_string())),
                CallError::Down { .. } => "down".to_owned(),
                CallError::Refused { code, .. } => code,
                CallError::Unknown { .. } => "unknown".to_owned(),
            }
        }
    }
}
