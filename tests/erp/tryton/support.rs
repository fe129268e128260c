//! A database of a real Tryton, a way to it that can break, and people who work with it.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use waybill_connectors::erp::AnyErp;
use waybill_domain::{Currency, ErpConfig, ErpOrder, ErpRecords, Sku};
use waybill_testkit::contract::erp::{Facts, Wanted};
use waybill_testkit::proxy::Proxy;
use waybill_testkit::tryton::{People, Tryton};

use crate::books::{Books, one};

/// One Tryton is one Python, which uses one core.
const SERVERS: usize = 2;

/// Starts a Tryton. Whoever must break its PostgreSQL has one of their own.
pub fn start() -> Tryton {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Tryton::start(project).unwrap()
}

/// One of those that the tests of this program share. They end with it.
fn shared() -> &'static Tryton {
    static RUNNING: [OnceLock<Tryton>; SERVERS] = [const { OnceLock::new() }; SERVERS];
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    RUNNING[NEXT.fetch_add(1, Ordering::Relaxed) % SERVERS].get_or_init(start)
}

/// A database.
pub struct Live {
    pub proxy: Proxy,
    pub people: People,
    config: ErpConfig,
    records: ErpRecords,
    token: String,
}

impl Live {
    pub async fn new() -> Self {
        Self::of(shared()).await
    }

    pub async fn of(tryton: &Tryton) -> Self {
        let database = tryton.database().unwrap();
        let proxy = Proxy::before(tryton.address()).await.unwrap();
        let config = ErpConfig { base_url: proxy.base_url(), ..tryton.config(&database) };
        let people = tryton.people(&database);
        // Tryton loads its modules for each database with its first request, and answers 500 to another one meanwhile.
        people.find("company.company", &json!([]), &["currency"]).await;
        Self { proxy, people, config, records: tryton.records(), token: tryton.token().to_owned() }
    }

    /// A connection that knows nothing yet, as another invocation has.
    pub fn connect(&self) -> AnyErp {
        self.connect_with(|_| ())
    }

    pub fn connect_with(&self, change: impl FnOnce(&mut ErpConfig)) -> AnyErp {
        let mut config = self.config.clone();
        change(&mut config);
        AnyErp::new(&config, &self.token).unwrap().of_store(Some(&self.records)).unwrap()
    }

    /// A connection of no store, for whoever writes a mapping.
    pub fn directory(&self) -> AnyErp {
        self.directory_as(None, None)
    }

    pub fn directory_as(&self, database: Option<&str>, token: Option<&str>) -> AnyErp {
        let database = database.map(str::to_owned).or_else(|| self.config.database.clone());
        AnyErp::new(&ErpConfig { database, ..self.config.clone() }, token.unwrap_or(&self.token)).unwrap()
    }

    pub fn records(&self) -> &ErpRecords {
        &self.records
    }

    /// What was asked since the last time, without the address.
    pub fn calls(&self) -> Vec<String> {
        let prefix = format!("/{}/rest/model/", self.config.database.as_deref().unwrap());
        self.proxy.take_requests().into_iter().map(|call| call.replace(&prefix, "")).collect()
    }
}

pub fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

pub fn facts() -> Facts {
    Facts {
        currency: Currency::new("EUR"),
        country: "GB",
        plenty: sku("SKU-A"),
        second: sku("SKU-B"),
        twenty: 3,
        ten: 4,
        computes: true,
        amends: false,
        returns: true,
    }
}

/// The suite's usual order, of a customer of its own: 49.20.
pub fn order(reference: &str, customer: u64) -> ErpOrder {
    let mut order = Wanted::usual(&facts(), reference);
    order.customer_id = Some(customer);
    order
}

/// What Tryton has of it once it is posted.
pub fn paid() -> Books {
    Books {
        sales: one("processing", 4_920),
        invoices: one("paid", 4_920),
        payments: one("posted", 4_920),
        shipments: vec!["assigned".to_owned()],
        returns: Vec::new(),
    }
}
