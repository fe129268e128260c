//! After the sale, where the other side does its work and never answers, or is not there at first.

use std::time::{Duration, Instant};

use serde_json::json;
use waybill_cli::stores::{self, NewSecrets, NewStore};
use waybill_cli::warehouses::{self, NewWarehouse};
use waybill_domain::facets::WaitOn;
use waybill_domain::{Endpoint, Order, RefundState, Stage};
use waybill_testkit::erp::{Fault, Op};
use waybill_testkit::store::{FakeStore, MailAbout, OrderKind, RestFault};
use waybill_testkit::warehouse::{FakeWarehouse, FakeWarehouseConfig, WarehouseClient};
use waybill_workflow::ports::{Client, Scope};

use crate::outages::shop;
use crate::system::Connected;

const SECRET: &str = "way-back-secret";

/// A client of the same name as the store it is for.
async fn client(system: &Connected, name: &str) -> WarehouseClient {
    let client = Client {
        secrets: vec![SECRET.to_owned()],
        scopes: vec![Scope::Shipments, Scope::Returns, Scope::Fulfilments],
        stores: vec![name.parse().expect("a slug")],
    };
    system.deployment.secrets.put_client(&name.parse().expect("a slug"), &client).await.expect("the client is added");
    WarehouseClient::new(&system.endpoints.api_url, name, SECRET)
}

/// Two mugs, posted; with the order's id, its key, and the id of its line.
pub async fn posted(system: &Connected, store: &FakeStore, name: &str) -> (u64, String, u64) {
    let id = store.place(OrderKind::Plain);
    let key = format!("{name}/{id}");
    system.until(&key, "posted", |order| order.stage == Stage::Posted).await;
    let line = store.order(id).expect("placed").lines.first().expect("a line").id;
    (id, key, line)
}

fn names(order: &Order) -> Vec<&'static str> {
    order.events.iter().map(|event| event.kind.name()).collect()
}

pub fn is_credited(order: &Order) -> bool {
    !order.refunds.is_empty() && order.refunds.iter().all(|refund| refund.state == RefundState::Credited)
}

pub async fn a_credit_note_without_an_answer_is_made_once(system: &Connected) {
    let (store, erp) = shop(system, "echo").await;
    // Its references are not unique, as in some real ERPs: whoever credits twice has two credit notes.
    erp.knobs(|knobs| knobs.unique_credit_references = false);
    let (id, key, line) = posted(system, &store, "echo").await;
    let free = erp.free("MUG-BLUE").expect("it is sold");
    erp.next(Op::CreateCreditNote, 1, Fault::timeout_after_commit());
    let refund = store.refund_lines(id, &[(line, 1)], true).expect("refunded");
    let order = system.until(&key, "a credit note", is_credited).await;
    assert!(names(&order).contains(&"order.call-unknown"), "{:?}", names(&order));
    let notes = erp.credit_notes_of(&format!("echo-{id}"));
    let [note] = notes.as_slice() else { panic!("one credit note, not {notes:?}") };
    assert_eq!(
        (note.new.reference.as_str(), note.new.total.0.to_string()),
        (&*format!("echo-{id}-refund-{refund}"), "15.35".to_owned())
    );
    assert_eq!(erp.free("MUG-BLUE"), Some(free + 1), "as the store said, it is on the shelf again: once");
}

/// A parcel leaves, a piece of it comes back, and the store makes the refund and cuts the connection. What PHP does after that takes it
/// 90 seconds at most, so this takes as long.
pub async fn a_store_refund_without_an_answer_is_made_once(system: &Connected) {
    let (store, erp) = shop(system, "mute").await;
    let munich = client(system, "mute").await;
    let (id, key, line) = posted(system, &store, "mute").await;
    let parcel = json!({"id": "P-1", "order": id, "carrier": "DHL", "tracking_number": "00340434161094000001",
        "shipped_at": "2026-11-23T09:00:00Z", "lines": [{"line": line, "quantity": 2}]});
    let answer = munich.report_shipment("mute", &parcel).await.expect("an answer");
    assert_eq!((answer.status, &answer.body["outcome"]), (200, &json!("new")), "{}", answer.body);
    system.until(&key, "completed", |order| order.stage == Stage::Completed && order.call.is_none()).await;
    assert_eq!(store.order(id).expect("placed").status, "completed");

    store.turn(|knobs| {
        knobs.rest_fault = Some(RestFault::CutAfterWork);
        (knobs.rest_fault_times, knobs.rest_fault_spares_reads) = (Some(1), true);
    });
    let comes = json!({"line": line, "quantity": 1});
    let accepted = json!({"line": line, "quantity": 1, "accepted": 1, "restock": 1});
    for (state, line) in [("announced", &comes), ("received", &comes), ("inspected", &accepted)] {
        let returned = json!({"id": "R-1", "order": id, "state": state, "lines": [line]});
        let answer = munich.report_return("mute", &returned).await.expect("an answer");
        assert_eq!(answer.status, 200, "{state}: {}", answer.body);
    }
    system.until(&key, "an unknown outcome", |order| order.call.as_ref().is_some_and(|call| call.unknown)).await;
    let order = system.until(&key, "a credit note", is_credited).await;
    let refunds = store.order(id).expect("placed").refunds;
    let [refund] = refunds.as_slice() else { panic!("one refund, not {refunds:?}") };
    assert_eq!(order.returns.first().and_then(|one| one.refund), Some(refund.id), "it was looked for, not made again");
    let note = "Your order is on its way: shipment P-1 with DHL, tracking number 00340434161094000001".to_owned();
    let mails: Vec<MailAbout> = store.mails(id).into_iter().map(|mail| mail.about).collect();
    assert_eq!(mails, [MailAbout::Note(note), MailAbout::Completed, MailAbout::Refunded]);
    assert_eq!(erp.credited(&format!("mute-{id}")).to_string(), "15.35");
    let order = system.at_rest(&key).await;
    assert_eq!((order.hold, order.waiting), (None, None));
}

pub async fn a_warehouse_that_is_down_is_pushed_to_when_it_is_back(system: &Connected) {
    let (store, _erp) = shop(system, "pushed").await;
    client(system, "pushed").await;
    let config = FakeWarehouseConfig { slug: "pushed".to_owned(), secrets: vec![SECRET.to_owned()], ..Default::default() };
    let mut warehouse = FakeWarehouse::start(config).await.expect("a warehouse");
    let slug = "pushed".parse().expect("a slug");
    let new = NewWarehouse { url: Some(warehouse.url()), timeout_seconds: Some(2), ..NewWarehouse::default() };
    warehouses::add(&system.deployment, &slug, &new).await.expect("the warehouse is added");
    let new = NewStore { warehouse: Some(Some(slug)), ..NewStore::default() };
    let name = "pushed".parse().expect("a slug");
    stores::add(&system.deployment, &name, &new, &NewSecrets::default()).await.expect("the store has a warehouse");

    warehouse.go_down();
    let (id, key, line) = posted(system, &store, "pushed").await;
    let waits =
        |order: &Order| matches!(&order.waiting, Some(waiting) if matches!(waiting.on, WaitOn::Endpoint(Endpoint::Warehouse(_))));
    system.until(&key, "wait for the warehouse", waits).await;
    warehouse.come_back().await.expect("its port");
    let begun = Instant::now();
    while warehouse.counts().taken == 0 {
        assert!(begun.elapsed() < Duration::from_secs(120), "it was not pushed to after its outage");
        system.invoke("sweep").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let pushed = warehouse.fulfilment(&format!("pushed-{id}")).expect("pushed");
    let lines: Vec<_> = pushed.lines.iter().map(|line| (line.line, line.sku.as_str(), line.quantity)).collect();
    assert_eq!((pushed.revision, lines), (1, vec![(line, "MUG-BLUE", 2)]));

    // Nothing left yet, so it can all be called back.
    store.cancel(id);
    system.until(&key, "withdrawn", |order| order.fulfilment.push.as_ref().is_some_and(|push| push.told == 2)).await;
    let pushed = warehouse.fulfilment(&format!("pushed-{id}")).expect("pushed");
    assert_eq!((pushed.revision, pushed.cancelled, pushed.lines), (2, true, Vec::new()));
    let counts = warehouse.counts();
    assert_eq!((counts.taken, counts.unsigned, counts.malformed), (2, 0, 0));
}
