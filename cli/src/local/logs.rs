//! The logs of the functions and of the bus, from the local CloudWatch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::endpoints::Endpoints;
use super::error::LocalError;
use super::http;

/// The platform's own lines around each invocation.
const PLATFORM: [&str; 3] = ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "];

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Milliseconds since 1970, when the invocation ended.
    pub at: u64,
    /// The function's slug, or `facts` for the bus.
    pub source: String,
    /// The line.
    pub message: String,
}

/// Reads the logs of a running system, each line once.
#[derive(Debug)]
pub struct Logs {
    port: u16,
    /// Source to log group.
    groups: BTreeMap<String, String>,
    /// Source to the number of lines handed out.
    read: BTreeMap<String, usize>,
}

impl Logs {
    /// Of one source, or of all.
    ///
    /// # Errors
    /// If nothing runs, or there is no such source.
    pub fn of(state: Option<PathBuf>, source: Option<&str>) -> Result<Self, LocalError> {
        let endpoints = super::endpoints(state)?.ok_or(LocalError::NotRunning)?;
        let mut groups = sources(&endpoints);
        if let Some(asked) = source {
            let known = groups.keys().cloned().collect::<Vec<_>>().join(", ");
            groups.retain(|name, _| name == asked);
            if groups.is_empty() {
                return Err(LocalError::NoSuchLog { asked: asked.to_owned(), known });
            }
        }
        Ok(Self { port: endpoints.port, groups, read: BTreeMap::new() })
    }

    /// The lines that came since the last call, oldest first.
    ///
    /// # Errors
    /// If the local AWS does not answer.
    pub fn next_lines(&mut self) -> Result<Vec<LogLine>, LocalError> {
        let mut fresh = Vec::new();
        for (source, group) in &self.groups {
            let lines = all_lines(self.port, source, group)?;
            let read = self.read.insert(source.clone(), lines.len()).unwrap_or(0);
            fresh.extend(lines.into_iter().skip(read));
        }
        fresh.sort_by_key(|line| line.at);
        Ok(fresh)
    }
}

/// The log groups, by the name a person would use.
fn sources(endpoints: &Endpoints) -> BTreeMap<String, String> {
    let functions = format!("/aws/lambda/{}-", endpoints.deployment);
    let named = endpoints.log_groups.iter().filter_map(|group| {
        let name = group.strip_prefix(&functions).or_else(|| group.starts_with("/aws/events/").then_some("facts"))?;
        Some((name.to_owned(), group.clone()))
    });
    named.collect()
}

/// The local system is small and short-lived, so the whole log is read; events have no order but their time.
fn all_lines(port: u16, source: &str, group: &str) -> Result<Vec<LogLine>, LocalError> {
    let mut lines = Vec::new();
    let mut input = json!({"logGroupName": group});
    loop {
        let answer = http::call(port, "Logs_20140328.FilterLogEvents", &input)?;
        let events = answer["events"].as_array().map_or(&[][..], Vec::as_slice);
        lines.extend(events.iter().filter_map(|event| line(source, event)));
        match answer["nextToken"].as_str() {
            Some(token) if !events.is_empty() => input["nextToken"] = token.into(),
            _ => return Ok(lines),
        }
    }
}

fn line(source: &str, event: &Value) -> Option<LogLine> {
    let message = event["message"].as_str()?.trim_end();
    if message.is_empty() || PLATFORM.iter().any(|mark| message.starts_with(mark)) {
        return None;
    }
    Some(LogLine { at: event["timestamp"].as_u64()?, source: source.to_owned(), message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{LogLine, line};
    use serde_json::json;

    #[test]
    fn platform_lines_are_left_out() {
        assert_eq!(line("relay", &json!({"timestamp": 1, "message": "START RequestId: x Version: $LATEST"})), None);
        let kept = line("relay", &json!({"timestamp": 2, "message": "{\"level\":\"INFO\"}\n"}));
        assert_eq!(kept, Some(LogLine { at: 2, source: "relay".into(), message: "{\"level\":\"INFO\"}".into() }));
    }
}
