//! `waybill store check`, against a store and an ERP that are well, and against all that can be wrong with them.

use waybill_cli::check::{Report, Severity};
use waybill_cli::deployment::now;
use waybill_cli::stores::check::{Connected, examine};
use waybill_cli::{erps, stores};
use waybill_domain::{ErpConfig, StoreConfig};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::store::{FakeStore, FakeStoreConfig, NewWebhook, RestFault};
use waybill_workflow::ports::StoreSecrets;

const URL: &str = "https://api.example/v1/webhooks/woocommerce/shop";
const SKUS: [&str; 7] = ["MUG-BLUE", "TEA-EARL", "SHIRT-S", "SHIRT-M", "POSTER-A2", "LAMP-DESK", "GIFT-50"];

struct Setup {
    fake_store: FakeStore,
    fake_erp: FakeErp,
    store: StoreConfig,
    erp: Option<ErpConfig>,
    secrets: StoreSecrets,
    token: String,
}

impl Setup {
    /// A store and an ERP that are well.
    async fn new() -> Self {
        let config = FakeStoreConfig::default();
        let secrets = StoreSecrets {
            webhook_secrets: vec!["secret".to_owned()],
            consumer_key: config.consumer_key.clone(),
            consumer_secret: config.consumer_secret.clone(),
        };
        let webhooks = NewWebhook::for_orders(URL, "secret");
        let fake_store = FakeStore::start(FakeStoreConfig { webhooks, ..config }).await.expect("starts");
        let stock = SKUS.iter().map(|sku| ((*sku).to_owned(), 10)).collect();
        let fake_erp = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.expect("starts");
        let new = erps::NewErp { base_url: Some(fake_erp.base_url()), ..erps::NewErp::default() };
        let erp = erps::merge(&"acme".parse().expect("a slug"), None, &new).expect("an ERP");
        let new = stores::NewStore {
            base_url: Some(fake_store.url().to_owned()),
            erp: Some("acme".parse().expect("a slug")),
            same_skus: Some(true),
            ..stores::NewStore::default()
        };
        let store = stores::merge(&"shop".parse().expect("a slug"), None, &new).expect("a store");
        Self { token: fake_erp.token(), fake_store, fake_erp, store, erp: Some(erp), secrets }
    }

    async fn report(&self) -> Report {
        let connected = Connected {
            store: &self.store,
            secrets: &self.secrets,
            webhook_url: Some(URL),
            erp: self.erp.as_ref(),
            token: Some(&self.token),
        };
        examine(&connected, now()).await
    }

    /// That exactly this is wrong, and how it is said.
    async fn assert_wrong(&self, code: &str, said: &str) {
        let report = self.report().await;
        let wrong: Vec<_> = report.findings.iter().filter(|finding| finding.severity == Severity::Wrong).collect();
        let found = wrong.iter().any(|finding| finding.code == code && finding.message.contains(said));
        assert!(found && !report.ok, "{code}: {said:?} in\n{}", report.text());
        assert!(wrong.iter().all(|finding| finding.code == code), "more is wrong than {code}:\n{}", report.text());
    }
}

#[tokio::test]
async fn a_store_that_is_well_has_notes_at_most() {
    let setup = Setup::new().await;
    let report = setup.report().await;
    assert!(report.ok, "{}", report.text());
    let fine = |code: &str| report.findings.iter().any(|finding| finding.code == code && finding.severity == Severity::Ok);
    for code in ["reach", "clock", "version", "orders", "writes", "webhooks", "skus", "permissions", "articles"] {
        assert!(fine(code), "{code} is not in\n{}", report.text());
    }
    // The sticker of the catalogue.
    assert!(report.text().contains("note   1 products or variations have no SKU"), "{}", report.text());
    assert!(!report.text().contains(&setup.token) && !report.text().contains(&setup.secrets.consumer_secret));
}

#[tokio::test]
async fn each_kind_of_refusal_is_told_from_the_others() {
    let setup = Setup::new().await;
    for (fault, said) in [
        (RestFault::Redirect, "redirect to /wp-login.php"),
        (RestFault::Html(503), "503"),
        (RestFault::Html(200), "turn on permalinks"),
    ] {
        setup.fake_store.turn(|knobs| knobs.rest_fault = Some(fault));
        let report = setup.report().await;
        assert!(report.text().contains(said) && report.wrongs() == 1, "{fault:?}: {said:?} in\n{}", report.text());
    }
}

#[tokio::test]
async fn a_wrong_key_is_401_and_said_once() {
    let mut setup = Setup::new().await;
    setup.secrets.consumer_secret = "cs_wrong".to_owned();
    setup.assert_wrong("access", "401: the store does not accept the REST key or its secret; make a key").await;
    setup.secrets = StoreSecrets { webhook_secrets: Vec::new(), ..StoreSecrets::default() };
    let report = setup.report().await;
    assert!(report.text().contains("there is no REST key; run") && report.text().contains("there is no webhook secret"));
    assert_eq!(report.wrongs(), 2, "{}", report.text());
}

#[tokio::test]
async fn a_missing_right_is_403_and_not_taken_for_a_wrong_key() {
    let setup = Setup::new().await;
    setup.fake_store.turn(|knobs| knobs.rest_fault = Some(RestFault::Forbidden));
    let report = setup.report().await;
    assert!(report.text().contains("403"), "{}", report.text());
    assert!(!report.text().contains("401"), "{}", report.text());
}

#[tokio::test]
async fn a_key_that_may_only_read_is_found_before_anything_ships() {
    let setup = Setup::new().await;
    setup.fake_store.turn(|knobs| knobs.key_reads_only = true);
    setup.assert_wrong("writes", "make a key with the permission read/write").await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_measured() {
    let setup = Setup::new().await;
    setup.fake_store.turn(|knobs| knobs.clock_ahead_seconds = -900);
    let report = setup.report().await;
    let clock = report.findings.iter().find(|finding| finding.code == "clock").expect("looked at");
    assert!(clock.severity == Severity::Wrong && clock.message.contains("s behind this machine's"), "{clock:?}");
}

#[tokio::test]
async fn unmapped_skus_and_articles_the_erp_lacks_are_listed() {
    let mut setup = Setup::new().await;
    setup.store.mapping.same_skus = false;
    let csv = SKUS.iter().filter(|sku| **sku != "GIFT-50").map(|sku| format!("{sku},{sku}")).collect::<Vec<_>>().join("\n");
    setup.store.mapping = stores::read_mapping(&csv).expect("a mapping");
    setup.assert_wrong("skus", "1 of 7 SKUs are not mapped: GIFT-50").await;
    setup.store.mapping = stores::read_mapping(&format!("{csv}\nGIFT-50,VOUCHER")).expect("a mapping");
    setup.assert_wrong("articles", "ERP acme does not know 1 articles: VOUCHER").await;
}

#[tokio::test]
async fn an_erp_that_is_away_or_refuses_is_told_as_the_erps_fault() {
    let mut setup = Setup::new().await;
    setup.fake_erp.rotate_token("another");
    setup.assert_wrong("token", "ERP acme: 401").await;
    setup.fake_erp.rotate_token(setup.token.clone());
    setup.fake_erp.knobs(|knobs| knobs.amends = false);
    let report = setup.report().await;
    let said = "it does not offer amend, or not with this token: orders that are changed after posting are held for a person";
    assert!(report.ok && report.text().contains(said), "{}", report.text());
    setup.fake_erp.knobs(|knobs| knobs.settle_seconds = 120);
    setup.assert_wrong("settle", "--settle-seconds 120").await;
    setup.fake_erp.go_down();
    setup.assert_wrong("reach", "ERP acme: nobody accepts connections").await;
    setup.erp = None;
    setup.assert_wrong("erp", "waybill erp add acme").await;
}

#[tokio::test]
async fn a_store_that_is_away_is_one_finding() {
    let Setup { fake_store, fake_erp, store, erp, secrets, token } = Setup::new().await;
    drop(fake_store);
    let connected = Connected { store: &store, secrets: &secrets, webhook_url: None, erp: erp.as_ref(), token: Some(&token) };
    let report = examine(&connected, now()).await;
    assert!(report.wrongs() == 1 && report.text().contains("nobody accepts connections"), "{}", report.text());
    assert_eq!(fake_erp.orders().len(), 0);
}

/// The generic contract has no records: whoever names some learns it, and the rates of the store are read all the same.
#[tokio::test]
async fn records_that_the_erp_lacks_and_rates_without_a_tax_are_listed() {
    let mut setup = Setup::new().await;
    let file = r#"{"company": 1, "warehouse": 4, "payment_journal": 5, "taxes": {"1": 9}, "shipping_article": "MUG-BLUE",
        "fee_article": "MUG-BLUE", "refund_article": "MUG-BLUE", "rounding_article": "ROUND"}"#;
    setup.store.records.insert(setup.store.erp.clone(), stores::read_records(file).expect("records"));
    let report = setup.report().await;
    let text = report.text();
    for said in [
        "company: ERP acme has no active record 1 of this kind; `waybill erp records acme` lists",
        r#"taxes["1"]: ERP acme has no active record 9"#,
        "ERP acme has no articles ROUND",
        "1 of 2 tax rates of the store are mapped to no tax of ERP acme: 2 (\"MwSt.\", DE)",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(report.wrongs(), 6, "{text}");
}
