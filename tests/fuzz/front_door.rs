//! Intake with the real connector, and both kinds of signature.

use proptest::prelude::*;
use waybill_connectors::client_signature;
use waybill_connectors::woocommerce::{FixedKeys, WooCommerce};
use waybill_domain::{At, ContentHash, Order, OrderKey, Reading, StoreConfig, StoreOrder, StoreSlug};
use waybill_testkit::memory::{World, samples};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, OrderKind, sign};
use waybill_workflow::ports::{
    CommitError, Delivery, Orders, Runtime, Snapshots, Spool, Spooled, StoreSecrets, Storefront, WebhookSecrets,
};
use waybill_workflow::steps::intake::{self, Received};
use waybill_workflow::{CallError, Unavailable};

use crate::budget::{fuzz, runtime};
use crate::mutate::mutation;

/// The deployment in memory, behind the real connector.
struct Door {
    world: World,
    store: WooCommerce<FixedKeys>,
}

impl Orders for Door {
    async fn load(&self, key: &OrderKey) -> Result<Option<Order>, Unavailable> {
        self.world.load(key).await
    }
    async fn commit(&self, before: Option<&Order>, after: &Order) -> Result<(), CommitError> {
        self.world.commit(before, after).await
    }
}

impl Snapshots for Door {
    async fn put(&self, key: &OrderKey, hash: &ContentHash, body: &[u8]) -> Result<(), Unavailable> {
        self.world.put(key, hash, body).await
    }
    async fn get(&self, key: &OrderKey, hash: &ContentHash) -> Result<Option<Vec<u8>>, Unavailable> {
        self.world.get(key, hash).await
    }
}

impl WebhookSecrets for Door {
    async fn webhook_secrets(&self, store: &StoreSlug, fresh: bool) -> Result<Option<Vec<String>>, Unavailable> {
        self.world.webhook_secrets(store, fresh).await
    }
}

impl Spool for Door {
    async fn spool(&self, spooled: &Spooled) -> Result<(), Unavailable> {
        self.world.spool(spooled).await
    }
}

impl Runtime for Door {
    fn now(&self) -> At {
        self.world.now()
    }
    fn release(&self) -> &str {
        self.world.release()
    }
    async fn pause(&self, milliseconds: u32) {
        self.world.pause(milliseconds).await;
    }
}

impl Storefront for Door {
    fn verify(&self, secrets: &[String], body: &[u8], signature: &str) -> bool {
        self.store.verify(secrets, body, signature)
    }
    fn is_ping(&self, delivery: &Delivery) -> bool {
        self.store.is_ping(delivery)
    }
    fn read(&self, delivery: &Delivery) -> Reading {
        self.store.read(delivery)
    }
    fn parse(&self, body: &[u8]) -> Result<StoreOrder, String> {
        self.store.parse(body)
    }
    async fn fetch(&self, store: &StoreConfig, order: u64) -> Result<Option<(StoreOrder, Vec<u8>)>, CallError> {
        self.store.fetch(store, order).await
    }
    async fn modified_since(&self, store: &StoreConfig, since: At) -> Result<Vec<(u64, At)>, CallError> {
        self.store.modified_since(store, since).await
    }
}

/// The bodies of a store's orders, of all kinds.
fn bodies() -> Vec<Vec<u8>> {
    runtime().block_on(async {
        let store = FakeStore::start(FakeStoreConfig::default()).await.expect("a store");
        let kinds = [OrderKind::Plain, OrderKind::Coupon, OrderKind::FeeTwoRates, OrderKind::TaxInclusive, OrderKind::Unpaid];
        kinds.into_iter().map(|kind| store.order_json(store.place(kind)).expect("an order")).collect()
    })
}

fn door() -> Door {
    Door { world: World::with_shop(), store: WooCommerce::new(FixedKeys(StoreSecrets::default())) }
}

fn topic() -> impl Strategy<Value = Option<String>> {
    let known = ["order.created", "order.updated", "order.deleted", "product.updated", "action.woocommerce_order_refunded"];
    prop_oneof![
        4 => prop::sample::select(known.to_vec()).prop_map(|topic| Some(topic.to_owned())),
        1 => any::<Option<String>>(),
    ]
}

/// Signed bodies, twice each, changed in between: what is stored can be read again, and nothing is put aside or lost, for nothing is down.
#[test]
fn whatever_a_store_signs_is_dealt_with() {
    let strategy = (prop::sample::select(bodies()), topic(), topic(), mutation(), mutation());
    fuzz(&strategy, |(body, topic, other_topic, first, second)| {
        runtime().block_on(async {
            let door = door();
            for (body, topic) in [(first.apply(&body), topic), (second.apply(&body), other_topic)] {
                let delivery = Delivery {
                    store: "shop".to_owned(),
                    signature: Some(sign::signature(samples::SECRET, &body)),
                    topic,
                    body,
                    ..Delivery::default()
                };
                let received = intake::run(&door, &delivery).await;
                assert!(!matches!(received, Received::Unsigned | Received::Spooled | Received::Lost), "{received:?}");
                assert_eq!(received.status(), 200);
            }
            let state = door.world.state();
            for (key, order) in &state.orders {
                let Some(content) = &order.content else { continue };
                let snapshot = state.snapshots.get(&(key.clone(), content.hash.as_str().to_owned())).expect("its snapshot");
                assert_eq!(door.store.parse(snapshot).expect("it was read before").content_hash(), content.hash);
            }
        });
    });
}

/// Nothing that is not signed leaves a trace.
#[test]
fn what_nobody_signed_is_refused_and_stored_nowhere() {
    let strategy =
        (prop::sample::select(bodies()), any::<prop::sample::Index>(), 1_u8.., any::<Option<String>>(), any::<String>());
    fuzz(&strategy, |(body, at, flip, signature, store)| {
        runtime().block_on(async {
            let door = door();
            let mut forged = body.clone();
            let at = at.index(forged.len());
            forged[at] ^= flip;
            let real = Some(sign::signature(samples::SECRET, &body));
            for (store, signature, body) in
                [("shop", real.clone(), forged), ("shop", signature, body.clone()), (store.as_str(), real, body.clone())]
            {
                let delivery = Delivery { store: store.to_owned(), signature, body, ..Delivery::default() };
                assert_eq!(intake::run(&door, &delivery).await.status(), 401);
            }
            let state = door.world.state();
            assert!(state.orders.is_empty() && state.snapshots.is_empty() && state.spool.is_empty());
        });
    });
}

/// One text is the signature of a client's request, and none of another.
#[test]
fn a_clients_signature_is_of_one_request() {
    let secrets = ["old".to_owned(), "new".to_owned()];
    let strategy =
        (any::<Vec<u8>>(), "[A-Z]{1,6}", "/[ -~]{0,40}", 0_u32.., 0_usize..5, any::<prop::sample::Index>(), any::<char>());
    fuzz(&strategy, |(body, method, path, seconds, part, at, char)| {
        let seconds = seconds.to_string();
        let signature = client_signature::sign("new", &seconds, &method, &path, &body);
        assert!(client_signature::verify(&secrets, &seconds, &method, &path, &body, &signature));
        let mut parts = [seconds, method, path, String::from_utf8_lossy(&body).into_owned(), signature];
        let whole = parts.clone();
        let mut chars: Vec<char> = parts[part].chars().collect();
        let at = at.index(chars.len() + 1);
        if at < chars.len() && chars[at] != char {
            chars[at] = char
        } else {
            chars.insert(at, char)
        }
        parts[part] = chars.into_iter().collect();
        let [seconds, method, path, text, signature] = &parts;
        let body = if part == 3 { text.as_bytes() } else { &body };
        let moved = parts.concat() == whole.concat();
        assert!(moved || !client_signature::verify(&secrets, seconds, method, path, body, signature), "{parts:?}");
        assert!(!client_signature::verify(&[], seconds, method, path, body, &whole[4]));
    });
}
