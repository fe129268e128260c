//! What the SDK takes from the environment of a function. The environment belongs to a process, so the test runs itself again in another.

use std::process::Command;

use waybill_aws::{Dynamo, Names, Pace, sdk_config};
use waybill_workflow::ports::Orders;

use crate::canned::{Canned, ok};

const CHILD: &str = "WAYBILL_TEST_CHILD";
const NAME: &str = "environment::endpoint_region_and_credentials_come_from_the_environment";

/// As a function: build the clients from the environment and ask for an order.
async fn function() {
    let dynamo = Dynamo::new(&sdk_config(Pace::STEADY).await, &Names::from_env());
    assert_eq!(dynamo.load(&"shop/1042".parse().unwrap()).await, Ok(None));
}

async fn run(variables: &[(&str, &str)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", NAME, "--nocapture"]).env_clear().env(CHILD, "1");
    child.env("AWS_ACCESS_KEY_ID", "AKIDFUNCTION").env("AWS_SECRET_ACCESS_KEY", "secret").env("AWS_SESSION_TOKEN", "session");
    child.env("AWS_REGION", "eu-central-1").envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn endpoint_region_and_credentials_come_from_the_environment() {
    if std::env::var(CHILD).is_ok() {
        return function().await;
    }
    // Which endpoint counts: the first is where the function must go, the second what else is set.
    let nobody = ("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    for (variable, other) in [
        ("WAYBILL_AWS_ENDPOINT", None),
        ("WAYBILL_AWS_ENDPOINT", Some(nobody)),
        ("AWS_ENDPOINT_URL", Some(("WAYBILL_AWS_ENDPOINT", ""))),
    ] {
        let canned = Canned::new([ok(serde_json::json!({}))]).await;
        let mut variables = vec![(variable, canned.endpoint.as_str()), ("WAYBILL_DEPLOYMENT", "acme")];
        variables.extend(other);
        run(&variables).await;
        let requests = canned.requests();
        assert_eq!(requests.len(), 1, "{variables:?}");
        assert_eq!(requests[0].body["TableName"], "acme-orders");
        let authorization = &requests[0].authorization;
        assert!(
            authorization.contains("Credential=AKIDFUNCTION/") && authorization.contains("/eu-central-1/dynamodb/"),
            "{authorization}"
        );
    }
}
