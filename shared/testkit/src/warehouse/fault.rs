//! What can go wrong with a push: whether it is taken, and what Waybill gets to see.

/// One misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whether the push is taken all the same.
    pub taken: bool,
    /// What Waybill gets.
    pub then: Then,
}

/// What Waybill gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing, until it gives up.
    Silence,
    /// The connection is closed without an answer.
    Drop,
    /// A status of 200, half of a body, and then the connection is closed.
    Truncate,
    /// This answer.
    Reply {
        /// HTTP status.
        status: u16,
        /// The body. Called JSON if it begins with `{`, else HTML.
        body: String,
        /// Value of the header `Retry-After`.
        retry_after: Option<String>,
    },
}

impl Fault {
    /// An answer without the work.
    #[must_use]
    pub fn reply(status: u16, body: &str) -> Self {
        Self { taken: false, then: Then::Reply { status, body: body.to_owned(), retry_after: None } }
    }

    fn reply_after(status: u16, seconds: u32) -> Self {
        let then = Then::Reply { status, body: String::new(), retry_after: Some(seconds.to_string()) };
        Self { taken: false, then }
    }

    /// No work, no answer.
    #[must_use]
    pub fn hang() -> Self {
        Self { taken: false, then: Then::Silence }
    }

    /// The work is done and the answer never comes.
    #[must_use]
    pub fn taken_in_silence() -> Self {
        Self { taken: true, then: Then::Silence }
    }

    /// The connection breaks before the work.
    #[must_use]
    pub fn dropped() -> Self {
        Self { taken: false, then: Then::Drop }
    }

    /// The connection breaks after the work.
    #[must_use]
    pub fn taken_and_dropped() -> Self {
        Self { taken: true, then: Then::Drop }
    }

    /// The work is done, and the answer breaks off in the middle.
    #[must_use]
    pub fn truncated() -> Self {
        Self { taken: true, then: Then::Truncate }
    }

    /// It fails before the work.
    #[must_use]
    pub fn internal_500() -> Self {
        Self::reply(500, "<!doctype html><title>500</title><p>Jane Doe's picking list is broken</p>")
    }

    /// The work is done, and a proxy in between gives up.
    #[must_use]
    pub fn bad_gateway_after_work() -> Self {
        Self { taken: true, ..Self::reply(502, "<html><h1>502 Bad Gateway</h1></html>") }
    }

    /// Closed for so many seconds.
    #[must_use]
    pub fn maintenance(seconds: u32) -> Self {
        Self::reply_after(503, seconds)
    }

    /// Too many requests.
    #[must_use]
    pub fn throttled(seconds: u32) -> Self {
        Self::reply_after(429, seconds)
    }

    /// It does not know the article, and says so with words that are nobody's business.
    #[must_use]
    pub fn refused() -> Self {
        Self::reply(422, r#"{"code":"unknown_sku","message":"Jane Doe never told us of this article"}"#)
    }

    /// The faults by name, for tests that go through all of them.
    #[must_use]
    pub fn all() -> Vec<(&'static str, Self)> {
        vec![
            ("hang", Self::hang()),
            ("taken_in_silence", Self::taken_in_silence()),
            ("dropped", Self::dropped()),
            ("taken_and_dropped", Self::taken_and_dropped()),
            ("truncated", Self::truncated()),
            ("internal_500", Self::internal_500()),
            ("bad_gateway_after_work", Self::bad_gateway_after_work()),
            ("outage", Self::reply(503, "")),
            ("maintenance", Self::maintenance(7)),
            ("throttled", Self::throttled(3)),
            ("redirect", Self::reply(302, "")),
            ("login", Self::reply(401, "<p>Please log in</p>")),
            ("nobody_there", Self::reply(404, "<p>No database is selected.</p>")),
            ("refused", Self::refused()),
            ("refused_without_a_word", Self::reply(400, "<p>Jane Doe</p>")),
        ]
    }
}
