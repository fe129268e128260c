//! What an answer to a push proves. The rules are those of the contract, chapter *Answers*.

use serde::Deserialize;
use waybill_domain::WarehouseSlug;
use waybill_workflow::CallError;

use crate::http::{Answer, Cause, Failure};

/// What is read of a refusal: a code. Its message may hold anything, and is not read.
#[derive(Deserialize)]
struct ErrorBody {
    code: String,
}

/// An answer that came whole.
pub(super) fn judge(answer: &Answer) -> Result<(), CallError> {
    let after_seconds = answer.retry_after().and_then(|wait| u32::try_from(wait.as_secs().max(1)).ok());
    by_status(answer.status, after_seconds, code(answer).as_deref())
}

/// No answer, or the beginning of one.
pub(super) fn no_answer(failure: Failure) -> Result<(), CallError> {
    match failure {
        Failure::NotSent(Cause::Request) => Err(unwritable()),
        // The body would not have mattered.
        Failure::Broken { status, .. } => by_status(status, None, None),
        Failure::NotSent(_) | Failure::NoAnswer(_) => Err(CallError::Down { reason: format!("push: {failure}") }),
    }
}

fn by_status(status: u16, after_seconds: Option<u32>, code: Option<&str>) -> Result<(), CallError> {
    let reason = format!("push: status {status}");
    match status {
        200..=299 => Ok(()),
        429 => Err(CallError::Busy { after_seconds, reason }),
        503 if after_seconds.is_some() => Err(CallError::Busy { after_seconds, reason }),
        // It concerns all pushes, not this one: a redirect, a login, nobody there under this address, a request that did not get through.
        300..=399 | 401 | 403 | 404 | 405 | 407 | 408 | 425 => Err(CallError::Down { reason }),
        400..=499 => {
            let said = code.map_or(String::new(), |code| format!(" ({code})"));
            Err(refused("warehouse_refused", format!("the warehouse refuses the fulfilment with status {status}{said}")))
        }
        _ => Err(CallError::Down { reason }),
    }
}

/// The code of an error object, if it has the form of one: lower case, digits and `_`, at most 64.
fn code(answer: &Answer) -> Option<String> {
    let code = answer.json::<ErrorBody>()?.code;
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    ((1..=64).contains(&code.len()) && code.bytes().all(letter)).then_some(code)
}

/// There is nothing to sign with.
pub(super) fn secret_missing(warehouse: &WarehouseSlug) -> CallError {
    let message =
        format!("there is no secret to sign with for the warehouse {warehouse}; make one with `waybill client add {warehouse}`");
    refused("warehouse_secret_missing", message)
}

/// The warehouse's configuration cannot be used; nothing was sent.
pub(super) fn config_invalid(message: &str) -> CallError {
    refused("warehouse_config_invalid", message.to_owned())
}

/// The request could not be built; nothing was sent.
pub(super) fn unwritable() -> CallError {
    config_invalid("no request can be made for the warehouse's address")
}

fn refused(code: &str, message: String) -> CallError {
    CallError::Refused { code: code.to_owned(), message }
}
