//! One HTTP/1.1 request on a connection of its own, with the header names spelt as given: what WordPress sends is visible
//! to the byte, which an HTTP library would tidy up. Plain HTTP to this machine only.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer answers are an error.
const LIMIT: usize = 16 * 1024 * 1024;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answered {
    /// The value of the header `name`, given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Sends a request and reads the answer.
///
/// # Errors
/// A short reason: not an `http://` address, no connection, not HTTP, too long, or no answer within `timeout`.
pub async fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    timeout: Duration,
) -> Result<Answered, String> {
    let exchange = exchange(method, url, headers, body);
    match tokio::time::timeout(timeout, exchange).await {
        Ok(Ok(answered)) => Ok(answered),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer in {} ms", timeout.as_millis())),
    }
}

async fn exchange(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answered> {
    let (host, path) = split(url).ok_or_else(|| io::Error::other("not an http:// address"))?;
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Connection: close\r\nContent-Length: {}\r\n\r\n", body.len()));
    let mut message = head.into_bytes();
    message.extend_from_slice(body);
    stream.write_all(&message).await?;

    let mut received = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        if let Some(answered) = parse(&received, false)? {
            return Ok(answered);
        }
        let n = stream.read(&mut chunk).await?;
        if n == 0 {
            return parse(&received, true)?.ok_or_else(|| io::Error::other("connection closed without an answer"));
        }
        received.extend_from_slice(&chunk[..n]);
        if received.len() > LIMIT {
            return Err(io::Error::other("answer too long"));
        }
    }
}

fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    match rest.find('/') {
        Some(at) => Some(rest.split_at(at)),
        None => Some((rest, "/")),
    }
}

/// The answer, once all of it is there.
fn parse(received: &[u8], closed: bool) -> io::Result<Option<Answered>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&received[..end]).map_err(io::Error::other)?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1."))
        .and_then(|line| line.get(2..5))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| io::Error::other("not HTTP"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let answered = Answered { status, headers, body: Vec::new() };
    let rest = &received[end + 4..];
    let body = if let Some(length) = answered.header("content-length").and_then(|n| n.parse::<usize>().ok()) {
        rest.get(..length).map(<[u8]>::to_vec)
    } else if answered.header("transfer-encoding") == Some("chunked") {
        unchunk(rest)
    } else if closed || status == 204 || status == 304 {
        Some(rest.to_vec())
    } else {
        None
    };
    Ok(body.map(|body| Answered { body, ..answered }))
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let start = line + 2;
        body.extend_from_slice(rest.get(start..start.checked_add(size)?)?);
        rest = rest.get(start + size + 2..)?;
    }
}
