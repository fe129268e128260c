//! From SDK errors to the ports': the error's code or its kind, never a message, because messages may quote what was sent.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use waybill_workflow::Unavailable;

/// Code or kind of an error.
pub fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    if let Some(code) = error.code() {
        return code.to_owned();
    }
    let kind = match error {
        SdkError::ConstructionFailure(_) => "the request could not be built (region or credentials)",
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "connect timeout",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "unreadable answer",
        _ => "error without a code",
    };
    kind.to_owned()
}

/// The error as a port says it.
pub fn unavailable<E: ProvideErrorMetadata, R>(part: &'static str, error: &SdkError<E, R>) -> Unavailable {
    Unavailable::new(part, reason(error))
}

/// Whether the service refused because others are writing, or too many are. Surely not done.
pub fn is_contention(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "TransactionConflict"
                | "TransactionConflictException"
                | "TransactionInProgressException"
                | "ProvisionedThroughputExceeded"
                | "ProvisionedThroughputExceededException"
                | "ThrottlingError"
                | "ThrottlingException"
                | "RequestLimitExceeded"
        )
    )
}
