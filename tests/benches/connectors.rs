//! What an order costs at an ERP: calls, connections, and the time that 100 ms of network take, by how many calls may be out at once. Behind the
//! network are the fakes, which answer at once, so that what is measured is the connectors; and a real Tryton, whose own work comes on top.

#![allow(clippy::disallowed_methods, reason = "a bench is about time")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use waybill_connectors::erp::odoo::OdooErp;
use waybill_connectors::erp::rest::RestErp;
use waybill_connectors::erp::tryton::TrytonErp;
use waybill_domain::money::Decimal;
use waybill_domain::{Currency, ErpConfig, ErpOrder, ErpRecords};
use waybill_testkit::contract::erp::{Facts, Wanted};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::memory::samples;
use waybill_testkit::odoo::{FakeOdoo, FakeOdooConfig};
use waybill_testkit::proxy::Proxy;
use waybill_testkit::tryton::Tryton;
use waybill_workflow::ports::erp::ErpOrders;

/// One way, there and back.
const LATENCY: Duration = Duration::from_millis(100);
/// Orders of each run.
const ORDERS: u64 = 20;
/// Calls that may be out at once: `slots` of an ERP's configuration.
const SLOTS: [usize; 3] = [1, 2, 4];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    println!("{ORDERS} orders of two lines, {} ms per call\n", LATENCY.as_millis());
    println!("ERP       SLOTS  CALLS PER ORDER  CONNECTIONS  S PER ORDER  IDEAL  RATIO");
    rest().await;
    odoo(18).await;
    odoo(19).await;
    tryton().await;
}

async fn rest() {
    let stock = [("A".to_owned(), 1_000), ("B".to_owned(), 1_000)].into();
    let fake = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.expect("an ERP");
    let address = fake.base_url().trim_start_matches("http://").parse().expect("an address");
    let proxy = Proxy::before(address).await.expect("a proxy");
    let erp = RestErp::new(&config(&proxy), &fake.token()).expect("a connection");
    run("rest", &proxy, &erp, &facts()).await;
}

async fn odoo(version: u64) {
    let stock = [("A".to_owned(), 1_000), ("B".to_owned(), 1_000)].into();
    let taxes = vec![(Decimal::from(20), false), (Decimal::from(10), false)];
    let fake = FakeOdoo::start(FakeOdooConfig { stock, taxes, ..FakeOdooConfig::new(version) }).await.expect("an ERP");
    let address = fake.base_url().trim_start_matches("http://").parse().expect("an address");
    let proxy = Proxy::before(address).await.expect("a proxy");
    let config = ErpConfig { database: Some("shop".to_owned()), user: Some("waybill".to_owned()), ..config(&proxy) };
    let sku = |text: &str| text.parse().expect("a SKU");
    let records = ErpRecords {
        company: 1,
        warehouse: 1,
        shop: None,
        sales_journal: Some(1),
        payment_journal: 2,
        payment_journals: BTreeMap::new(),
        taxes: [(1, 1), (2, 2)].into(),
        carrier: None,
        carriers: BTreeMap::new(),
        guest_customer: None,
        shipping_article: sku("SHIPPING"),
        fee_article: sku("FEE"),
        refund_article: sku("REFUND"),
        rounding_article: sku("ROUNDING"),
        rounding_limit: Decimal::new(2, 2),
    };
    let erp = OdooErp::new(&config, "fake-odoo-key").and_then(|erp| erp.of_store(Some(&records))).expect("a connection");
    run(&format!("odoo {version}"), &proxy, &erp, &facts()).await;
}

async fn tryton() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a project");
    let tryton = Tryton::start(project).expect("a Tryton");
    let database = tryton.database().expect("a database");
    let proxy = Proxy::before(tryton.address()).await.expect("a proxy");
    let config = ErpConfig { base_url: proxy.base_url(), ..tryton.config(&database) };
    let erp = TrytonErp::new(&config, tryton.token()).and_then(|erp| erp.of_store(Some(&tryton.records())));
    let sku = |text: &str| text.parse().expect("a SKU");
    // Rates of the seed: 3 is 20 %, 4 is 10 %.
    let facts = Facts { country: "GB", plenty: sku("SKU-A"), second: sku("SKU-B"), twenty: 3, ten: 4, ..facts() };
    run("tryton", &proxy, &erp.expect("a connection"), &facts).await;
}

fn config(proxy: &Proxy) -> ErpConfig {
    ErpConfig { base_url: proxy.base_url(), ..samples::erp() }
}

fn facts() -> Facts {
    Facts {
        currency: Currency::new("EUR"),
        country: "DE",
        plenty: "A".parse().expect("a SKU"),
        second: "B".parse().expect("a SKU"),
        twenty: 1,
        ten: 2,
        computes: true,
        amends: false,
        returns: false,
    }
}

/// Posts the orders once for each number of slots.
async fn run(name: &str, proxy: &Proxy, erp: &impl ErpOrders, facts: &Facts) {
    // What a new connection learns first is not an order's.
    erp.create(&order(facts, 0)).await.expect("posted");
    proxy.latency(LATENCY);
    let mut calls = Vec::new();
    for (round, slots) in (1..).zip(SLOTS) {
        proxy.take_requests();
        let (opened, begun) = (proxy.connections(), Instant::now());
        let posts =
            (0..ORDERS).map(|number| async move { erp.create(&order(facts, round * 1_000 + number)).await.expect("posted") });
        stream::iter(posts).buffer_unordered(slots).for_each(|_| async {}).await;
        let seconds = begun.elapsed().as_secs_f64() / ORDERS as f64;
        calls = proxy.take_requests();
        let per_order = calls.len() as f64 / ORDERS as f64;
        let ideal = per_order * LATENCY.as_secs_f64() / slots as f64;
        let connections = proxy.connections() - opened;
        println!("{name:9} {slots:5}  {per_order:15.1}  {connections:11}  {seconds:11.3}  {ideal:5.3}  {:5.2}", seconds / ideal);
    }
    proxy.latency(Duration::ZERO);
    let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
    calls.into_iter().for_each(|call| *by_name.entry(call).or_default() += 1);
    for (call, times) in by_name {
        println!("          {:4.1}  {call}", times as f64 / ORDERS as f64);
    }
}

/// An order of a customer who has bought before.
fn order(facts: &Facts, number: u64) -> ErpOrder {
    Wanted::new(facts, &format!("shop-{}", number + 1))
        .line(&facts.plenty, 2, 3_600, &[(facts.twenty, 720)])
        .line(&facts.second, 1, 950, &[(facts.ten, 95)])
        .shipping(500, &[(facts.twenty, 100)])
        .done()
}
