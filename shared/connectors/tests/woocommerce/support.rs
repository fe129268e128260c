//! What the tests share.

use std::collections::BTreeMap;

use std::path::{Path, PathBuf};

use waybill_connectors::woocommerce::{FixedKeys, WooCommerce};
use waybill_domain::config::Mapping;
use waybill_domain::{Policies, StoreConfig};
use waybill_workflow::ports::StoreSecrets;

/// The repository.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the fixtures are.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/woocommerce")
}

/// A fixture's bytes.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = fixtures().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The connector with the REST key of the fake store.
pub fn woocommerce() -> WooCommerce<FixedKeys> {
    let config = waybill_testkit::store::FakeStoreConfig::default();
    WooCommerce::new(FixedKeys(StoreSecrets {
        webhook_secrets: Vec::new(),
        consumer_key: config.consumer_key,
        consumer_secret: config.consumer_secret,
    }))
}

/// A store at this address whose SKUs are the ERP's.
pub fn store_config(base_url: &str) -> StoreConfig {
    StoreConfig {
        slug: "shop".parse().expect("a slug"),
        version: 1,
        base_url: base_url.to_owned(),
        ca_pem: None,
        erp: "acme".parse().expect("a slug"),
        warehouse: None,
        policies: Policies::default(),
        mapping: Mapping { same_skus: true, ..Mapping::default() },
        records: BTreeMap::new(),
    }
}

/// Compares a generated file with the one in the repository; with `WAYBILL_REGENERATE` set, writes it instead.
pub fn matches(path: &Path, generated: &[u8]) {
    if std::env::var_os("WAYBILL_REGENERATE").is_some() {
        std::fs::write(path, generated).expect("a writable file");
    }
    let present = std::fs::read(path).unwrap_or_default();
    assert!(
        present == generated,
        "{} is not what the generator makes; run this test again with WAYBILL_REGENERATE=1 and look at the difference",
        path.display()
    );
}
