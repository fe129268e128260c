//! Which Odoo it is, who is let in, and what a mapping may name.

use waybill_connectors::erp::odoo::OdooErp;
use waybill_domain::ErpConfig;
use waybill_testkit::odoo::FakeOdooConfig;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::ErpOrders;
use waybill_workflow::ports::erp_directory::{ErpDirectory, RecordKind};

use crate::support::{config, connect, kind, order, records, setup, setup_of, start};

#[tokio::test]
async fn the_version_is_found_by_asking() {
    for version in [16, 17, 18, 19, 20] {
        let (fake, erp) = setup(version).await;
        assert_eq!(erp.greet().await.unwrap().version, format!("Odoo {version}"));
        assert_eq!(kind(erp.create(&order("shop-1")).await), "ok", "Odoo {version}");
        assert_eq!(fake.rows("sale.order").len(), 1);
    }
    let (_fake, erp) = setup(15).await;
    assert_eq!(kind(erp.greet().await), "erp_config_invalid");
}

/// As later versions are to be.
#[tokio::test]
async fn a_server_without_jsonrpc_says_its_version_elsewhere() {
    let (fake, erp) = setup(19).await;
    fake.knobs(|knobs| knobs.no_jsonrpc = true);
    assert_eq!(kind(erp.create(&order("shop-1")).await), "ok");
}

#[tokio::test]
async fn who_is_not_let_in_waits() {
    for version in [18, 19] {
        let (fake, erp) = setup(version).await;
        let with = |change: &dyn Fn(&mut ErpConfig), token: &str| {
            let mut config = config(&fake.base_url());
            change(&mut config);
            OdooErp::new(&config, token).unwrap().of_store(Some(&records())).unwrap()
        };
        assert_eq!(kind(with(&|_| (), "another").create(&order("shop-1")).await), "down");
        let nowhere = with(&|config| config.database = Some("nope".to_owned()), "fake-odoo-key");
        assert_eq!(kind(nowhere.create(&order("shop-1")).await), "down");
        let nobody = with(&|config| config.user = None, "fake-odoo-key");
        let expected = if version == 18 { "erp_config_invalid" } else { "ok" };
        assert_eq!(kind(nobody.create(&order("shop-1")).await), expected, "only /jsonrpc wants to know who it is");
        // A key that is taken away later.
        assert_eq!(kind(erp.create(&order("shop-2")).await), "ok");
        fake.rotate_key("new");
        assert_eq!(kind(erp.create(&order("shop-3")).await), "down");
        assert_eq!(kind(erp.find("shop-2").await), "down");
        fake.rotate_key("fake-odoo-key");
        assert_eq!(kind(erp.create(&order("shop-3")).await), "ok");
    }
}

#[test]
fn configurations_that_cannot_be_used() {
    let new = |change: &dyn Fn(&mut ErpConfig), token: &str| {
        let mut config = config("https://erp.example.com");
        change(&mut config);
        kind(OdooErp::new(&config, token).and_then(|erp| erp.of_store(Some(&records()))).map(|_| ()))
    };
    assert_eq!(new(&|_| (), "token"), "ok");
    assert_eq!(new(&|config| config.base_url = "http://erp.example.com".to_owned(), "token"), "erp_config_invalid");
    assert_eq!(new(&|config| config.database = None, "token"), "erp_config_invalid");
    assert_eq!(new(&|config| config.database = Some("two\nlines".to_owned()), "token"), "erp_config_invalid");
    assert_eq!(new(&|_| (), ""), "erp_config_invalid");
    let erp = OdooErp::new(&config("https://erp.example.com"), "token").unwrap();
    assert!(matches!(erp.of_store(None), Err(CallError::Refused { code, .. }) if code == "erp_config_invalid"));
}

/// One connection serves all stores: what is known of the server and its articles is known to all.
#[tokio::test]
async fn what_was_learned_is_kept_over_stores() {
    let (fake, _) = setup(18).await;
    let erp = OdooErp::new(&config(&fake.base_url()), "fake-odoo-key").unwrap();
    erp.of_store(Some(&records())).unwrap().create(&order("shop-1")).await.unwrap();
    fake.forget_calls();
    erp.of_store(Some(&records())).unwrap().create(&order("shop-2")).await.unwrap();
    assert!(!fake.calls().iter().any(|call| call.starts_with("product.") || call.starts_with("account.tax")));
}

#[tokio::test]
async fn what_a_mapping_may_name() {
    for version in [16, 18, 19] {
        let (fake, _) = setup(version).await;
        let erp = OdooErp::new(&config(&fake.base_url()), "fake-odoo-key").unwrap();
        let names = |kind| {
            let erp = erp.clone();
            async move { erp.records(kind).await.unwrap().into_iter().map(|entry| (entry.id, entry.name)).collect::<Vec<_>>() }
        };
        let one = |id: u64, name: &str| (id, name.to_owned());
        assert_eq!(names(RecordKind::Company).await, [one(1, "Acme")]);
        assert_eq!(names(RecordKind::Warehouse).await, [one(1, "WH")]);
        assert_eq!(names(RecordKind::SalesJournal).await, [one(1, "Sales")]);
        assert_eq!(names(RecordKind::PaymentJournal).await, [one(2, "Bank"), one(3, "Cash")]);
        assert_eq!(names(RecordKind::Carrier).await, [one(1, "Parcel")]);
        assert_eq!((names(RecordKind::Shop).await, names(RecordKind::Customer).await), (vec![], vec![]));
        let taxes = erp.records(RecordKind::Tax).await.unwrap();
        assert_eq!(taxes.iter().map(|tax| tax.rate.unwrap().to_string()).collect::<Vec<_>>(), ["20", "10", "20"]);
        assert_eq!(taxes[0].company, Some(1));
        let customer = erp.record(RecordKind::Customer, 1).await.unwrap().unwrap();
        assert_eq!((customer.id, customer.name.as_str()), (1, ""), "a customer's name is a person's");
        assert_eq!(erp.record(RecordKind::Tax, 9).await, Ok(None));
        assert_eq!(erp.record(RecordKind::SalesJournal, 2).await, Ok(None), "of another kind");
        let known = ErpDirectory::articles(&erp, &["A".parse().unwrap(), "NOPE".parse().unwrap()]).await.unwrap();
        assert_eq!(known.into_iter().map(|sku| sku.to_string()).collect::<Vec<_>>(), ["A"]);
    }
}

/// Answers take their time; connections are kept.
#[tokio::test]
async fn two_connections_are_two() {
    let (fake, _) = start(FakeOdooConfig { key: "fake-odoo-key".to_owned(), ..setup_of(19) }).await;
    for reference in ["shop-1", "shop-2"] {
        assert_eq!(kind(connect(&fake).create(&order(reference)).await), "ok");
    }
}
