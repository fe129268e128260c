//! What people see: alarms and a dashboard on metrics that somebody writes, and a runbook for each.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::{Faults, list};
use crate::{
    cloud::{REGION, Template, root},
    expected::{ALARMS, METRICS, functions, mortal, queued},
};

/// An alarm on each function's dead letters and on what the whole is measured by; each tells the alarm topic and names a runbook that
/// knows of it.
pub fn alarms(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let names: BTreeSet<String> = alarms.values().map(|alarm| template.text(&alarm["AlarmName"])).collect();
    for wanted in mortal().iter().map(|slug| format!("{slug}-dead-letters")).chain(ALARMS.iter().map(ToString::to_string)) {
        faults.unless(names.contains(&format!("waybill-{wanted}")), || format!("there is no alarm {wanted}"));
    }
    let queries = alarms.values().map(|alarm| template.query(alarm)).collect::<Vec<_>>().join(" ");
    let of_letters = |slug: &&str| {
        let step = json!({"Name": "Step", "Value": slug});
        alarms.values().any(|alarm| alarm["MetricName"] == "DeadLetters" && list(&alarm["Dimensions"]).contains(&&step))
    };
    for slug in mortal() {
        faults.unless(of_letters(&slug), || format!("no alarm counts the dead letters of {slug}"));
        faults.unless(queries.contains(&format!("'waybill-{slug}-dlq'")), || format!("no alarm watches the queue {slug}-dlq"));
    }
    for (id, alarm) in &alarms {
        for metric in metrics_of(alarm) {
            let dimensions: Vec<(String, String)> = list(&metric["Dimensions"])
                .into_iter()
                .map(|d| (template.text(&d["Name"]), template.text(&d["Value"])))
                .collect();
            let (namespace, name) = (template.text(&metric["Namespace"]), template.text(&metric["MetricName"]));
            // SQS leaves a message out of its queue's age after the third receive: what keeps failing would not be seen.
            faults.unless(name != "ApproximateAgeOfOldestMessage", || {
                format!("{id}: what fails for long does not count in {name}")
            });
            faults.0.extend(metric_faults(template, id, &namespace, &name, &dimensions));
        }
        for actions in ["AlarmActions", "OKActions"] {
            faults.equal(&format!("{id}: {actions}"), &alarm[actions], &json!([{"Ref": "AlarmTopic"}]));
        }
        let missing = if *id == "OldestUnpostedAlarm" { "breaching" } else { "notBreaching" };
        faults.equal(&format!("{id}: TreatMissingData"), &alarm["TreatMissingData"], &json!(missing));

        let description = template.text(&alarm["AlarmDescription"]);
        let runbook = description.split("Runbook: ").nth(1).unwrap_or("(none named)");
        let text = fs::read_to_string(root().join(runbook)).unwrap_or_default();
        let name = template.text(&alarm["AlarmName"]).replace("waybill-", "");
        faults.unless(text.contains(&format!("`{name}`")), || format!("{id}: runbook {runbook} does not speak of `{name}`"));
    }
    faults.0
}

/// The metrics an alarm is on: its own, or those of an expression.
fn metrics_of(alarm: &Value) -> Vec<&Value> {
    if alarm["Metrics"].is_null() {
        return vec![alarm];
    }
    list(&alarm["Metrics"]).into_iter().filter_map(|query| query.pointer("/MetricStat/Metric")).collect()
}

/// A runbook for every function, of the four parts that somebody woken at night needs.
pub fn runbooks(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    for entry in fs::read_dir(root().join("docs/runbooks")).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.ends_with("README.md") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a runbook is readable");
        for part in ["## What it means", "## Look", "## Do", "## Over when"] {
            faults.unless(text.contains(part), || format!("{} has no part `{part}`", path.display()));
        }
    }
    for function in template.resources("AWS::Serverless::Function").into_values() {
        let slug = template.text(&function["FunctionName"]).replace("waybill-", "");
        let exists = root().join(format!("docs/runbooks/{slug}.md")).is_file();
        faults.unless(exists, || format!("there is no docs/runbooks/{slug}.md"));
    }
    faults.0
}

const WIDGET: &[&str] = &["type", "x", "y", "width", "height", "properties"];
const PROPERTIES: &[&str] = &["title", "region", "metrics", "view", "stat", "period", "sparkline", "setPeriodToTimeRange"];
const OPTIONS: &[&str] = &["stat", "yAxis"];
const STATISTICS: &[&str] = &["Sum", "Maximum", "p50", "p99"];
const WIDTH: u64 = 24;

/// Orders first, then a row per step, then a row per queue; only keys that CloudWatch knows (it ignores others, or shows nothing),
/// only metrics that exist, no widget over another.
pub fn dashboard(template: &Template) -> Vec<String> {
    let mut faults = Faults::default();
    let properties = template.properties("Dashboard");
    faults.equal("name of the dashboard", &properties["DashboardName"], &json!({"Ref": "Deployment"}));
    let body: Value = match serde_json::from_str(&template.text(&properties["DashboardBody"])) {
        Ok(body) => body,
        Err(error) => return vec![format!("the dashboard is not JSON: {error}")],
    };
    let mut shown: Vec<Shown> = vec![];
    let mut cells = BTreeSet::new();
    for widget in list(&body["widgets"]) {
        let p = &widget["properties"];
        let title = p["title"].as_str().unwrap_or("(no title)");
        faults.0.extend(unknown_keys(title, widget, WIDGET));
        faults.0.extend(unknown_keys(title, p, PROPERTIES));
        faults.equal(&format!("{title}: type"), &widget["type"], &json!("metric"));
        faults.equal(&format!("{title}: region"), &p["region"], &json!(REGION));
        let [x, y, w, h] = ["x", "y", "width", "height"].map(|key| widget[key].as_u64().unwrap_or_default());
        faults.unless(w > 0 && h > 0 && x + w <= WIDTH, || format!("{title} does not fit on the grid"));
        for cell in (y..y + h).flat_map(|row| (x..x + w).map(move |column| (row, column))) {
            faults.unless(cells.insert(cell), || format!("{title} lies over another widget at {cell:?}"));
        }
        for metric in list(&p["metrics"]) {
            let mut parts = list(metric);
            let options = parts.pop_if(|last| last.is_object()).cloned().unwrap_or(json!({}));
            faults.0.extend(unknown_keys(title, &options, OPTIONS));
            let statistic = options["stat"].as_str().or(p["stat"].as_str()).unwrap_or("(none)");
            faults.unless(STATISTICS.contains(&statistic), || format!("{title}: statistic {statistic}"));
            let texts: Vec<String> = parts.into_iter().map(|part| part.as_str().unwrap_or_default().to_owned()).collect();
            let [namespace, name, dimensions @ ..] = texts.as_slice() else {
                faults.0.push(format!("{title}: {metric} is not a metric"));
                continue;
            };
            let dimensions: Vec<(String, String)> =
                dimensions.chunks(2).map(|pair| (pair[0].clone(), pair.last().cloned().unwrap_or_default())).collect();
            faults.0.extend(metric_faults(template, title, namespace, name, &dimensions));
            let about = dimensions.last().map(|(_, value)| value.clone()).unwrap_or_default();
            shown.push(Shown { namespace: namespace.clone(), name: name.clone(), about, y });
        }
    }
    faults.0.extend(order_faults(&shown));
    faults.0
}

/// A metric on the dashboard: what it is of, and how far down it stands.
struct Shown {
    namespace: String,
    name: String,
    about: String,
    y: u64,
}

fn order_faults(shown: &[Shown]) -> Vec<String> {
    let mut faults = Faults::default();
    let place = |namespace: &str, name: &str, about: &str| {
        shown.iter().filter(|s| s.namespace == namespace && s.name == name && s.about == about).map(|s| s.y).min()
    };
    let orders = ["OrdersReceived", "OrdersPosted", "OrdersHeld", "OrdersWaiting", "OldestUnpostedSeconds"];
    for name in orders {
        faults.equal(&format!("{name}: row"), place("Waybill", name, "waybill"), Some(0));
    }
    let depth = "ApproximateNumberOfMessagesVisible";
    for step in queued() {
        let row = place("Waybill", "Handled", step);
        let queue = place("AWS/SQS", depth, &format!("waybill-{step}"));
        faults.unless(row > Some(0) && row < queue, || format!("{step}: no row for the step, then one for its queue"));
    }
    for f in functions() {
        let errors = place("AWS/Lambda", "Errors", &format!("waybill-{}", f.slug));
        faults.unless(errors.is_some(), || format!("{}: errors are not shown", f.slug));
    }
    for slug in mortal() {
        let errors = place("AWS/Lambda", "Errors", &format!("waybill-{slug}"));
        let dead = place("Waybill", "DeadLetters", slug);
        faults.unless(dead.is_some() && errors < dead, || format!("{slug}: dead letters are not shown, or above the errors"));
    }
    faults.0
}

fn unknown_keys(title: &str, object: &Value, known: &[&str]) -> Vec<String> {
    let keys = object.as_object().into_iter().flat_map(|map| map.keys());
    keys.filter(|key| !known.contains(&key.as_str())).map(|key| format!("{title}: unknown key `{key}`")).collect()
}

/// The metric exists with exactly these dimensions, and their values name things that exist.
fn metric_faults(template: &Template, user: &str, namespace: &str, name: &str, dimensions: &[(String, String)]) -> Vec<String> {
    let mut faults = Faults::default();
    let keys: Vec<&str> = dimensions.iter().map(|(key, _)| key.as_str()).collect();
    let exists = METRICS.iter().any(|(ns, dims, names)| *ns == namespace && *dims == keys && names.contains(&name));
    faults.unless(exists, || format!("{user}: nobody writes {namespace} {name} with dimensions {keys:?}"));
    let names_of = |kind: &str, key: &str| -> Vec<String> {
        template.resources(kind).into_values().map(|p| template.text(&p[key])).collect()
    };
    let documented = fs::read_to_string(root().join("docs/ERRORS.md")).unwrap_or_default();
    for (key, value) in dimensions {
        let known = match key.as_str() {
            "Deployment" => value == "waybill",
            "Step" if name == "DeadLetters" => mortal().contains(&value.as_str()),
            "Step" => queued().contains(&value.as_str()) || ["dead-letters", "erp-poll"].contains(&value.as_str()),
            "Code" => documented.contains(&format!("| `{value}` |")),
            "FunctionName" => names_of("AWS::Serverless::Function", "FunctionName").contains(value),
            "QueueName" => names_of("AWS::SQS::Queue", "QueueName").contains(value),
            "ApiId" => value == "Api",
            _ => false,
        };
        faults.unless(known, || format!("{user}: there is no {key} {value}"));
    }
    faults.0
}
