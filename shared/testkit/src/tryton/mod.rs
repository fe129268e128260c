//! A real Tryton on this machine, started by `infra/erp/tryton/tryton.py`, and what its people do in it.

mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::money::Decimal;
use waybill_domain::{ErpConfig, ErpConnector, ErpRecords, Sku};

pub use people::People;

/// The taxes of the seed, in per cent, by the rate of the store that they stand for: those of the fake store, and two round ones.
pub const RATES: [(u64, u64); 4] = [(1, 19), (2, 7), (3, 20), (4, 10)];

/// What the server says of itself.
#[derive(Debug, Deserialize)]
struct Facts {
    base_url: String,
    token: String,
    company: u64,
    warehouse: u64,
    shop: u64,
    payment_journal: u64,
    payment_journals: BTreeMap<String, u64>,
    taxes: BTreeMap<String, u64>,
    carriers: BTreeMap<String, u64>,
    guest_customer: u64,
}

/// A running Tryton with its own PostgreSQL. Both end, and their data is gone, when it is dropped or this process ends.
pub struct Tryton {
    process: Child,
    talk: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    facts: Facts,
    clones: AtomicU32,
}

impl Tryton {
    /// Starts one; `project` is the root of the checkout. The first on a machine takes two minutes, because it installs and seeds.
    ///
    /// # Errors
    /// One sentence; what is missing was said on standard error.
    pub fn start(project: &Path) -> Result<Self, String> {
        let started = Command::new("python3")
            .arg(project.join("infra/erp/tryton/tryton.py"))
            .arg("serve")
            .arg(project.join(".waybill/erp/tryton"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = started.map_err(|error| format!("Tryton needs python3: {error}"))?;
        let (Some(stdin), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("Tryton's launcher has no standard input and output".to_owned());
        };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let read = stdout.read_line(&mut line).map_err(|error| error.to_string());
        let facts = read.and_then(|_| serde_json::from_str(&line).map_err(|_| "Tryton did not start; above is why".to_owned()));
        let talk = Mutex::new(Some((stdin, stdout)));
        match facts {
            Ok(facts) => Ok(Self { process, talk, facts, clones: AtomicU32::new(0) }),
            Err(problem) => {
                drop(talk);
                let _ = process.wait();
                Err(problem)
            }
        }
    }

    /// A database of its own, as the seed left it. Its name.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn database(&self) -> Result<String, String> {
        let name = format!("database_{}", self.clones.fetch_add(1, Ordering::Relaxed));
        self.tell(&json!({ "clone": name }))?;
        Ok(name)
    }

    /// Takes PostgreSQL away from under Tryton.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn stop_database(&self) -> Result<(), String> {
        self.tell(&json!({ "stop_database": true }))
    }

    /// Brings it back.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn start_database(&self) -> Result<(), String> {
        self.tell(&json!({ "start_database": true }))
    }

    fn tell(&self, command: &Value) -> Result<(), String> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((stdin, stdout)) = talk.as_mut() else { return Err("Tryton has ended".to_owned()) };
        let mut line = String::new();
        let exchanged = writeln!(stdin, "{command}").and_then(|()| stdin.flush()).and_then(|()| stdout.read_line(&mut line));
        exchanged.map_err(|error| format!("Tryton has ended: {error}"))?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| "Tryton has ended".to_owned())?;
        if answer["ok"] == true { Ok(()) } else { Err(answer["error"].to_string()) }
    }

    /// Its address.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.facts.base_url
    }

    /// The same for a proxy.
    ///
    /// # Panics
    /// Never: the launcher gave it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.facts.base_url.trim_start_matches("http://").parse().expect("an address")
    }

    /// The key of an application that may use its REST.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.facts.token
    }

    /// How Waybill knows it, one of its databases, and no other address.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn config(&self, database: &str) -> ErpConfig {
        ErpConfig {
            slug: "tryton".parse().expect("a slug"),
            version: 1,
            connector: ErpConnector::Tryton,
            base_url: self.facts.base_url.clone(),
            database: Some(database.to_owned()),
            user: None,
            ca_pem: None,
            slots: 2,
            timeout_seconds: 20,
            settle_seconds: 30,
            orders_per_minute: 60,
            polls: BTreeSet::new(),
            poll_seconds: 300,
        }
    }

    /// What a store's mapping says: every rate of [`RATES`], a payment journal of its own for bank transfers, a carrier by each title.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn records(&self) -> ErpRecords {
        let sku = |text: &str| -> Sku { text.parse().expect("a SKU") };
        let facts = &self.facts;
        let tax = |(rate, percent): (u64, u64)| facts.taxes.get(&percent.to_string()).map(|tax| (rate, *tax));
        ErpRecords {
            company: facts.company,
            warehouse: facts.warehouse,
            shop: Some(facts.shop),
            sales_journal: None,
            payment_journal: facts.payment_journal,
            payment_journals: facts.payment_journals.clone(),
            taxes: RATES.into_iter().filter_map(tax).collect(),
            carrier: facts.carriers.get("Standard").copied(),
            carriers: facts.carriers.clone(),
            guest_customer: Some(facts.guest_customer),
            shipping_article: sku("WOO-SHIPPING"),
            fee_article: sku("WOO-FEE"),
            refund_article: sku("WOO-REFUND"),
            rounding_article: sku("WOO-ROUNDING"),
            rounding_limit: Decimal::new(2, 2),
        }
    }

    /// Those who work with one of its databases.
    #[must_use]
    pub fn people(&self, database: &str) -> People {
        People::new(&self.facts.base_url, database, &self.facts.token, self.facts.company, self.facts.warehouse)
    }
}

impl Drop for Tryton {
    fn drop(&mut self) {
        // Its standard input closes, and it ends by itself.
        self.talk.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = self.process.wait();
    }
}
