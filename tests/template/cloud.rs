//! The template as AWS would see it: parameters at their defaults, names and ARNs written out.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use crate::yaml;

/// Where the checks believe the template is deployed.
pub const REGION: &str = "eu-west-1";
const ACCOUNT: &str = "123456789012";

/// A parsed template, `Globals` merged into its functions.
#[derive(Clone)]
pub struct Template {
    /// The whole document in long form.
    pub document: Value,
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Template {
    /// Reads the real `template.yaml`.
    pub fn read() -> Self {
        let text = fs::read_to_string(root().join("template.yaml")).expect("template.yaml is readable");
        Self { document: yaml::parse(&text) }
    }

    /// Resources of one type, by logical id.
    pub fn resources(&self, kind: &str) -> BTreeMap<&str, &Value> {
        self.all().filter(|(_, r)| r["Type"] == kind).map(|(id, r)| (id, &r["Properties"])).collect()
    }

    /// All resources with their logical ids.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.document["Resources"].as_object().expect("Resources").iter().map(|(id, r)| (id.as_str(), r))
    }

    /// The properties of the resource with this logical id; null if there is none.
    pub fn properties(&self, id: &str) -> &Value {
        &self.document["Resources"][id]["Properties"]
    }

    /// A property of a function, from the function or else from `Globals`.
    pub fn of_function<'a>(&'a self, function: &'a Value, key: &str) -> &'a Value {
        match function.get(key) {
            Some(value) => value,
            None => &self.document["Globals"]["Function"][key],
        }
    }

    /// The variables of a function: its own and those of `Globals`.
    pub fn environment(&self, function: &Value) -> BTreeMap<String, String> {
        [&self.document["Globals"]["Function"], function]
            .into_iter()
            .filter_map(|part| part["Environment"]["Variables"].as_object())
            .flatten()
            .map(|(name, value)| (name.clone(), self.text(value)))
            .collect()
    }

    /// A value as the text it has once deployed: `Ref`, `Fn::GetAtt` and `Fn::Sub` evaluated.
    pub fn text(&self, value: &Value) -> String {
        match value {
            Value::String(s) => s.clone(),
            Value::Number(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            Value::Object(map) => match (map.get("Ref"), map.get("Fn::GetAtt"), map.get("Fn::Sub")) {
                (Some(Value::String(name)), None, None) => self.reference(name),
                (None, Some(Value::Array(path)), None) => self.attribute(&self.text(&path[0]), &self.text(&path[1])),
                (None, None, Some(Value::String(pattern))) => self.substitute(pattern),
                _ => panic!("not a text: {value}"),
            },
            _ => panic!("not a text: {value}"),
        }
    }

    /// What an alarm asks of Metrics Insights; empty if it is on metrics by name.
    pub fn query(&self, alarm: &Value) -> String {
        let queries = alarm["Metrics"].as_array().into_iter().flatten().filter(|query| query.get("MetricStat").is_none());
        queries.map(|query| self.text(&query["Expression"])).collect()
    }

    /// A value as a number; a parameter counts with the smallest value that it admits.
    pub fn least(&self, value: &Value) -> Option<u64> {
        match value.get("Ref").and_then(Value::as_str) {
            Some(parameter) => self.document["Parameters"][parameter]["MinValue"].as_u64(),
            None => value.as_u64(),
        }
    }

    fn substitute(&self, pattern: &str) -> String {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').expect("${ is closed");
            out.push_str(before);
            out.push_str(&match name.split_once('.') {
                Some((resource, attribute)) => self.attribute(resource, attribute),
                None => self.reference(name),
            });
            rest = tail;
        }
        out + rest
    }

    fn reference(&self, name: &str) -> String {
        match name {
            "AWS::Region" => REGION.to_owned(),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => match self.document["Parameters"].get(name) {
                Some(parameter) => self.text(&parameter["Default"]),
                // What `Ref` returns of a queue is its URL; of a topic, key and managed policy its ARN or id; else the name.
                None => match self.kind(name) {
                    "AWS::SQS::Queue" => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}", self.name(name)),
                    "AWS::SNS::Topic" => self.attribute(name, "TopicArn"),
                    "AWS::KMS::Key" | "AWS::IAM::ManagedPolicy" | "AWS::Serverless::HttpApi" => name.to_owned(),
                    _ => self.name(name),
                },
            },
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> String {
        // The rule that SAM makes of a schedule is named after its function and event.
        if id.ends_with("FunctionTick") && attribute == "Arn" {
            return format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{id}");
        }
        let name = self.name(id);
        let arn = |service: &str, path: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{path}{name}");
        match (self.kind(id), attribute) {
            ("AWS::SQS::Queue", "QueueName") => name,
            ("AWS::SQS::Queue", "Arn") => arn("sqs", ""),
            ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", "table/"),
            ("AWS::DynamoDB::Table", "StreamArn") => arn("dynamodb", "table/") + "/stream/latest",
            ("AWS::Logs::LogGroup", "Arn") => arn("logs", "log-group:") + ":*",
            ("AWS::SNS::Topic", "TopicArn") => arn("sns", ""),
            ("AWS::Events::EventBus", "Arn") => arn("events", "event-bus/"),
            ("AWS::Events::Rule", "Arn") => arn("events", "rule/"),
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{id}"),
            (kind, _) => panic!("`{id}.{attribute}` ({kind}) is not known to these checks"),
        }
    }

    fn kind(&self, id: &str) -> &str {
        self.document["Resources"][id]["Type"].as_str().unwrap_or_else(|| panic!("no resource or parameter `{id}`"))
    }

    fn name(&self, id: &str) -> String {
        let properties = self.properties(id);
        ["QueueName", "TableName", "LogGroupName", "TopicName", "FunctionName", "Name", "AlarmName", "DashboardName"]
            .iter()
            .find_map(|key| properties.get(key))
            .map_or_else(|| id.to_owned(), |value| self.text(value))
    }
}
