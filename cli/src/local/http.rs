//! Just enough HTTP to ask the local AWS on this machine, without signatures, which it does not check.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::error::LocalError;

const PATIENCE: Duration = Duration::from_secs(10);

/// Whether it answers on `port`.
pub(super) fn healthy(port: u16) -> bool {
    request(port, "GET /_ministack/health", "", "").is_ok_and(|(status, _)| status == 200)
}

/// Calls an action of a JSON service, such as `AmazonSQS.GetQueueAttributes`.
pub(super) fn call(port: u16, action: &str, input: &Value) -> Result<Value, LocalError> {
    let headers = format!("X-Amz-Target: {action}\r\nContent-Type: application/x-amz-json-1.1\r\n");
    let (status, body) =
        request(port, "POST /", &headers, &input.to_string()).map_err(|error| LocalError::Answer(error.to_string()))?;
    if status != 200 {
        return Err(LocalError::Answer(format!("{action} got {status}: {}", body.chars().take(200).collect::<String>())));
    }
    serde_json::from_str(&body).map_err(|error| LocalError::Answer(format!("{action}: {error}")))
}

/// HTTP/1.0: the answer ends with the connection and is never chunked.
fn request(port: u16, line: &str, headers: &str, body: &str) -> std::io::Result<(u16, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = body.len();
    stream.write_all(
        format!("{line} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").as_bytes(),
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    split(&String::from_utf8_lossy(&answer)).ok_or_else(|| std::io::Error::other("the answer is not HTTP"))
}

/// Status and body of an answer.
fn split(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_answer_is_split_and_anything_else_refused() {
        assert_eq!(split("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}\r\n\r\n"), Some((200, "{}\r\n\r\n".to_owned())));
        assert_eq!(split("HTTP/1.0 404 \r\n\r\n"), Some((404, String::new())));
        assert_eq!(split("SSH-2.0-OpenSSH\r\n"), None);
    }
}
