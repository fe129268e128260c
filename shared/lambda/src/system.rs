//! The clock and the release.

use std::env;

use waybill_domain::At;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct System {
    release: String,
}

impl System {
    pub fn from_env() -> Self {
        System {
            release: env::var("WAYBILL_RELEASE").ok().filter(|release| !release.is_empty()).unwrap_or_else(|| "dev".to_owned()),
        }
    }

    pub fn now(&self) -> At {
        At(jiff::Timestamp::now().as_millisecond())
    }

    pub fn release(&self) -> &str {
        &self.release
    }
}
