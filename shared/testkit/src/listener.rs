//! The sockets of what plays another side. Not `axum::serve`, because that always answers: the other side sometimes just hangs up.

use std::error::Error;
use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

/// A listening server; dropping it closes the port and every connection.
pub(crate) struct Listener {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener {
    /// Listens. `connected` is asked for each connection, and what it gives for each request of it; an error closes the connection.
    pub(crate) async fn start<Connected, Respond, Answer, Failed>(
        address: SocketAddr,
        connected: Connected,
    ) -> std::io::Result<Self>
    where
        Connected: Fn() -> Respond + Send + 'static,
        Respond: Fn(Request<Incoming>) -> Answer + Send + 'static,
        Answer: Future<Output = Result<Response<Body>, Failed>> + Send + 'static,
        Failed: Error + Send + Sync + 'static,
    {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            // Aborted with the task that owns it.
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                // An answer is two small writes; without this each waits 40 ms for the other side's acknowledgement.
                let _ = stream.set_nodelay(true);
                let respond = connected();
                connections.spawn(async move {
                    // An error is a client or a fault that hung up.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond)).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, accepting: accepting.abort_handle() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
