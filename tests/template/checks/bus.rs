//! The bus: every fact is logged, held orders reach people, and what is notified is encrypted.

use serde_json::{Value, json};

use waybill_contracts::report::Kind;

use super::Faults;
use crate::cloud::Template;

/// Three rules on our own bus: all facts to a log group that EventBridge may write, held orders to a topic, and what others report to the
/// queue of the API. None of our own facts is a report.
pub fn rules(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let bus = template.properties("Bus");
    faults.equal("name of the bus", &bus["Name"], &json!({"Ref": "Deployment"}));
    let reports = Kind::ALL.map(Kind::detail_type);
    for (id, pattern, target) in [
        ("FactsRule", json!({"source": ["waybill"]}), "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/waybill"),
        (
            "AttentionRule",
            json!({"source": ["waybill"], "detail-type": ["order.held"]}),
            "arn:aws:sns:eu-west-1:123456789012:waybill-attention",
        ),
        (
            "ReportsRule",
            json!({
                "source": [{"anything-but": ["waybill"]}],
                "detail-type": reports,
            }),
            "arn:aws:sqs:eu-west-1:123456789012:waybill-api",
        ),
    ] {
        let rule = template.properties(id);
        faults.equal(&format!("{id}: bus"), &rule["EventBusName"], &json!({"Ref": "Bus"}));
        faults.equal(&format!("{id}: pattern"), &rule["EventPattern"], &pattern);
        let found = rule["Targets"][0].get("Arn").map(|arn| template.text(arn));
        faults.equal(&format!("{id}: target"), found, Some(target.to_owned()));
        faults.unless(rule.get("RoleArn").is_none(), || format!("{id}: log groups and topics are written by their own policies"));
    }
    faults.equal("number of rules", template.resources("AWS::Events::Rule").len(), 3);
    let policy = &template.properties("FactsLogsPolicy")["PolicyDocument"];
    let policy: Value = serde_json::from_str(&template.text(policy)).unwrap_or_default();
    let statement = &policy["Statement"][0];
    faults.equal("who writes the log of facts", &statement["Principal"]["Service"][0], &json!("events.amazonaws.com"));
    let log = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/waybill:*";
    faults.equal("the log of facts", &statement["Resource"], &json!(log));
    faults.0
}

/// Topics are encrypted with our key, and both senders may use it. EventBridge gives no source to an encrypted topic, so a condition
/// on its statements would drop every message without a trace.
pub fn topics(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let key = template.properties("TopicKey");
    for (topic, service, conditional) in
        [("AttentionTopic", "events.amazonaws.com", false), ("AlarmTopic", "cloudwatch.amazonaws.com", true)]
    {
        let master = &template.properties(topic)["KmsMasterKeyId"];
        faults.equal(&format!("{topic}: key"), master, &json!({"Ref": "TopicKey"}));
        for (policy, action) in [
            (&template.properties(&format!("{topic}Policy"))["PolicyDocument"], "sns:Publish"),
            (&key["KeyPolicy"], "kms:GenerateDataKey*"),
        ] {
            let statement = policy["Statement"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|statement| statement["Principal"]["Service"] == service)
                .cloned()
                .unwrap_or_default();
            let allowed = super::list(&statement["Action"]).iter().any(|found| **found == action);
            faults.unless(allowed, || format!("{topic}: {service} may not {action}"));
            faults.equal(&format!("{topic}: {action} has a condition"), statement.get("Condition").is_some(), conditional);
        }
    }
    faults.equal("number of topics", template.resources("AWS::SNS::Topic").len(), 2);
    for (id, subscription) in template.resources("AWS::SNS::Subscription") {
        let condition = &template.document["Resources"][id]["Condition"];
        faults.equal(&format!("{id}: condition"), condition, &json!("HasAttentionEmail"));
        faults.equal(&format!("{id}: address"), &subscription["Endpoint"], &json!({"Ref": "AttentionEmail"}));
    }
    faults.equal("default address", &template.document["Parameters"]["AttentionEmail"]["Default"], &json!(""));
    faults.0
}
