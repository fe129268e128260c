//! Deliveries recorded from a real store, byte for byte, each with the secret that signed it. They are not part of the repository: where
//! their folder is missing, this test says so and the fixtures have to do. `WAYBILL_CAPTURES` names another folder.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use waybill_domain::Reading;
use waybill_domain::validate::findings;
use waybill_workflow::ports::{Delivery, Storefront as _};

use crate::support::{fixture, store_config, woocommerce, workspace};

#[derive(Deserialize)]
struct Manifest {
    captures: Vec<Capture>,
}

#[derive(Deserialize)]
struct Capture {
    n: u32,
    body: String,
    topic: Option<String>,
    delivery_id: Option<String>,
    signature: Option<String>,
    secret: Option<String>,
}

/// The folder, if it is there. Only the default may be missing: a folder that was named has to exist.
fn present() -> Option<PathBuf> {
    let named = std::env::var_os("WAYBILL_CAPTURES");
    let folder = named.clone().map_or_else(|| workspace().join("../shared/woocommerce/captures"), PathBuf::from);
    let present = folder.join("manifest.json").exists();
    if !present {
        assert!(named.is_none(), "WAYBILL_CAPTURES names a folder without a manifest.json");
        // Past the test harness, which keeps the output of tests that pass to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no recorded deliveries here; set WAYBILL_CAPTURES to their folder");
    }
    present.then_some(folder)
}

fn delivery(folder: &Path, capture: &Capture) -> Delivery {
    Delivery {
        store: "shop".to_owned(),
        topic: capture.topic.clone(),
        signature: capture.signature.clone(),
        delivery_id: capture.delivery_id.clone(),
        content_type: None,
        body: std::fs::read(folder.join(&capture.body)).expect("the body"),
    }
}

/// Every field of a JSON value by its path; the items of a list share one.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let path = format!("{path}.{name}");
                fields(inner, &path, found);
                found.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, path, found)),
        _ => {}
    }
}

#[test]
fn the_fake_store_has_the_fields_of_the_real_one() {
    let Some(folder) = present() else { return };
    let paths = |body: &[u8]| {
        let mut found = BTreeSet::new();
        fields(&serde_json::from_slice(body).expect("JSON"), "", &mut found);
        found
    };
    let recorded = paths(&std::fs::read(folder.join("0019-order_updated.body")).expect("the body"));
    let ours = paths(&fixture("order-tax-inclusive.json"));
    // The recorded order has the meta data of a plugin, which is not WooCommerce's.
    let missing: Vec<_> = recorded.difference(&ours).filter(|path| !path.starts_with(".meta_data.")).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(ours.difference(&recorded).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn recorded_deliveries_verify_and_are_read_as_what_they_are() {
    let Some(folder) = present() else { return };
    let manifest = std::fs::read(folder.join("manifest.json")).expect("the manifest");
    let manifest: Manifest = serde_json::from_slice(&manifest).expect("a manifest");
    assert_eq!(manifest.captures.len(), 22);
    let (woocommerce, config) = (woocommerce(), store_config("https://shop.example.test"));
    for capture in &manifest.captures {
        let n = capture.n;
        let delivery = delivery(&folder, capture);
        let signature = delivery.signature.clone().unwrap_or_default();
        if let Some(secret) = &capture.secret {
            let mut secrets = vec!["an older secret".to_owned(), secret.clone()];
            assert!(woocommerce.verify(&secrets, &delivery.body, &signature), "{n}");
            // As the store may show it.
            let encoded = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            secrets = vec![encoded.replace('\'', "&#039;")];
            assert!(woocommerce.verify(&secrets, &delivery.body, &signature), "{n}, encoded secret");
            let mut other = delivery.body.clone();
            other.push(b' ');
            assert!(!woocommerce.verify(&secrets, &other, &signature), "{n}, another body");
        } else {
            assert!(woocommerce.is_ping(&delivery), "{n}");
        }
        let reading = match woocommerce.read(&delivery) {
            Reading::Order(order) => {
                assert_eq!(findings(&order, &config), [], "{n}");
                let refunds: Vec<String> = order.refunds.iter().map(|refund| refund.amount.to_string()).collect();
                format!("{} {} {} [{}]", order.id, order.status.as_str(), order.total, refunds.join(" "))
            }
            Reading::Hint { order, reason } => format!("{order} {}", reason.slug()),
            Reading::Unnamed { code } => code,
            Reading::Counted { resource } => resource,
        };
        let expected = match n {
            1 => "unreadable",
            16..=18 => "16 pending 74.77 []",
            19 | 20 | 24 | 26 | 30 => "16 processing 74.77 []",
            28 => "16 on-hold 74.77 []",
            21 | 22 | 31 => "product",
            33 => "16 processing 74.77 [19.99]",
            34 => "16 named",
            36 => "16 processing 74.77 [5.00 19.99]",
            39 => "16 refunded 74.77 [49.78 5.00 19.99]",
            41 | 43 => "20 processing 19.99 []",
            45 => "20 deleted",
            46 | 48 => "woocommerce_rest_shop_order_invalid_id",
            _ => panic!("{n} is new"),
        };
        assert_eq!(reading, expected, "{n}");
    }
}

#[test]
fn a_recorded_refund_says_what_was_put_back() {
    let Some(folder) = present() else { return };
    let order = woocommerce().parse(&std::fs::read(folder.join("0033-order_updated.body")).expect("the body")).expect("an order");
    assert_eq!(order.lines.iter().map(|line| line.restocked).collect::<Vec<_>>()[0], 1);
    assert_eq!(order.refunds[0].amount.to_string(), "19.99");
}
