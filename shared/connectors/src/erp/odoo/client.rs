//! Sends a call over the transport that the server's version has, and judges the answer. The only place that knows the token.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use reqwest::Method;
use reqwest::header::{DATE, HeaderValue};
use serde_json::{Value, json};
use waybill_domain::{At, ErpConfig};
use waybill_workflow::CallError;

use super::call::Call;
use super::error::Verdict;
use super::transport::{self, Caller, Spoken};
use super::versions::Version;
use crate::erp::refusals::config_invalid;
use crate::erp::scrub::Scrub;
use crate::erp::{connection, text};
use crate::http::{Failure, Http};

/// How often a call that met contention is sent at once again, where its caller may not simply give up. The server has tried five times
/// before it says so.
const TRIES: usize = 3;

/// A connection to one server. Clones share it, and what was learned of the server.
#[derive(Clone)]
pub(super) struct Client {
    shared: Arc<Shared>,
    /// The company on whose behalf calls are made.
    company: Option<u64>,
}

struct Shared {
    http: Http,
    bearer: HeaderValue,
    token: String,
    database: String,
    user: Option<String>,
    version: Mutex<Option<Version>>,
    uid: OnceLock<u64>,
    /// How long a transaction may go on after its client has hung up, in seconds.
    settle_seconds: u32,
}

impl Client {
    pub(super) fn new(config: &ErpConfig, token: &str) -> Result<Self, CallError> {
        let database = config.database.clone().filter(|name| !name.is_empty() && HeaderValue::from_str(name).is_ok());
        let shared = Shared {
            http: connection::http(config)?,
            bearer: connection::bearer(token)?,
            token: token.to_owned(),
            database: database.ok_or_else(|| config_invalid("Odoo needs the name of its database (--database)"))?,
            user: config.user.clone().filter(|user| !user.is_empty()),
            version: Mutex::new(None),
            uid: OnceLock::new(),
            settle_seconds: config.settle_seconds,
        };
        Ok(Self { shared: Arc::new(shared), company: None })
    }

    pub(super) fn of_company(&self, company: u64) -> Self {
        Self { shared: self.shared.clone(), company: Some(company) }
    }

    /// What the method returned.
    pub(super) async fn call(&self, call: Call, scrub: &Scrub) -> Result<Value, CallError> {
        Ok(self.exchange(call, scrub).await?.value)
    }

    /// The same, with the time by the server's clock before which nothing can have happened that the answer does not show. A transaction
    /// shows its own beginning as its time and becomes visible at its end, so that is as far back as one may go on.
    pub(super) async fn call_at(&self, call: Call, scrub: &Scrub) -> Result<(Value, At), CallError> {
        let about = call.reason("an answer without a time");
        let spoken = self.exchange(call, scrub).await?;
        let date = spoken.answer.header(&DATE).and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let date = date.ok_or(CallError::Down { reason: about })?;
        Ok((spoken.value, At(date.timestamp().as_millisecond()).minus_seconds(self.shared.settle_seconds)))
    }

    /// As [`Client::call`], again at once when the server met contention: for what may not simply be given up.
    pub(super) async fn insist(&self, call: impl Fn() -> Call, scrub: &Scrub) -> Result<Value, CallError> {
        let mut result = self.call(call(), scrub).await;
        for _ in 1..TRIES {
            let Err(CallError::Busy { .. }) = result else { break };
            result = self.call(call(), scrub).await;
        }
        result
    }

    async fn exchange(&self, mut call: Call, scrub: &Scrub) -> Result<Spoken, CallError> {
        if let Some(company) = self.company {
            call.context.entry("allowed_company_ids").or_insert_with(|| json!([company]));
        }
        let Shared { http, bearer, token, database, .. } = &*self.shared;
        let heard = if self.version().await?.has_json2() {
            let request = transport::json2(http, bearer, database, &call);
            http.send(request).await.map_err(Verdict::NoAnswer).and_then(transport::heard_json2)
        } else {
            let caller = Caller { database, token, uid: self.uid().await? };
            let request = transport::jsonrpc(http, &caller, &call);
            http.send(request).await.map_err(Verdict::NoAnswer).and_then(transport::heard_jsonrpc)
        };
        heard.map_err(|verdict| {
            let error = verdict.into_error(&call, scrub);
            // What this version should know it does not: it may have become another one.
            if matches!(&error, CallError::Refused { code, .. } if ["erp_rejected", "erp_unsupported"].contains(&code.as_str())) {
                *self.known_version() = None;
            }
            error
        })
    }

    /// The server's version, asked once as long as it fits. `/jsonrpc` has said it since long ago; servers that lost that say it at `/web/version`.
    pub(super) async fn version(&self) -> Result<Version, CallError> {
        if let Some(version) = *self.known_version() {
            return Ok(version);
        }
        let http = &self.shared.http;
        let request = transport::service(http, "common", "version", &json!([]));
        let said = match http.send(request).await.map_err(no_version)? {
            answer if matches!(answer.status, 404 | 405 | 410) => {
                let request = http.request(Method::GET, &["web", "version"]);
                let answer = http.send(request).await.map_err(no_version)?;
                answer.json::<Value>().and_then(|said| Version::of(said.get("version_info")?))
            }
            answer => {
                transport::heard_jsonrpc(answer).ok().and_then(|spoken| Version::of(spoken.value.get("server_version_info")?))
            }
        };
        let version = said.ok_or_else(|| down("the server does not say which version of Odoo it is"))?.supported()?;
        *self.known_version() = Some(version);
        Ok(version)
    }

    fn known_version(&self) -> std::sync::MutexGuard<'_, Option<Version>> {
        self.shared.version.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the token's user, asked once; only `/jsonrpc` wants it.
    async fn uid(&self) -> Result<u64, CallError> {
        if let Some(uid) = self.shared.uid.get() {
            return Ok(*uid);
        }
        let Shared { http, token, database, user, .. } = &*self.shared;
        let Some(user) = user else {
            return Err(config_invalid("Odoo 16 to 18 need the login that the API key belongs to (--user)"));
        };
        let request = transport::service(http, "common", "authenticate", &json!([database, user, token, {}]));
        let heard = http.send(request).await.map_err(Verdict::NoAnswer).and_then(transport::heard_jsonrpc);
        match heard.map(|spoken| spoken.value.as_u64()) {
            Ok(Some(uid)) => Ok(*self.shared.uid.get_or_init(|| uid)),
            Ok(None) => Err(down("the login and token are not accepted")),
            // Whatever it is, without this nothing can be done; a server that has no such database fails here too.
            Err(Verdict::Bare(head)) => Err(down(&format!("status {} to the login", head.status))),
            Err(Verdict::NoAnswer(failure)) => Err(no_version(failure)),
            Err(Verdict::Unreadable { .. } | Verdict::Said(..)) => Err(down("the database cannot be logged in to")),
        }
    }

    /// Product and version, for people.
    pub(super) async fn greeting(&self) -> Result<String, CallError> {
        Ok(text::short(&format!("Odoo {}", self.version().await?.number())))
    }
}

fn no_version(failure: Failure) -> CallError {
    down(&failure.to_string())
}

fn down(reason: &str) -> CallError {
    CallError::Down { reason: format!("connecting to Odoo: {reason}") }
}
