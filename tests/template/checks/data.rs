//! The tables as `docs/DATA.md` describes them, and the API at the edge.

use serde_json::{Value, json};

use super::Faults;
use crate::cloud::Template;

/// Keys, stream, index, time to live and recovery; what cannot be had again outlives the stack.
pub fn tables(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let range = json!([{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]);
    let hash = json!([{"AttributeName": "pk", "KeyType": "HASH"}]);
    for (name, keys, recovery, retained) in [
        ("orders", &range, true, true),
        ("snapshots", &range, false, true),
        ("stock", &hash, true, true),
        ("stores", &hash, false, true),
        ("endpoints", &hash, false, false),
        ("idempotency", &hash, false, false),
        ("dead-letters", &hash, false, true),
    ] {
        let id = format!("{}Table", super::logical(name));
        let table = template.properties(&id);
        faults.equal(&format!("{id}: name"), &table["TableName"], &json!({"Fn::Sub": format!("${{Deployment}}-{name}")}));
        faults.equal(&format!("{id}: keys"), &table["KeySchema"], keys);
        faults.equal(&format!("{id}: billing"), &table["BillingMode"], &json!("PAY_PER_REQUEST"));
        let recovers = table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == true;
        faults.equal(&format!("{id}: point in time recovery"), recovers, recovery);
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            let wanted = json!(if retained { "Retain" } else { "Delete" });
            faults.equal(&format!("{id}: {policy}"), &template.document["Resources"][&id][policy], &wanted);
        }
    }
    faults.equal("number of tables", template.resources("AWS::DynamoDB::Table").len(), 7);

    let orders = template.properties("OrdersTable");
    faults.equal("orders: stream", &orders["StreamSpecification"], &json!({"StreamViewType": "NEW_IMAGE"}));
    let index = json!([{
        "IndexName": "by-lane",
        "KeySchema": [{"AttributeName": "lane", "KeyType": "HASH"}, {"AttributeName": "since", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }]);
    faults.equal("orders: index", &orders["GlobalSecondaryIndexes"], &index);
    let since = orders["AttributeDefinitions"].as_array().into_iter().flatten().find(|a| a["AttributeName"] == "since");
    faults.equal("orders: type of `since`", since.map(|a| &a["AttributeType"]), Some(&json!("N")));
    for name in ["idempotency", "dead-letters"] {
        let ttl = &template.properties(&format!("{}Table", super::logical(name)))["TimeToLiveSpecification"];
        let wanted = json!({"AttributeName": "expires_at", "Enabled": true});
        faults.equal(&format!("{name}: time to live"), ttl, &wanted);
    }
    faults.0
}

/// Throttled, with an access log that forgets and in which nothing is personal or secret.
pub fn api(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let apis = template.resources("AWS::Serverless::HttpApi");
    faults.equal("HTTP APIs", apis.keys().copied().collect::<Vec<_>>(), vec!["Api"]);
    let api = template.properties("Api");
    for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
        let least = template.least(&api["DefaultRouteSettings"][limit]);
        faults.unless(least >= Some(1), || format!("{limit} is not set, so the account's limit is the only one"));
    }
    let log = &api["AccessLogSettings"];
    faults.equal("access log", &log["DestinationArn"], &json!({"Fn::GetAtt": ["AccessLogs", "Arn"]}));
    let line: Value = log["Format"].as_str().and_then(|format| serde_json::from_str(format).ok()).unwrap_or_default();
    let fields: Vec<&str> = line.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str()).collect();
    for wanted in ["$context.requestId", "$context.path", "$context.status", "$context.responseLatency"] {
        faults.unless(fields.contains(&wanted), || format!("the access log lacks {wanted}"));
    }
    for field in fields {
        let personal = ["identity", "authorizer", "header", "body"].iter().any(|word| field.contains(word));
        faults.unless(!personal, || format!("the access log has {field}"));
    }
    faults.0
}
