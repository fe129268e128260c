//! What stores, ERPs and warehouses answer. The fakes' own answers are recorded once per call, and played back with one of them changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use proptest::prelude::*;
use tokio::net::TcpListener;
use waybill_connectors::erp::rest::RestErp;
use waybill_connectors::woocommerce::{FixedKeys, WooCommerce};
use waybill_domain::money::Decimal;
use waybill_domain::refund::{CreditLine, RefundedLine};
use waybill_domain::store_order::TaxPart;
use waybill_domain::{At, CreditNote, Currency, ErpConfig, ErpOrder, NewRefund, Shipment, StoreConfig, begin};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::memory::samples;
use waybill_testkit::store::{FakeStore, FakeStoreConfig, OrderKind};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{
    ErpAmend, ErpAvailability, ErpCancel, ErpCredit, ErpDocuments, ErpOrders, ErpReturns, ErpShipments, ErpStockChanges,
};
use waybill_workflow::ports::{StoreDesk, StoreSecrets, Storefront};

use crate::budget::{assert_says_nothing, fuzz, runtime};
use crate::mutate::{Mutation, mutation};

/// Between a connector and a fake: records what the fake answers, or plays it back with a change.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Played>>);

#[derive(Default)]
struct Played {
    /// The fake's address; empty: play back.
    behind: String,
    answers: BTreeMap<String, Vec<(u16, Vec<u8>)>>,
    /// Answers played back since the call began.
    played: usize,
    /// What happens to which of them.
    change: Option<(usize, Mutation, Option<u16>)>,
}

impl Tape {
    async fn start(behind: &str) -> (Self, String) {
        let tape = Tape::default();
        tape.0.lock().expect("alone").behind = behind.to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(tape.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (tape, address)
    }

    fn play(&self, change: Option<(usize, Mutation, Option<u16>)>) {
        let mut played = self.0.lock().expect("alone");
        (played.behind, played.played, played.change) = (String::new(), 0, change);
    }
}

async fn answer(State(tape): State<Tape>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let place = format!("{} {}", parts.method, parts.uri);
    let behind = tape.0.lock().expect("alone").behind.clone();
    let (status, body) = if behind.is_empty() {
        tape.0.lock().expect("alone").next(&place)
    } else {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "content-type", "idempotency-key"] {
            if let Some(value) = parts.headers.get(name) {
                headers.insert(name, value.clone());
            }
        }
        let sent =
            reqwest::Client::new().request(parts.method, format!("{behind}{}", parts.uri)).headers(headers).body(body).send();
        let answer = sent.await.expect("the fake answers");
        let recorded = (answer.status().as_u16(), answer.bytes().await.expect("a body").to_vec());
        tape.0.lock().expect("alone").answers.entry(place).or_default().push(recorded.clone());
        recorded
    };
    let status = StatusCode::from_u16(status).expect("a status");
    Response::builder().status(status).header("content-type", "application/json").body(Body::from(body)).expect("a response")
}

impl Played {
    fn next(&mut self, place: &str) -> (u16, Vec<u8>) {
        let nothing = (404, br#"{"code":"not_recorded","message":""}"#.to_vec());
        let (mut status, mut body) = self.answers.get(place).and_then(|all| all.first()).cloned().unwrap_or(nothing);
        if let Some((at, mutation, other)) = &self.change
            && *at == self.played
        {
            body = mutation.apply(&body);
            status = other.unwrap_or(status);
        }
        self.played += 1;
        (status, body)
    }
}

/// An answer that is changed: which of a call's, how, and with which status.
fn changed() -> impl Strategy<Value = (usize, Mutation, Option<u16>)> {
    let status = prop::sample::select(vec![200_u16, 201, 204, 400, 401, 403, 404, 409, 422, 429, 500, 503]);
    (prop_oneof![4 => Just(0_usize), 1 => 0_usize..3], mutation(), prop::option::weighted(0.25, status))
}

/// What came of a call, as it is logged and kept.
fn outcome<T: std::fmt::Debug>(result: Result<T, CallError>) -> Option<CallError> {
    let error = result.err()?;
    assert_says_nothing(&format!("{error} {error:?}"));
    Some(error)
}

fn euro(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn shipment() -> Shipment {
    Shipment {
        id: "P-1".to_owned(),
        revision: 1,
        carrier: "DHL".to_owned(),
        tracking: "JD-1".to_owned(),
        tracking_url: "https://t.example/?n=1".to_owned(),
        shipped_at: At(1_795_424_400_123),
        lines: [(1, 1)].into(),
        void: false,
        told: 0,
    }
}

const STORE_CALLS: usize = 9;

/// A call of the store's connector.
async fn ask_store(
    store: &WooCommerce<FixedKeys>,
    config: &StoreConfig,
    order: u64,
    line: u64,
    call: usize,
) -> Option<CallError> {
    let refund = NewRefund {
        amount: euro("15.35"),
        lines: vec![RefundedLine {
            line,
            quantity: 1,
            net: euro("12.90"),
            taxes: vec![TaxPart { rate_id: 1, total: euro("2.45") }],
        }],
        restock: true,
        through_gateway: true,
        returned: "R-1".to_owned(),
    };
    match call {
        0 => outcome(store.fetch(config, order).await.map(|found| found.map(|(order, _)| order.id))),
        1 => outcome(store.modified_since(config, At(1_700_000_000_000)).await),
        2 => outcome(store.create_refund(config, order, &refund).await),
        3 => outcome(store.refunds(config, order).await.map(|refunds| refunds.map(|refunds| refunds.len()))),
        4 => outcome(store.add_note(config, order, "A note", true).await),
        5 => outcome(store.notes(config, order).await.map(|notes| notes.len())),
        6 => outcome(store.put_fulfillment(config, order, None, &shipment()).await),
        7 => outcome(store.fulfillments(config, order).await),
        _ => outcome(store.show_shipments(config, order, &[shipment()], true).await.map(|(order, _)| order.id)),
    }
}

#[test]
fn the_answers_of_a_store() {
    let runtime = runtime();
    let (store, tape, connector, config, order, line) = runtime.block_on(async {
        let settings = FakeStoreConfig { fulfillments: true, ..FakeStoreConfig::default() };
        let (consumer_key, consumer_secret) = (settings.consumer_key.clone(), settings.consumer_secret.clone());
        let store = FakeStore::start(settings).await.expect("a store");
        let order = store.place(OrderKind::Plain);
        let line = store.order(order).expect("placed").lines[0].id;
        let (tape, url) = Tape::start(store.url()).await;
        let keys = StoreSecrets { webhook_secrets: Vec::new(), consumer_key, consumer_secret };
        let connector = WooCommerce::new(FixedKeys(keys));
        let config = StoreConfig { base_url: url, ..samples::store() };
        for call in 0..STORE_CALLS {
            let failed = ask_store(&connector, &config, order, line, call).await;
            assert_eq!(failed, None, "call {call}, unchanged");
        }
        (store, tape, connector, config, order, line)
    });
    fuzz(&(0..STORE_CALLS, changed()), |(call, change)| {
        tape.play(Some(change.clone()));
        let failed = runtime.block_on(ask_store(&connector, &config, order, line, call));
        // A write that may have been done is never said to be surely not done.
        let writes = [2, 4].contains(&call);
        let done = change.0 == 0 && change.2.is_none();
        assert!(!(writes && done && matches!(failed, Some(CallError::Busy { .. } | CallError::Down { .. }))), "{failed:?}");
    });
    drop(store);
}

const ERP_CALLS: usize = 11;

fn erp_order() -> ErpOrder {
    let mut order = samples::order(1, &[("SKU-A", 1)]);
    for address in [&mut order.billing, &mut order.shipping] {
        (address.first_name, address.last_name) = ("Erika".to_owned(), "Mustermann".to_owned());
    }
    let record = begin("shop/1".parse().expect("a key"), order.modified);
    waybill_domain::erp_order::erp_order(&record, &order, &samples::store()).expect("an order of the ERP")
}

/// A call of the ERP's connector.
async fn ask_erp(erp: &RestErp, id: &str, call: usize) -> Option<CallError> {
    let order = erp_order();
    let note = CreditNote {
        reference: "shop-1-refund-5".to_owned(),
        order: id.to_owned(),
        amount: euro("11.90"),
        currency: Currency::new("EUR"),
        lines: vec![CreditLine { line: 1, quantity: 1, restock: 1, net: euro("10.00"), tax: euro("1.90") }],
        charges: Vec::new(),
        other: euro("0"),
    };
    match call {
        0 => outcome(erp.create(&order).await),
        1 => outcome(erp.find("shop-1").await),
        2 => outcome(erp.amend(id, &order).await),
        3 => outcome(erp.credit(&note).await),
        4 => outcome(erp.find_credit("shop-1-refund-5").await),
        5 => outcome(erp.availability(&["SKU-A".parse().expect("a sku")]).await),
        6 => outcome(erp.shipments_since(At(0), None).await),
        7 => outcome(erp.stock_changes_since(At(0), None).await),
        8 => outcome(erp.documents_of("2026-01-01", None).await),
        9 => outcome(erp.returns_since(At(0), None).await),
        _ => outcome(erp.cancel(id).await),
    }
}

#[test]
fn the_answers_of_an_erp() {
    let runtime = runtime();
    let (fake, tape, erp, id) = runtime.block_on(async {
        let stock = [("SKU-A".to_owned(), 10)].into();
        let fake = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.expect("an ERP");
        let (tape, url) = Tape::start(&fake.base_url()).await;
        let erp = RestErp::new(&ErpConfig { base_url: url, timeout_seconds: 5, ..samples::erp() }, &fake.token())
            .expect("a connection");
        assert_eq!(outcome(erp.create(&erp_order()).await), None);
        let id = erp.find("shop-1").await.expect("found").pop().expect("one").id;
        for call in 1..ERP_CALLS - 1 {
            let failed = ask_erp(&erp, &id, call).await;
            assert_eq!(failed, None, "call {call}, unchanged");
        }
        let _held_by_its_credit_note = ask_erp(&erp, &id, ERP_CALLS - 1).await;
        (fake, tape, erp, id)
    });
    fuzz(&(0..ERP_CALLS, changed()), |(call, change)| {
        tape.play(Some(change.clone()));
        let failed = runtime.block_on(ask_erp(&erp, &id, call));
        let writes = [0, 2, 3].contains(&call);
        let done = change.0 == 0 && change.2.is_none();
        assert!(
            !(writes && done) || matches!(failed, None | Some(CallError::Unknown { .. } | CallError::Refused { .. })),
            "{failed:?}"
        );
        if call == 0 && done {
            assert!(matches!(failed, None | Some(CallError::Unknown { .. })), "a 201 is no refusal: {failed:?}");
        }
    });
    drop(fake);
}
