//! Whether anybody answers at an address: what a store, an ERP and a warehouse have in common.

use reqwest::header::{DATE, LOCATION};
use reqwest::{Method, RequestBuilder};
use waybill_connectors::http::{Answer, Cause, Failure, Http, HttpConfig};
use waybill_domain::At;

use super::Report;

/// Polls ask for what changed since a time on our clock: a store's clock that is off by more loses changes. Signatures are good for 300 s.
const MOST_SKEW_SECONDS: i64 = 120;

/// A client for this endpoint, or what is wrong with its address or CA.
pub fn client(report: &mut Report, base_url: &str, ca_pem: Option<&str>) -> Option<Http> {
    let config = HttpConfig { ca_pem: ca_pem.map(str::to_owned), ..HttpConfig::new(base_url) };
    match Http::new(&config) {
        Ok(http) => Some(http),
        Err(error) => {
            report.wrong("address", format!("{error}; add it again with the right --url or --ca-file"));
            None
        }
    }
}

/// Sends a GET to `path` below the address; `prepare` adds keys. The answer whatever its status, except a redirect, which is wrong.
pub async fn get(
    report: &mut Report,
    http: &Http,
    base_url: &str,
    path: &[&str],
    prepare: impl FnOnce(RequestBuilder) -> RequestBuilder,
) -> Option<Answer> {
    ask(report, http, base_url, prepare(http.request(Method::GET, path))).await
}

/// Sends this request. The answer whatever its status, except a redirect, which is wrong.
pub async fn ask(report: &mut Report, http: &Http, base_url: &str, request: RequestBuilder) -> Option<Answer> {
    match http.send(request).await {
        Err(failure) => {
            report.wrong("reach", no_answer(base_url, failure));
            None
        }
        Ok(answer) if (300..400).contains(&answer.status) => {
            let to = answer.header(&LOCATION).map_or(String::new(), |to| format!(" to {}", without_query(to)));
            report.wrong(
                "redirect",
                format!(
                    "{base_url} answers with a redirect{to}, which is not followed; add it again with the address it redirects to"
                ),
            );
            None
        }
        Ok(answer) => Some(answer),
    }
}

/// Compares the clock of the answer with ours; `consequence` is what follows if they differ.
pub fn clock(report: &mut Report, answer: &Answer, now: At, consequence: &str) {
    let date = answer.header(&DATE).and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let Some(date) = date else {
        report.note("clock", "its answers have no date, so its clock cannot be compared with this machine's");
        return;
    };
    let ahead = date.timestamp().as_second().saturating_sub(now.seconds());
    if ahead.abs() <= MOST_SKEW_SECONDS {
        report.fine("clock", "its clock agrees with this machine's");
    } else {
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let seconds = ahead.abs();
        report.wrong(
            "clock",
            format!("its clock is {seconds} s {way} this machine's; set the wrong one by NTP, else {consequence}"),
        );
    }
}

fn no_answer(base_url: &str, failure: Failure) -> String {
    match failure.cause() {
        Cause::Dns => format!("the host of {base_url} has no address in DNS; correct the address or the DNS"),
        Cause::Connect => {
            format!("nobody accepts connections at {base_url}; is the server up, and does a firewall let this machine in?")
        }
        Cause::Tls => format!(
            "the TLS certificate of {base_url} is not trusted: it has expired, is for another name, or is of a private authority; renew it, \
             or add the authority's certificate with --ca-file"
        ),
        Cause::Timeout => {
            format!("{base_url} does not answer in time; is the server overloaded, or does a firewall swallow requests?")
        }
        Cause::Lost => format!("{base_url} breaks the connection without an answer; look at the log of its server or proxy"),
        Cause::TooLong => format!("the answer of {base_url} is longer than is read; is it the right address?"),
        Cause::Request => {
            format!("no request can be made for {base_url}; the key or token has characters that no header may have")
        }
    }
}

/// Redirects may carry keys in their query.
fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_names_the_address_and_a_way_out() {
        for cause in [Cause::Dns, Cause::Connect, Cause::Tls, Cause::Timeout, Cause::Lost, Cause::TooLong, Cause::Request] {
            let text = no_answer("https://shop.example", Failure::NotSent(cause));
            assert!(text.contains("https://shop.example") && (text.contains(';') || text.contains('?')), "{text}");
        }
        assert_eq!(without_query("https://a.example/x?consumer_secret=cs"), "https://a.example/x");
    }
}
