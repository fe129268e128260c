//! The functions themselves: how they are built, what invokes them, what they are told, where they log.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::{Value, json};

use super::{Faults, logical};
use crate::{
    cloud::{Template, root},
    expected::{self, Source, mortal, sends_to},
};

/// The same functions here, in the table of functions and in `functions/`, each built by cargo-lambda for the chosen architecture.
pub fn functions(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let found = template.resources("AWS::Serverless::Function");
    let ids: BTreeSet<String> = found.keys().map(|id| (*id).to_owned()).collect();
    let wanted: BTreeSet<String> = expected::functions().iter().map(|f| format!("{}Function", logical(f.slug))).collect();
    faults.equal("functions in the template", &ids, &wanted);
    let packages: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .expect("functions/ is readable")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a UTF-8 name"))
        .collect();
    faults.equal("packages in functions/", packages, expected::functions().iter().map(|f| f.slug.to_owned()).collect());

    for f in expected::functions() {
        let (slug, id) = (f.slug, format!("{}Function", logical(f.slug)));
        let properties = template.properties(&id);
        if properties.is_null() {
            continue;
        }
        faults.equal(&format!("{id}: name"), template.text(&properties["FunctionName"]), format!("waybill-{slug}"));
        faults.equal(&format!("{id}: CodeUri"), &properties["CodeUri"], &json!(format!("functions/{slug}")));
        faults.equal(&format!("{id}: Timeout"), properties["Timeout"].as_u64(), Some(f.timeout_seconds));
        let metadata = &template.document["Resources"][&id]["Metadata"];
        faults.equal(&format!("{id}: Metadata"), metadata, &json!({"BuildMethod": "rust-cargolambda"}));
        for (key, wanted) in [
            ("Runtime", json!("provided.al2023")),
            ("Handler", json!("bootstrap")),
            ("Architectures", json!([{"Ref": "Architecture"}])),
            ("Tracing", json!("Active")),
        ] {
            faults.equal(&format!("{id}: {key}"), template.of_function(properties, key), &wanted);
        }
        // SAM takes the package's one binary; a second one in the package would make it guess.
        let manifest = fs::read_to_string(root().join("functions").join(slug).join("Cargo.toml")).unwrap_or_default();
        let binaries = manifest.matches("[[bin]]").count();
        let named = manifest.contains(&format!("[[bin]]\nname = \"{slug}\""));
        faults.unless(named && binaries == 1, || format!("functions/{slug} has not exactly one binary `{slug}`"));
    }
    let architecture = &template.document["Parameters"]["Architecture"];
    faults.equal("architectures", &architecture["AllowedValues"], &json!(["arm64", "x86_64"]));
    faults.equal("default architecture", &architecture["Default"], &json!("arm64"));
    faults.0
}

/// Each function is invoked by what its code expects, and by nothing else. A failed record alone is repeated, never its whole batch:
/// AWS ignores a misspelt `ReportBatchItemFailures` and then counts every partial failure as a success.
pub fn sources(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    for f in expected::functions() {
        let name = logical(f.slug);
        let events = template.properties(&format!("{name}Function"))["Events"].as_object().cloned().unwrap_or_default();
        let wanted = match f.source {
            Source::Queue { batch, concurrency } => json!({"SQS": {
                "Queue": {"Fn::GetAtt": [format!("{name}Queue"), "Arn"]},
                "BatchSize": batch,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": {"Ref": concurrency}},
            }}),
            Source::Stream => json!({"DynamoDB": {
                "Stream": {"Fn::GetAtt": ["OrdersTable", "StreamArn"]},
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 25,
                "ParallelizationFactor": {"Ref": "RelayParallelism"},
                "BisectBatchOnFunctionError": true,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "MaximumRetryAttempts": -1,
                "MaximumRecordAgeInSeconds": 86400,
                "FilterCriteria": {"Filters": [{"Pattern": "{\"dynamodb\": {\"Keys\": {\"sk\": {\"S\": [\"order\"]}}}}"}]},
                "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": [format!("{name}Dlq"), "Arn"]}}},
            }}),
            Source::Schedule => json!({"Schedule": {
                "Name": {"Fn::Sub": format!("${{Deployment}}-{}", f.slug)},
                "Description": events.get("Tick").map(|tick| &tick["Properties"]["Description"]),
                "Schedule": "rate(1 minute)",
                "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
                "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [format!("{name}Dlq"), "Arn"]}},
            }}),
            Source::DeadLetterQueues => {
                faults.0.extend(dead_letter_sources(template, &events));
                continue;
            }
        };
        let routes: BTreeSet<String> =
            events.values().filter(|event| event["Type"] == "HttpApi").map(|event| event["Properties"].to_string()).collect();
        let route = |(method, path): &(&str, &str)| {
            json!({"ApiId": {"Ref": "Api"}, "Method": method, "Path": path, "PayloadFormatVersion": "2.0"}).to_string()
        };
        faults.equal(&format!("{}: routes", f.slug), routes, f.routes.iter().map(route).collect());
        faults.equal(&format!("{}: number of event sources", f.slug), events.len(), f.routes.len() + 1);
        for event in events.values().filter(|event| event["Type"] != "HttpApi") {
            let kind = event["Type"].as_str().unwrap_or_default();
            faults.equal(&format!("{}: {kind} source", f.slug), &event["Properties"], &wanted[kind]);
            if kind == "SQS" {
                let least = template.least(&event["Properties"]["ScalingConfig"]["MaximumConcurrency"]);
                faults.unless(least >= Some(2), || format!("{}: AWS refuses a MaximumConcurrency below 2", f.slug));
            }
        }
    }
    faults.0
}

/// Every dead-letter queue of the template has a mapping of its own, and is one that the code knows of.
fn dead_letter_sources(template: &Template, events: &serde_json::Map<String, Value>) -> Vec<String> {
    let mut faults = Faults::default();
    let wanted = mortal().into_iter().map(|slug| {
        let properties = json!({
            "Queue": {"Fn::GetAtt": [format!("{}Dlq", logical(slug)), "Arn"]},
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 2},
        });
        json!({"Type": "SQS", "Properties": properties}).to_string()
    });
    let found: BTreeSet<String> = events.values().map(ToString::to_string).collect();
    faults.equal("dead-letters: sources", found, wanted.collect());
    let queues = template.resources("AWS::SQS::Queue").into_keys().filter(|id| id.ends_with("Dlq")).map(str::to_owned);
    faults.equal(
        "dead-letter queues",
        queues.collect::<BTreeSet<_>>(),
        mortal().into_iter().map(|slug| format!("{}Dlq", logical(slug))).collect(),
    );
    faults.0
}

/// Each function is told its deployment, its release, its own queue and those it sends to: nothing else, hence no secret.
pub fn environment(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    for f in expected::functions() {
        let mut wanted = BTreeMap::from([
            ("WAYBILL_DEPLOYMENT".to_owned(), "waybill".to_owned()),
            ("WAYBILL_RELEASE".to_owned(), "dev".to_owned()),
            ("WAYBILL_AWS_ENDPOINT".to_owned(), String::new()),
            ("RUST_LOG".to_owned(), "info".to_owned()),
        ]);
        let url = |queue: &str| template.text(&json!({"Ref": format!("{}Queue", logical(queue))}));
        for queue in f.ports.iter().flat_map(|port| sends_to(*port)) {
            wanted.insert(format!("WAYBILL_QUEUE_{}", queue.to_uppercase().replace('-', "_")), url(queue));
        }
        if let Source::Queue { .. } = f.source {
            wanted.insert("WAYBILL_QUEUE".to_owned(), url(f.slug));
        }
        let found = template.environment(template.properties(&format!("{}Function", logical(f.slug))));
        faults.equal(&format!("environment of {}", f.slug), found, wanted);
    }
    let parameters = template.document["Parameters"].as_object().expect("Parameters");
    for (name, parameter) in parameters {
        let secret =
            parameter.get("NoEcho").is_some() || ["secret", "password", "token"].iter().any(|w| name.to_lowercase().contains(w));
        faults.unless(!secret, || format!("parameter {name}: secrets belong in Secrets Manager"));
    }
    faults.unless(!template.document.to_string().contains("{{resolve:"), || "a secret is resolved into the template".to_owned());
    faults.0
}

/// Each function writes to a group of its own that forgets, as every other log group does.
pub fn logs(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let groups = template.resources("AWS::Logs::LogGroup");
    for (id, group) in &groups {
        let days = &group["RetentionInDays"];
        faults.equal(&format!("{id}: RetentionInDays"), days, &json!({"Ref": "LogRetentionDays"}));
    }
    let default = &template.document["Parameters"]["LogRetentionDays"]["Default"];
    faults.unless(default.as_u64() >= Some(1), || "LogRetentionDays has no default".to_owned());
    for f in expected::functions() {
        let id = format!("{}Logs", logical(f.slug));
        let name = groups.get(id.as_str()).map_or(Value::Null, |group| json!(template.text(&group["LogGroupName"])));
        faults.equal(&format!("{id}: name"), name, json!(format!("/aws/lambda/waybill-{}", f.slug)));
        let told = &template.properties(&format!("{}Function", logical(f.slug)))["LoggingConfig"];
        faults.equal(&format!("{}: LoggingConfig", f.slug), told, &json!({"LogGroup": {"Ref": id}}));
    }
    faults.0
}
