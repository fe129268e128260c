//! WordPress's error object: the body of a REST error, and of a delivery about something that is gone.

use serde::Serialize;

/// `{"code", "message", "data": {"status"}}`; where WooCommerce put the status in the wrong place, `data` is the bare number.
#[derive(Serialize)]
pub(super) struct ErrorObject<'a> {
    code: &'a str,
    message: &'a str,
    data: Data,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Status { status: u16 },
    Misplaced(u16),
}

impl<'a> ErrorObject<'a> {
    pub(super) fn new(status: u16, code: &'a str, message: &'a str) -> Self {
        Self { code, message, data: Data::Status { status } }
    }

    pub(super) fn misplaced(status: u16, code: &'a str, message: &'a str) -> Self {
        Self { code, message, data: Data::Misplaced(status) }
    }
}
