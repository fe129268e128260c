//! What an answer of a store's REST API proves about a write. WooCommerce's own refusal proves that nothing was done. Whatever else comes
//! back may come from something before the store, or from a plugin that failed after the work: then the outcome is unknown, and whoever
//! wrote looks before anything is written again.

use waybill_workflow::CallError;

use super::error::{ErrorObject, NotWell, refused, retry_after};
use crate::http::{Answer, Cause, Failure};

/// Refusals that WooCommerce answers with 500, because it gives WordPress a status in the wrong place. They are as final as a 400.
const CANNOT_REFUND: &str = "woocommerce_rest_cannot_create_order_refund";
const NO_SUCH_ORDER: [&str; 2] = ["woocommerce_rest_invalid_order_id", "woocommerce_rest_invalid_order"];
const BAD_REFUND: &str = "woocommerce_rest_invalid_order_refund";

/// The reasons for which WooCommerce refuses a refund by its own words, in English, and ours. In another language it is not told which.
const REFUND_REASONS: [(&str, &str); 3] = [
    ("Invalid refund amount.", "it is more than is left to refund"),
    ("The payment gateway for this order does not exist.", "the order's payment gateway is not installed any more"),
    (
        "The payment gateway for this order does not support automatic refunds.",
        "the order's payment gateway cannot pay back: pay it back by hand, or turn `refund_through_gateway` off",
    ),
];

/// It may or may not have been done.
pub(super) fn unknown(reason: impl Into<String>) -> CallError {
    CallError::Unknown { reason: reason.into() }
}

/// No answer.
pub(super) fn failure(failure: Failure) -> CallError {
    match failure {
        Failure::NotSent(Cause::Request) => {
            refused("store_address_invalid", "the store's address or key cannot be put into a request")
        }
        Failure::NotSent(_) => CallError::Down { reason: failure.to_string() },
        Failure::NoAnswer(_) | Failure::Broken { .. } => unknown(failure.to_string()),
    }
}

/// The answer, if its status is one of success and there is no error object in it. Whether its body is what it should be is the caller's
/// to see: if not, the outcome is unknown.
pub(super) fn success(answer: Answer) -> Result<Answer, NotWell> {
    match ErrorObject::of(&answer) {
        None if answer.is_success() => Ok(answer),
        None => Err(NotWell::Call(without_object(&answer))),
        Some(object) => Err(judge(&object, &answer)),
    }
}

/// WooCommerce, or WordPress, says something.
fn judge(object: &ErrorObject, answer: &Answer) -> NotWell {
    let code = object.code();
    let call = match (object.status(answer), code.as_str()) {
        (_, CANNOT_REFUND) => refused("refund_refused", &refund_refused(object)),
        (_, BAD_REFUND) => refused("refund_refused", "the store refuses the refund: its amount is negative"),
        (404, "rest_no_route") => return NotWell::NoRoute,
        // A PUT of an order that is gone is a 400, a refund of one a 500.
        (400 | 404, code) if code.ends_with("_invalid_id") => return NotWell::Absent,
        (_, code) if NO_SUCH_ORDER.contains(&code) => return NotWell::Absent,
        (401 | 403, code) => refused(
            "store_write_forbidden",
            &format!("the store does not let the REST key write ({code}): it needs the permission read/write, of a shop manager"),
        ),
        (429, _) | (503, _) if answer.status == 429 || retry_after(answer).is_some() => busy(answer),
        (status @ 400..=499, code) if status != 408 && status != 425 => {
            refused("store_refused", &format!("the store refuses the request with status {status} ({code})"))
        }
        (status, code) => unknown(format!("{status} ({code})")),
    };
    NotWell::Call(call)
}

/// Something answers that is not WooCommerce: a proxy, a firewall, a page of WordPress. It may have let the request through and only
/// replaced the answer.
fn without_object(answer: &Answer) -> CallError {
    match answer.status {
        429 => busy(answer),
        503 if retry_after(answer).is_some() => busy(answer),
        301 | 308 => {
            refused("store_moved", "the store answers with a permanent redirect: its address in Waybill is not the right one")
        }
        status => unknown(format!("{status} without an error object")),
    }
}

fn busy(answer: &Answer) -> CallError {
    CallError::Busy { after_seconds: retry_after(answer), reason: format!("{}: the store asks to wait", answer.status) }
}

fn refund_refused(object: &ErrorObject) -> String {
    let known = REFUND_REASONS.iter().find(|(theirs, _)| *theirs == object.message.0);
    let why = known.map_or(
        "more than is left, or the payment gateway did not pay; trying it in the store's admin says which",
        |(_, ours)| ours,
    );
    format!("the store refuses the refund: {why}")
}

#[cfg(test)]
mod tests {
    use waybill_workflow::CallError;

    use super::failure;
    use crate::http::{Cause, Failure};

    #[test]
    fn only_what_was_not_sent_is_surely_not_done() {
        for cause in [Cause::Dns, Cause::Connect, Cause::Tls, Cause::Timeout] {
            assert!(matches!(failure(Failure::NotSent(cause)), CallError::Down { .. }), "{cause}");
        }
        assert!(matches!(failure(Failure::NotSent(Cause::Request)), CallError::Refused { .. }));
        for cause in [Cause::Timeout, Cause::Lost] {
            assert!(matches!(failure(Failure::NoAnswer(cause)), CallError::Unknown { .. }), "{cause}");
        }
        for (status, cause) in [(201, Cause::Lost), (201, Cause::TooLong), (400, Cause::Timeout), (500, Cause::Lost)] {
            assert!(matches!(failure(Failure::Broken { status, cause }), CallError::Unknown { .. }), "{status} {cause}");
        }
    }
}
