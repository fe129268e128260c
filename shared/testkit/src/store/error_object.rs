//! WordPress's error object: the body of a REST error, and of a delivery about something that is gone.

use serde::Serialize;

/// `{"code", "message", "data": {"status"}}`.
#[derive(Serialize)]
pub(super) struct ErrorObject<'a> {
    code: &'a str,
    message: &'a str,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    status: u16,
}

impl<'a> ErrorObject<'a> {
    pub(super) fn new(status: u16, code: &'a str, message: &'a str) -> Self {
        Self { code, message, data: Data { status } }
    }
}
