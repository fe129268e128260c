//! The contracts as JSON Schema, snapshotted: a change of a contract is a change of these files, seen in a review.

use schemars::generate::SchemaSettings;
use schemars::schema_for;
use waybill_contracts::report::{FulfilmentReport, ReturnReport, ShipmentReport, StockReport};
use waybill_contracts::{Command, Fact, Fulfilment, Origin, Unread};
use waybill_domain::Step;

#[test]
fn the_command() {
    insta::assert_json_snapshot!("command.v1", schema_for!(Command));
}

#[test]
fn the_fact() {
    insta::assert_json_snapshot!("fact.v1", schema_for!(Fact));
}

#[test]
fn the_reports() {
    insta::assert_json_snapshot!("shipment-report.v1", schema_for!(ShipmentReport));
    insta::assert_json_snapshot!("return-report.v1", schema_for!(ReturnReport));
    insta::assert_json_snapshot!("fulfilment-report.v1", schema_for!(FulfilmentReport));
    insta::assert_json_snapshot!("stock-report.v1", schema_for!(StockReport));
}

#[test]
fn what_a_warehouse_reads() {
    // Written, not read: what may be null is there all the same.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    insta::assert_json_snapshot!("fulfilment.v1", settings.into_generator().into_root_schema_for::<Fulfilment>());
}

#[test]
fn a_command_is_read_with_fields_of_a_later_release_and_waits_if_it_is_of_a_later_version() {
    let command = Command::new(Step::PostToErp, "shop/16".parse().expect("key"), Origin::Commit, 3);
    let text = serde_json::to_string(&command).expect("JSON");
    assert_eq!(text, r#"{"v":1,"step":"post-to-erp","order":"shop/16","origin":"commit","seq":3}"#);
    assert_eq!(Command::read(&text), Ok(command.clone()), "its own form");
    assert_eq!(Command::read(&text.replace("\"v\":1", "\"since\":[{}],\"v\":1")), Ok(command));
    assert_eq!(Command::read(&text.replace("\"v\":1", "\"v\":2")), Err(Unread::Newer(2)));
    assert_eq!(Command::read(r#"{"orders":["shop/16"],"v":70000}"#), Err(Unread::Newer(70_000)), "whatever form it has");
    for strange in [
        "",
        "7",
        "{}",
        r#"{"v":1}"#,
        r#"{"v":0}"#,
        r#"{"v":"2"}"#,
        &text.replace("seq", "sequence"),
        &text.replace("shop/16", "shop-4711"),
    ] {
        let refused = Command::read(strange).expect_err(strange);
        assert!(matches!(refused, Unread::Strange(_)), "{strange}: {refused}");
        assert!(!refused.to_string().contains("4711"), "{refused} shows what is in the message");
    }
}
