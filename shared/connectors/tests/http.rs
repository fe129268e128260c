//! The shared HTTP client against servers that misbehave on the wire, below the level at which an HTTP library can.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use waybill_connectors::http::{Cause, ConfigError, Failure, Http, HttpConfig};

/// Serves every connection alike: reads what comes first, writes `answer`, waits, closes.
async fn server(answer: &'static str, wait: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            tokio::time::sleep(wait).await;
        }
    });
    format!("http://{address}")
}

fn client(base_url: &str) -> Http {
    let quick = Duration::from_millis(400);
    let config = HttpConfig { connect_timeout: quick, timeout: quick, max_body: 64, ..HttpConfig::new(base_url) };
    Http::new(&config).unwrap()
}

async fn fail(base_url: &str) -> Failure {
    let http = client(base_url);
    match http.send(http.request(Method::POST, &["v1", "orders"]).body("x")).await {
        Ok(answer) => panic!("an answer with status {}", answer.status),
        Err(failure) => failure,
    }
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(fail(&format!("http://{address}")).await, Failure::NotSent(Cause::Connect));
}

#[tokio::test]
async fn silence_and_hanging_up_are_unknown() {
    let silent = server("", Duration::from_secs(60)).await;
    assert_eq!(fail(&silent).await, Failure::NoAnswer(Cause::Timeout));
    let hangs_up = server("", Duration::ZERO).await;
    assert_eq!(fail(&hangs_up).await, Failure::NoAnswer(Cause::Lost));
    let not_http = server("220 mail.example ESMTP\r\n", Duration::ZERO).await;
    assert_eq!(fail(&not_http).await, Failure::NoAnswer(Cause::Lost));
}

#[tokio::test]
async fn broken_bodies_keep_the_status() {
    let short = server("HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\n{\"id\":", Duration::ZERO).await;
    assert_eq!(fail(&short).await, Failure::Broken { status: 201, cause: Cause::Lost });
    let stuck = server("HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\n{\"id\":", Duration::from_secs(60)).await;
    assert_eq!(fail(&stuck).await, Failure::Broken { status: 201, cause: Cause::Timeout });
}

#[tokio::test]
async fn long_bodies_are_not_read_to_the_end() {
    let claimed = server("HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n", Duration::from_secs(60)).await;
    assert_eq!(fail(&claimed).await, Failure::Broken { status: 200, cause: Cause::TooLong });
    let chunked = concat!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n1\r\nx\r\n0\r\n\r\n"
    );
    let chunked = server(chunked, Duration::from_secs(60)).await;
    assert_eq!(fail(&chunked).await, Failure::Broken { status: 200, cause: Cause::TooLong });
}

#[tokio::test]
async fn redirects_are_answers() {
    let answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let http = client(&server(answer, Duration::ZERO).await);
    let answer = http.send(http.request(Method::GET, &["v1", "status"])).await.unwrap();
    assert_eq!(answer.status, 302);
    assert!(!answer.is_success());
}

#[tokio::test]
async fn retry_after_in_both_forms() {
    for (headers, seconds) in [
        ("retry-after: 7", Some(7)),
        ("retry-after: 99999999", Some(3600)),
        ("retry-after: soon", None),
        ("date: Mon, 23 Nov 2026 05:40:00 GMT\r\nretry-after: Mon, 23 Nov 2026 05:41:30 GMT", Some(90)),
        ("date: Mon, 23 Nov 2026 05:40:00 GMT\r\nretry-after: Mon, 23 Nov 2026 05:30:00 GMT", Some(0)),
        ("retry-after: Mon, 23 Nov 2026 05:41:30 GMT", None),
    ] {
        let answer = format!("HTTP/1.1 503 Busy\r\n{headers}\r\ncontent-length: 0\r\n\r\n");
        let http = client(&server(answer.leak(), Duration::ZERO).await);
        let answer = http.send(http.request(Method::GET, &[])).await.unwrap();
        assert_eq!(answer.retry_after(), seconds.map(Duration::from_secs), "{headers}");
    }
}

#[tokio::test]
async fn the_path_and_the_agent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/erp/", listener.local_addr().unwrap());
    let seen = tokio::spawn(async move {
        let (mut stream, _): (TcpStream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        request.truncate(length);
        String::from_utf8(request).unwrap()
    });
    let http = client(&base);
    let request = http.request(Method::GET, &["v1", "orders", "../../admin?x#y", "cancel"]);
    assert!(http.send(request).await.unwrap().json::<serde_json::Value>().is_some());
    let request = seen.await.unwrap();
    assert!(request.starts_with("GET /erp/v1/orders/..%2F..%2Fadmin%3Fx%23y/cancel HTTP/1.1"), "{request}");
    assert!(request.contains(concat!("user-agent: waybill/", env!("CARGO_PKG_VERSION"))), "{request}");
}

#[test]
fn addresses() {
    let new = |url: &str| Http::new(&HttpConfig::new(url)).map(|_| ());
    for good in ["https://erp.example.com/api", "http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080/x"] {
        assert_eq!(new(good), Ok(()), "{good}");
    }
    for remote in ["http://erp.example.com", "http://10.0.0.1", "http://localhost.example.com", "http://127.0.0.1.example"] {
        assert_eq!(new(remote), Err(ConfigError::NotHttps), "{remote}");
    }
    for wrong in ["", "erp.example.com", "ftp://erp.example.com", "https://user:key@erp.example.com", "https://e.example?k=v"] {
        assert_eq!(new(wrong), Err(ConfigError::Address), "{wrong}");
    }
    let ca = |pem: &str| {
        let config = HttpConfig { ca_pem: Some(pem.to_owned()), ..HttpConfig::new("https://erp.example.com") };
        Http::new(&config).map(|_| ())
    };
    assert_eq!(ca("not a certificate"), Err(ConfigError::Ca));
    assert_eq!(ca("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), Err(ConfigError::Tls));
}

#[tokio::test]
async fn a_private_ca_is_the_only_one_trusted() {
    use std::sync::Arc;

    let issuer_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = authority.self_signed(&issuer_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, issuer_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });

    let ask = async |ca_pem: Option<String>| {
        let config = HttpConfig { ca_pem, ..HttpConfig::new(format!("https://localhost:{port}")) };
        let http = Http::new(&config).unwrap();
        http.send(http.request(Method::GET, &["v1", "status"])).await.map(|answer| answer.status)
    };
    assert_eq!(ask(Some(ca.pem())).await, Ok(204));
    assert_eq!(ask(None).await, Err(Failure::NotSent(Cause::Tls)));
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem();
    assert_eq!(ask(Some(other)).await, Err(Failure::NotSent(Cause::Tls)));
}
