//! The API for clients: warehouses and ERPs report what left and what came back, and read what is to be shipped. Over HTTP they sign; what
//! comes from the bus was let in by IAM.
//!
//! Nothing is stored before everything about a request was found right, and a request that failed because of us may be sent again as it is.

mod answer;
mod bus;
mod gate;

use waybill_contracts::Fulfilment;
use waybill_contracts::report::{self as wire, Body, Fault};
use waybill_domain::shipment::order_of_fulfilment;
use waybill_domain::{OrderKey, StoreSlug};

use super::bounded::{Cut, bounded};
use super::report::{Refusal, Report, fulfilment, report};
use crate::error::StepError;
use crate::ports::{ClientSignatures, Clients, Configs, Idempotency, Orders, Runtime, Scope, Snapshots, Storefront};

pub use answer::ApiAnswer;
pub use bus::from_bus;
use gate::Caller;

/// A longer body is refused: 256 KiB. The largest report that is allowed has a fifth of it.
pub const MAX_BODY: usize = 256 << 10;

/// A request that is not answered after so many milliseconds is answered with 503: before the function's 20 seconds end.
const ANSWERED_WITHIN: u32 = 15_000;

/// What this function needs.
pub trait Ports: Clients + ClientSignatures + Idempotency + Orders + Snapshots + Configs + Storefront + Runtime {}
impl<T: Clients + ClientSignatures + Idempotency + Orders + Snapshots + Configs + Storefront + Runtime> Ports for T {}

/// A request as it came over the network: nothing in it is believed yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiRequest {
    /// In capitals.
    pub method: String,
    /// Without host, stage and query: `/v1/shipments/shop`.
    pub path: String,
    /// `X-Waybill-Client`.
    pub client: Option<String>,
    /// `X-Waybill-Timestamp`.
    pub timestamp: Option<String>,
    /// `X-Waybill-Signature`.
    pub signature: Option<String>,
    /// The raw bytes.
    pub body: Vec<u8>,
}

/// What a request asks for, by its method and path alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route<'a> {
    Shipment { store: &'a str },
    Return { store: &'a str },
    Read { id: &'a str },
    Status { id: &'a str },
}

impl<'a> Route<'a> {
    fn of(request: &'a ApiRequest) -> Option<Self> {
        let (kind, name) = request.path.strip_prefix("/v1/")?.split_once('/')?;
        match (request.method.as_str(), kind) {
            ("POST", "shipments") => Some(Route::Shipment { store: name }),
            ("POST", "returns") => Some(Route::Return { store: name }),
            ("GET", "fulfilments") => Some(Route::Read { id: name }),
            ("POST", "fulfilments") => Some(Route::Status { id: name }),
            _ => None,
        }
    }

    fn scope(self) -> Scope {
        match self {
            Route::Shipment { .. } => Scope::Shipments,
            Route::Return { .. } => Scope::Returns,
            Route::Read { .. } | Route::Status { .. } => Scope::Fulfilments,
        }
    }
}

/// What is to be done for a request that is right as far as it can be seen without the order.
enum Work {
    /// With the line ids as they were sent.
    Report(OrderKey, Report, Vec<u64>),
    Read(OrderKey),
}

/// Answers a request, in time whatever hangs. What was cut off may have been stored, so it says what a crash would have it say: send it again.
pub async fn handle(ports: &impl Ports, request: &ApiRequest) -> ApiAnswer {
    match bounded(ports, ANSWERED_WITHIN, judged(ports, request)).await {
        Ok(answer) => answer,
        Err(cut @ Cut::Panicked) => ApiAnswer::failed(&StepError::Defect { reason: cut.reason().to_owned() }),
        Err(cut @ Cut::TooLong) => {
            let reason = cut.reason().to_owned();
            ApiAnswer::failed(&StepError::Retryable { endpoint: None, after_seconds: 5, reason })
        }
    }
}

async fn judged(ports: &impl Ports, request: &ApiRequest) -> ApiAnswer {
    let Some(route) = Route::of(request) else {
        return ApiAnswer::refused(&refusal(404, "route_unknown", None, "there is no such operation"));
    };
    if request.body.len() > MAX_BODY {
        let message = format!("the body has more than {MAX_BODY} bytes");
        return ApiAnswer::refused(&refusal(413, "body_too_large", None, &message));
    }
    let caller = match gate::admit(ports, request).await {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    let answer = match work(&caller, route, &request.body) {
        Ok(work) => once(ports, &caller, work).await,
        Err(refusal) => ApiAnswer::refused(&refusal),
    };
    ApiAnswer { client: Some(caller.slug), ..answer }
}

/// Judges everything that can be judged without a table.
fn work(caller: &Caller, route: Route<'_>, body: &[u8]) -> Result<Work, Refusal> {
    caller.has(route.scope())?;
    let unknown = || refusal(404, "fulfilment_unknown", None, "there is no such fulfilment");
    match route {
        Route::Shipment { store } => {
            let store = caller.store(store)?;
            let body = Body::read(body)?;
            let sent = body.sent_lines();
            let (key, shipment) = wire::shipment(body, &store)?;
            Ok(Work::Report(key, Report::Shipment(shipment), sent))
        }
        Route::Return { store } => {
            let store = caller.store(store)?;
            let body = Body::read(body)?;
            let sent = body.sent_lines();
            let (key, returned, currency) = wire::returned(body, &store)?;
            Ok(Work::Report(key, Report::Return { returned, currency }, sent))
        }
        Route::Read { id } => {
            let key = order_of_fulfilment(id).ok_or_else(unknown)?;
            caller.store(key.store.as_str())?;
            Ok(Work::Read(key))
        }
        Route::Status { id } => {
            let key = order_of_fulfilment(id).ok_or_else(unknown)?;
            caller.store(key.store.as_str())?;
            Ok(Work::Report(key, Report::Fulfilment(wire::fulfilment(Body::read(body)?)?), Vec::new()))
        }
    }
}

/// Does the work under the claim of the request's signature. The claim stays when the answer is the client's own doing, and is given back
/// when it is ours, so that the same request may come again. How a report was taken is noted on it: who sends it twice, because the first
/// answer was lost, learns that there is nothing left to send.
async fn once(ports: &impl Ports, caller: &Caller, work: Work) -> ApiAnswer {
    let token = match gate::claim(ports, caller).await {
        Ok(token) => token,
        Err(answer) => return answer,
    };
    let is_report = matches!(work, Work::Report(..));
    let answer = answer(ports, caller, work).await;
    let ended = match answer.status {
        500.. => ports.give_back(&caller.claim, &token).await,
        200 if is_report => ports.complete(&caller.claim, &token, answer.outcome, caller.until).await,
        _ => Ok(true),
    };
    if let Err(error) = ended {
        tracing::warn!(client = %caller.slug, %error, "how it ended is not on the signature's claim: to send it again, the client has to sign anew");
    }
    answer
}

async fn answer(ports: &impl Ports, caller: &Caller, work: Work) -> ApiAnswer {
    match work {
        Work::Report(key, what, sent) => {
            let reported = report(ports, &key, what, caller.slug.as_str()).await;
            let answer = match reported {
                Ok(Ok(reported)) => ApiAnswer::reported(&key, reported),
                Ok(Err(refusal)) => ApiAnswer::refused(&as_sent(refusal, &sent)),
                Err(error) => ApiAnswer::failed(&error),
            };
            ApiAnswer { order: Some(key), ..answer }
        }
        Work::Read(key) => {
            let answer = match fulfilment(ports, &key).await {
                Ok(Some(found)) => ApiAnswer::read(&Fulfilment::from(found)),
                Ok(None) => ApiAnswer::refused(&refusal(404, "fulfilment_unknown", None, "there is no such fulfilment")),
                Err(error) => ApiAnswer::failed(&error),
            };
            ApiAnswer { order: Some(key), ..answer }
        }
    }
}

/// Names a line by where its sender put it: the order counts its lines by their ids.
fn as_sent(refusal: Refusal, sent: &[u64]) -> Refusal {
    let place = |field: &str| {
        let (number, rest) = field.strip_prefix("lines[")?.split_once(']')?;
        let mut by_id = sent.to_vec();
        by_id.sort_unstable();
        let line = by_id.get(number.parse::<usize>().ok()?)?;
        let place = sent.iter().position(|sent| sent == line)?;
        Some(format!("lines[{place}]{rest}"))
    };
    match refusal.field.as_deref().and_then(place) {
        Some(field) => Refusal { field: Some(field), ..refusal },
        None => refusal,
    }
}

fn refusal(status: u16, code: &'static str, field: Option<&str>, message: &str) -> Refusal {
    Refusal { status, code, field: field.map(str::to_owned), message: message.to_owned() }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let (status, code) = match fault.kind {
            wire::FaultKind::Unreadable => (400, "body_unreadable"),
            wire::FaultKind::Missing => (422, "field_missing"),
            wire::FaultKind::Unknown => (422, "field_unknown"),
            wire::FaultKind::Invalid => (422, "field_invalid"),
        };
        Refusal { status, code, field: fault.field, message: fault.message }
    }
}

impl Caller {
    fn has(&self, scope: Scope) -> Result<(), Refusal> {
        if self.client.scopes.contains(&scope) {
            return Ok(());
        }
        let name = match scope {
            Scope::Shipments => "shipments",
            Scope::Returns => "returns",
            Scope::Fulfilments => "fulfilments",
        };
        Err(refusal(403, "scope_missing", None, &format!("this client has not the scope {name}")))
    }

    /// The store, if the client works for it. The answer does not tell whether there is such a store.
    fn store(&self, name: &str) -> Result<StoreSlug, Refusal> {
        let store = self.client.stores.iter().find(|store| store.as_str() == name);
        store.cloned().ok_or_else(|| refusal(403, "store_not_allowed", None, "this client does not work for this store"))
    }
}
