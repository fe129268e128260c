//! One contract suite, three stores: the memory that the fault tests run on, an embedded DynamoDB, and the local AWS. What is proved with
//! the first holds for the last only while all of them pass the same checks. Below the suites: what only the tables have.

mod backends;
mod image;
mod ledger;
mod local_aws;
mod newer;
mod round_trip;
mod rows;
mod size;
mod tables;
#[path = "../template/yaml.rs"]
mod yaml;

mod memory {
    waybill_testkit::contract_suite!(async { waybill_testkit::memory::World::new() });
}

mod embedded {
    waybill_testkit::contract_suite!(crate::backends::embedded());
}
