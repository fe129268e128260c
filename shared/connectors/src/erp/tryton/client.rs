//! Sends a request and judges the answer. The only place that knows the key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use waybill_domain::{At, ErpConfig};
use waybill_workflow::CallError;

use super::clock::Clock;
use super::error::Verdict;
use crate::erp::connection;
use crate::erp::refusals::config_invalid;
use crate::http::Http;

/// Tries of a request that meets contention, for those who can wait.
const TRIES: u32 = 4;
/// The first pause between two of them; the next is twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// One request. Whatever is not a `GET` changes something.
pub(super) struct Call {
    /// What it is about, for reasons: `sale`.
    about: &'static str,
    method: Method,
    model: &'static str,
    id: Option<u64>,
    button: Option<&'static str>,
    query: Vec<(&'static str, String)>,
    context: Map<String, Value>,
    body: Option<Value>,
}

impl Call {
    fn new(about: &'static str, method: Method, model: &'static str, fields: &[&str]) -> Self {
        let query = fields.iter().map(|field| ("f", (*field).to_owned())).collect();
        Self { about, method, model, id: None, button: None, query, context: Map::new(), body: None }
    }

    /// The records of a domain, by id.
    pub(super) fn search(about: &'static str, model: &'static str, fields: &[&str], domain: &Value) -> Self {
        let mut call = Self::new(about, Method::GET, model, fields);
        call.query.push(("d", URL_SAFE.encode(domain.to_string())));
        call.query.push(("o", URL_SAFE.encode(r#"[["id","ASC"]]"#)));
        call
    }

    /// One record.
    pub(super) fn get(about: &'static str, model: &'static str, id: u64, fields: &[&str]) -> Self {
        Self { id: Some(id), ..Self::new(about, Method::GET, model, fields) }
    }

    /// Makes a record, and answers these fields of it.
    pub(super) fn create(about: &'static str, model: &'static str, fields: &[&str], body: Value) -> Self {
        Self { body: Some(body), ..Self::new(about, Method::POST, model, fields) }
    }

    /// Changes a record.
    pub(super) fn update(about: &'static str, model: &'static str, id: u64, fields: &[&str], body: Value) -> Self {
        Self { id: Some(id), body: Some(body), ..Self::new(about, Method::PUT, model, fields) }
    }

    /// Deletes a record.
    pub(super) fn delete(about: &'static str, model: &'static str, id: u64) -> Self {
        Self { id: Some(id), ..Self::new(about, Method::DELETE, model, &[]) }
    }

    /// Presses a button of a record.
    pub(super) fn press(about: &'static str, model: &'static str, id: u64, button: &'static str, fields: &[&str]) -> Self {
        // A body that is not JSON is refused, an empty one too.
        let body = Some(json!({}));
        Self { id: Some(id), button: Some(button), body, ..Self::new(about, Method::POST, model, fields) }
    }

    /// Adds to the context that models work in.
    pub(super) fn context(mut self, name: &str, value: Value) -> Self {
        self.context.insert(name.to_owned(), value);
        self
    }

    /// At most so many records, after so many.
    pub(super) fn page(mut self, size: usize, offset: usize) -> Self {
        self.query.push(("s", size.to_string()));
        self.query.push(("p", offset.to_string()));
        self
    }

    /// Whether it is about one record, which may not exist.
    pub(super) fn is_of_record(&self) -> bool {
        self.id.is_some()
    }

    /// Never with content: what was asked, and a reason in our own words.
    pub(super) fn reason(&self, reason: &str) -> String {
        let what = self.button.unwrap_or(self.method.as_str());
        format!("{what} {}: {reason}", self.about)
    }

    fn path<'a>(&'a self, database: &'a str, id: Option<&'a str>) -> Vec<&'a str> {
        let mut path = vec![database, "rest", "model", self.model];
        path.extend(id);
        path.extend(self.button);
        path
    }
}

/// A good answer.
pub(super) struct Reply<T> {
    pub(super) body: T,
    /// By Tryton's clock: surely not before the request was made.
    pub(super) began: Option<At>,
    /// By Tryton's clock: surely not after the answer was made.
    pub(super) ended: Option<At>,
}

/// A connection to one database. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    http: Http,
    database: String,
    authorization: HeaderValue,
    clock: Arc<Clock>,
    timeout: Duration,
    company: Option<u64>,
    /// When a sequence of calls has to be over.
    until: Option<Instant>,
    /// How often a request that meets contention is sent.
    tries: u32,
}

impl Client {
    pub(super) fn new(config: &ErpConfig, key: &str) -> Result<Self, CallError> {
        let database = config.database.clone().filter(|name| !name.trim().is_empty());
        let database =
            database.ok_or_else(|| config_invalid("Tryton needs the name of its database: `waybill erp add --database`"))?;
        Ok(Self {
            http: connection::http(config)?,
            database,
            authorization: connection::bearer(key)?,
            clock: Arc::new(Clock::new()),
            timeout: Duration::from_secs(u64::from(config.timeout_seconds.max(1))),
            company: None,
            until: None,
            tries: 1,
        })
    }

    /// On behalf of a company.
    pub(super) fn of_company(&self, company: u64) -> Self {
        Self { company: Some(company), ..self.clone() }
    }

    /// For a sequence of calls that together may take twice as long as one: less than the function lives that makes them, and more than
    /// Tryton needs when it is busy, because a sequence that is broken off is dearer than one that is slow.
    pub(super) fn for_sequence(&self) -> Self {
        Self { until: Instant::now().checked_add(self.timeout.saturating_mul(2)), ..self.clone() }
    }

    /// For what has to be brought to an end: what meets contention is sent again.
    pub(super) fn patient(&self) -> Self {
        Self { tries: TRIES, ..self.clone() }
    }

    /// The body of a good answer; anything else is a [`Verdict`].
    pub(super) async fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Verdict> {
        self.reply(call).await.map(|reply| reply.body)
    }

    /// The same, and when. What Tryton trips over is sent once more if it does not trip over everything.
    pub(super) async fn reply<T: DeserializeOwned>(&self, call: &Call) -> Result<Reply<T>, Verdict> {
        match self.patiently(call).await {
            Err(trip) if trip.is_trip() && self.trips_over_all().await => Err(trip.trips_over_all()),
            Err(trip) if trip.is_trip() => self.patiently(call).await,
            ended => ended,
        }
    }

    /// Whether it cannot answer what it surely has.
    async fn trips_over_all(&self) -> bool {
        let Some(company) = self.company else { return false };
        self.send::<Value>(&Call::get("company", "company.company", company, &["rec_name"])).await.is_err()
    }

    async fn patiently<T: DeserializeOwned>(&self, call: &Call) -> Result<Reply<T>, Verdict> {
        let mut pause = PAUSE;
        for _ in 1..self.tries {
            match self.send(call).await {
                Err(verdict) if verdict.is_contention() => {}
                ended => return ended,
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        self.send(call).await
    }

    async fn send<T: DeserializeOwned>(&self, call: &Call) -> Result<Reply<T>, Verdict> {
        let began = Instant::now();
        let left = self.until.map_or(self.timeout, |until| until.saturating_duration_since(began).min(self.timeout));
        if left.is_zero() {
            return Err(Verdict::out_of_time(call));
        }
        let id = call.id.map(|id| id.to_string());
        let mut request = self.http.request(call.method.clone(), &call.path(&self.database, id.as_deref()));
        let mut context = call.context.clone();
        if let Some(company) = self.company {
            context.insert("company".to_owned(), company.into());
        }
        request = request
            .timeout(left)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json")
            // Messages are shown to people and must not depend on the key's user.
            .header(ACCEPT_LANGUAGE, "en")
            .header("X-Tryton-Context", URL_SAFE.encode(Value::Object(context).to_string()))
            .query(&call.query);
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let answer = self.http.send(request).await.map_err(|failure| Verdict::no_answer(call, failure))?;
        if !answer.is_success() {
            return Err(Verdict::judge(call, &answer));
        }
        let date = answer.header(&DATE).and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let date = date.map(|date| At(date.timestamp().as_millisecond()));
        if let Some(date) = date {
            self.clock.hear(date);
        }
        // A deletion is answered by nothing.
        let body = if answer.body().is_empty() { serde_json::from_value(Value::Null).ok() } else { answer.json() };
        let body = body.ok_or_else(|| Verdict::unreadable(call, answer.status))?;
        // The header shows whole seconds: the answer was made before the next one.
        Ok(Reply { body, began: date.and(self.clock.at(began)), ended: date.map(|date| date.plus_seconds(1)) })
    }
}
