//! Nonsense: whatever the body is, reading it ends, and ends in one of the outcomes there are.

use proptest::prelude::*;
use serde_json::Value;
use waybill_domain::Reading;
use waybill_domain::validate::findings;
use waybill_workflow::ports::{Delivery, Storefront as _};

use crate::support::{fixture, store_config, woocommerce};

fn topic() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some("order.updated".to_owned())),
        Just(Some("order.deleted".to_owned())),
        Just(Some("product.updated".to_owned())),
        any::<String>().prop_map(Some),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "-?[0-9]{0,40}\\.?[0-9]{0,40}".prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}".prop_map(Value::from),
        Just(Value::Array(vec![])),
        Just(Value::Object(serde_json::Map::new())),
        Just(Value::from("-79228162514264337593543950335")),
    ]
}

/// Replaces the `n`th value, counted through the tree, or removes it.
fn mutate(value: &mut Value, n: &mut usize, with: &Option<Value>) -> bool {
    let mut step = |inner: &mut Value| {
        if *n == 0 {
            if let Some(with) = with {
                *inner = with.clone();
            }
            *n = usize::MAX;
            return true;
        }
        *n -= 1;
        mutate(inner, n, with)
    };
    match value {
        Value::Array(items) => match items.iter_mut().position(&mut step) {
            Some(index) if with.is_none() && *n == usize::MAX => {
                items.remove(index);
                *n -= 1;
                true
            }
            found => found.is_some(),
        },
        Value::Object(fields) => match fields.iter_mut().find_map(|(name, inner)| step(inner).then(|| name.clone())) {
            Some(name) if with.is_none() && *n == usize::MAX => {
                fields.remove(&name);
                *n -= 1;
                true
            }
            found => found.is_some(),
        },
        _ => false,
    }
}

fn check(topic: Option<String>, body: Vec<u8>) {
    let woocommerce = woocommerce();
    let delivery = Delivery { topic, body, ..Delivery::default() };
    match woocommerce.read(&delivery) {
        Reading::Order(order) => {
            // What was accepted can be judged, hashed and kept.
            let _ = findings(&order, &store_config("https://shop.example.test"));
            assert!(order.id > 0 && order.refunds.iter().all(|refund| !refund.amount.is_sign_negative()));
            assert_eq!(order.content_hash(), woocommerce.parse(&delivery.body).expect("the same order").content_hash());
        }
        Reading::Hint { order, .. } => assert!(order > 0),
        Reading::Unnamed { code: text } | Reading::Counted { resource: text } => {
            assert!(text.len() <= 64 && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{text}");
        }
    }
    let _ = woocommerce.is_ping(&delivery);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(topic in topic(), body in prop::collection::vec(any::<u8>(), 0..300)) {
        check(topic, body);
    }

    #[test]
    fn any_json(topic in topic(), id in leaf(), code in leaf(), items in leaf()) {
        check(topic, serde_json::to_vec(&serde_json::json!({"id": id, "code": code, "data": 1, "line_items": items})).expect("JSON"));
    }

    #[test]
    fn an_order_with_one_value_changed(topic in topic(), n in 0_usize..400, with in prop::option::of(leaf())) {
        let mut order: Value = serde_json::from_slice(&fixture("order-fee-two-rates.json")).expect("JSON");
        let mut n = n;
        mutate(&mut order, &mut n, &with);
        check(topic, serde_json::to_vec(&order).expect("JSON"));
    }

    #[test]
    fn an_order_cut_off_or_with_a_byte_changed(topic in topic(), cut in any::<prop::sample::Index>(), byte in any::<u8>(), whole in any::<bool>()) {
        let mut body = fixture("order-coupon.json");
        let at = cut.index(body.len());
        if whole { body[at] = byte } else { body.truncate(at) }
        check(topic, body);
    }

    #[test]
    fn any_signature(secrets in prop::collection::vec(any::<String>(), 0..4), signature in any::<String>(), body in any::<Vec<u8>>()) {
        prop_assert!(!woocommerce().verify(&secrets, &body, &signature));
    }
}
