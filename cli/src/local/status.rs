//! What runs, and what lies in the queues.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use super::endpoints::Endpoints;
use super::error::LocalError;
use super::http;
use super::place::Place;
use super::server;

/// Messages of one queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueDepth {
    /// The queue's name.
    pub queue: String,
    /// Ready to be received.
    pub waiting: u64,
    /// Received and not yet deleted.
    pub in_flight: u64,
    /// Sent with a delay that is not over.
    pub delayed: u64,
}

/// The state of an instance.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Whether the server runs and answers.
    pub running: bool,
    /// Its process id, if it runs.
    pub pid: Option<i32>,
    /// Its port, if it runs.
    pub port: Option<u16>,
    /// What is deployed, if anything is.
    pub endpoints: Option<Endpoints>,
    /// Every queue that is not empty.
    pub queues: Vec<QueueDepth>,
    /// The folder of the instance.
    pub state: PathBuf,
    /// Whether it ended without `down`: `up` repairs that.
    pub crashed: bool,
}

/// Looks at an instance.
///
/// # Errors
/// If the folder cannot be used, or the server runs and does not answer.
pub fn status(state: Option<PathBuf>) -> Result<Status, LocalError> {
    let place = Place::find(state.as_deref())?;
    let known = Endpoints::load(&place);
    let Some(running) = server::running(&place)? else {
        return Ok(Status {
            running: false,
            pid: None,
            port: None,
            endpoints: None,
            queues: Vec::new(),
            state: place.state,
            crashed: known.is_some(),
        });
    };
    if !http::healthy(running.port) {
        return Err(LocalError::Answer(format!("process {} runs but port {} is silent", running.pid, running.port)));
    }
    // The file may be of an earlier server, if `up` was interrupted.
    let endpoints = known.filter(|known| known.pid == running.pid);
    let mut queues = Vec::new();
    for (name, url) in endpoints.iter().flat_map(|endpoints| &endpoints.queues) {
        let found = depth(running.port, name, url)?;
        if found.waiting + found.in_flight + found.delayed > 0 {
            queues.push(found);
        }
    }
    Ok(Status {
        running: true,
        pid: Some(running.pid),
        port: Some(running.port),
        endpoints,
        queues,
        state: place.state,
        crashed: false,
    })
}

fn depth(port: u16, name: &str, url: &str) -> Result<QueueDepth, LocalError> {
    let answer = http::call(port, "AmazonSQS.GetQueueAttributes", &json!({"QueueUrl": url, "AttributeNames": ["All"]}))?;
    let number = |attribute: &str| answer["Attributes"][attribute].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(QueueDepth {
        queue: name.to_owned(),
        waiting: number("ApproximateNumberOfMessages"),
        in_flight: number("ApproximateNumberOfMessagesNotVisible"),
        delayed: number("ApproximateNumberOfMessagesDelayed"),
    })
}
