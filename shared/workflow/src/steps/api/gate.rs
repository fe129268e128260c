//! Who calls: the client's signature, its time, and that it was not used before.

use waybill_domain::{At, ClientSlug, ContentHash};

use super::{ApiAnswer, ApiRequest, Ports, refusal};
use crate::error::Unavailable;
use crate::ports::{Claim, Client, SignedRequest};

/// How far a request's time may be off, in seconds, either way.
const WINDOW: i64 = 300;
/// A used signature is remembered for so much longer than its window, in seconds: the clocks of two invocations differ.
const MARGIN: i64 = 60;

/// The headers of a signed request.
const CLIENT: &str = "X-Waybill-Client";
const TIMESTAMP: &str = "X-Waybill-Timestamp";
const SIGNATURE: &str = "X-Waybill-Signature";

/// A client that signed.
pub(super) struct Caller {
    pub(super) slug: ClientSlug,
    pub(super) client: Client,
    /// The key under which the signature counts as used.
    pub(super) claim: String,
    /// Hash of the claim's key: a claim has a payload.
    payload: ContentHash,
    /// When the signature is worth nothing any more.
    pub(super) until: At,
}

/// The client, if it signed this request within the window.
///
/// # Errors
/// The answer: 401 (the same one for a client that there is not and for a signature that is wrong), or 503.
pub(super) async fn admit(ports: &impl Ports, request: &ApiRequest) -> Result<Caller, ApiAnswer> {
    let header = |value: &Option<String>, name: &str| {
        let missing = || ApiAnswer::refused(&refusal(401, "signature_missing", Some(name), "must be given"));
        value.clone().filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let name = header(&request.client, CLIENT)?;
    let timestamp = header(&request.timestamp, TIMESTAMP)?;
    let signature = header(&request.signature, SIGNATURE)?;
    let signed_at = in_window(&timestamp, ports.now())?;
    let signed = SignedRequest { timestamp: &timestamp, method: &request.method, path: &request.path, body: &request.body };
    let found = authentic(ports, &name, &signed, &signature).await.map_err(|error| ApiAnswer::failed(&error.into()))?;
    let Some((slug, client)) = found else {
        let message = "no client of this name signed this request; see the API's description for what is signed";
        return Err(ApiAnswer::refused(&refusal(401, "signature_invalid", None, message)));
    };
    let claim = format!("replay/{slug}/{signature}");
    let until = At(signed_at.saturating_add(WINDOW).saturating_add(MARGIN).saturating_mul(1000));
    Ok(Caller { slug, client, payload: ContentHash::of(claim.as_bytes()), claim, until })
}

/// The time in seconds, if it is within the window.
fn in_window(timestamp: &str, now: At) -> Result<i64, ApiAnswer> {
    let digits = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| timestamp.parse::<i64>().ok()).flatten();
    seconds.filter(|seconds| now.seconds().saturating_sub(*seconds).abs() <= WINDOW).ok_or_else(|| {
        let message = format!("must be the time of signing in seconds since 1970, within {WINDOW} s of {}", now.seconds());
        ApiAnswer::refused(&refusal(401, "timestamp_outside_window", Some(TIMESTAMP), &message))
    })
}

/// A mismatch is checked against fresh secrets once: they may have been rotated. For a client that there is not as much is done.
async fn authentic(
    ports: &impl Ports,
    name: &str,
    signed: &SignedRequest<'_>,
    signature: &str,
) -> Result<Option<(ClientSlug, Client)>, Unavailable> {
    let slug: Option<ClientSlug> = name.parse().ok();
    for fresh in [false, true] {
        let client = match &slug {
            Some(slug) => ports.client(slug, fresh).await?.unwrap_or_default(),
            None => Client::default(),
        };
        if ports.is_signed(&client.secrets, signed, signature) {
            return Ok(slug.map(|slug| (slug, client)));
        }
    }
    Ok(None)
}

/// Takes the signature, which is accepted once.
///
/// # Errors
/// The answer: 409 if it was used before, 503 if that cannot be told.
pub(super) async fn claim(ports: &impl Ports, caller: &Caller) -> Result<String, ApiAnswer> {
    match ports.claim(&caller.claim, &caller.payload, ports.now(), caller.until).await {
        Ok(Claim::Fresh(token)) => Ok(token),
        Ok(Claim::Done(outcome)) => {
            let message = format!("this very request was taken before, and answered with {outcome:?}: nothing is left to send");
            Err(ApiAnswer::refused(&refusal(409, "signature_replayed", Some(SIGNATURE), &message)))
        }
        Ok(Claim::InFlight | Claim::Mismatch) => {
            let message = "this signature was used before; sign anew, with the time of now";
            Err(ApiAnswer::refused(&refusal(409, "signature_replayed", Some(SIGNATURE), message)))
        }
        Err(error) => Err(ApiAnswer::failed(&error.into())),
    }
}
