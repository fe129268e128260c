//! The contracts as JSON Schema, snapshotted: a change of a contract is a change of these files, seen in a review.

use schemars::generate::SchemaSettings;
use schemars::schema_for;
use waybill_contracts::report::{FulfilmentReport, ReturnReport, ShipmentReport};
use waybill_contracts::{Command, Fact, Fulfilment, Origin};
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
}

#[test]
fn what_a_warehouse_reads() {
    // Written, not read: what may be null is there all the same.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    insta::assert_json_snapshot!("fulfilment.v1", settings.into_generator().into_root_schema_for::<Fulfilment>());
}

#[test]
fn a_command_of_another_version_or_with_unknown_fields_is_refused_in_words() {
    let command = Command::new(Step::PostToErp, "shop/16".parse().expect("key"), Origin::Commit, 3);
    let text = serde_json::to_string(&command).expect("JSON");
    assert_eq!(text, r#"{"v":1,"step":"post-to-erp","order":"shop/16","origin":"commit","seq":3}"#);
    assert_eq!(serde_json::from_str::<Command>(&text).expect("its own form"), command);
    let newer = serde_json::from_str::<Command>(&text.replace("\"v\":1", "\"v\":2")).expect_err("version 2");
    assert!(newer.to_string().contains("version 2 of this contract is not known here"), "{newer}");
    assert!(serde_json::from_str::<Command>(&text.replace("seq", "sequence")).is_err());
    assert!(serde_json::from_str::<Command>(&text.replace("shop/16", "shop")).is_err());
}
