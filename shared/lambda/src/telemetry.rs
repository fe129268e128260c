//! Logs: one JSON object per line. Identifiers are fields, units stand in names, a failure is logged once, at the boundary.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard output, at the level of `RUST_LOG` (`info` if it is not set or cannot be read).
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second start, in a process that already logs, keeps the first.
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(true).with_target(false).try_init();
}
