//! The HTTP client every connector uses: one [`Http`] per endpoint, built once and kept.
//!
//! What it takes away from the connectors, so that none of them can get it wrong:
//! - HTTPS only, except to this machine itself; a private CA per endpoint, which then is the only one trusted;
//! - no redirects (a redirected POST may be sent twice, and a redirect may carry the token to another host);
//! - no retries of its own (the queue retries; retries stacked on retries multiply);
//! - a limit on the size of an answer, read piece by piece;
//! - failures that say whether the request can have reached the server, see [`Failure`], and that never contain
//!   an address, a header or a body: those may hold keys and personal data.

mod answer;
mod failure;

use std::time::Duration;

use reqwest::{Certificate, Client, Method, RequestBuilder, Url, redirect, retry};

pub use answer::Answer;
pub use failure::{Cause, Failure};

/// How this software names itself to the servers it calls.
pub const USER_AGENT: &str = concat!("waybill/", env!("CARGO_PKG_VERSION"));

/// Connections are dropped after this much idleness. Some servers close theirs after 2 s, a frozen Lambda environment does not
/// notice it, and a request sent into a closed connection has an unknown outcome: far dearer than a new connection.
const IDLE: Duration = Duration::from_millis(1_500);

/// How to reach one endpoint.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Where the endpoint is, with or without a path: `https://erp.example.com/waybill`.
    pub base_url: String,
    /// PEM of the certificate authorities to trust for this endpoint, instead of those of the system.
    pub ca_pem: Option<String>,
    /// Longest time to get a connection, TLS included.
    pub connect_timeout: Duration,
    /// Longest time for a whole exchange, from the first byte sent to the last one read.
    pub timeout: Duration,
    /// Longest answer accepted, in bytes after transfer decoding.
    pub max_body: usize,
}

impl HttpConfig {
    /// The usual limits: 5 s to connect, 22 s in all, 8 MiB.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            ca_pem: None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(22),
            max_body: 8 << 20,
        }
    }
}

/// Why an endpoint's configuration cannot be used. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The address is not an absolute http(s) URL with a host, or has a query, a fragment or credentials in it.
    #[error("the address of the endpoint is not a plain http(s) URL")]
    Address,
    /// The address is `http://` and not on this machine.
    #[error("the address of the endpoint must be https (http only on this machine)")]
    NotHttps,
    /// The private CA is not PEM with at least one certificate.
    #[error("the private CA of the endpoint is not a PEM certificate")]
    Ca,
    /// The TLS client could not be set up: a certificate of the private CA is broken, or the system has no usable roots.
    #[error(
        "TLS could not be set up: a certificate of the private CA (--ca-file) is broken, or this system has no certificate authorities"
    )]
    Tls,
}

/// A client for one endpoint. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    base: Url,
    max_body: usize,
}

impl Http {
    /// Builds the client; loads the system's roots unless a private CA is given, so do it once.
    ///
    /// # Errors
    /// When the configuration cannot be used; see [`ConfigError`].
    pub fn new(config: &HttpConfig) -> Result<Self, ConfigError> {
        // Fails when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = base(&config.base_url)?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout)
            .pool_idle_timeout(IDLE);
        if let Some(pem) = &config.ca_pem {
            let roots = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| ConfigError::Ca)?;
            if roots.is_empty() {
                return Err(ConfigError::Ca);
            }
            builder = builder.tls_certs_only(roots);
        }
        if base.scheme() == "http" {
            // On this machine: a proxy would be a detour, and there is nothing to trust.
            builder = builder.no_proxy().tls_certs_only([]);
        } else {
            builder = builder.https_only(true);
        }
        let client = builder.build().map_err(|_| ConfigError::Tls)?;
        Ok(Self { client, base, max_body: config.max_body })
    }

    /// Starts a request to the base address plus `path`, each element percent-encoded, so that an id of the other side
    /// cannot leave its place in the path.
    pub fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        self.client.request(method, url)
    }

    /// Starts a request to the base address itself, as it was configured.
    pub fn request_base(&self, method: Method) -> RequestBuilder {
        self.client.request(method, self.base.clone())
    }

    /// The path of the base address, as it stands in a request to it.
    #[must_use]
    pub fn path(&self) -> &str {
        self.base.path()
    }

    /// Sends the request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// When there is no complete answer; see [`Failure`] for what that says about the outcome.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let request = request.build().map_err(|_| Failure::NotSent(Cause::Request))?;
        let response = self.client.execute(request).await.map_err(|error| Failure::of(&error))?;
        Answer::read(response, self.max_body).await
    }
}

fn base(address: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(address).map_err(|_| ConfigError::Address)?;
    let plain = url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match url.scheme() {
        "https" | "http" if !plain => Err(ConfigError::Address),
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        "http" => Err(ConfigError::NotHttps),
        _ => Err(ConfigError::Address),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        // Addresses of version 6 are in brackets.
        Some(host) => host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}
