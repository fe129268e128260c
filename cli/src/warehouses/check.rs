//! Whether a warehouse that is pushed to can be reached. Nothing is pushed: there is no fulfilment that would be none.

use reqwest::Method;
use waybill_domain::{At, WarehouseConfig};

use crate::check::{Report, reach};

/// Whether somebody answers at the address, and whether there is something to sign with. `secrets` is how many the client of the same
/// name has.
pub async fn check(config: &WarehouseConfig, secrets: usize, now: At) -> Report {
    let slug = &config.slug;
    let mut report = Report::new(format!("warehouse {slug}"));
    if secrets == 0 {
        let text = format!("there is no secret to sign pushes with; make one with `waybill client add {slug}`");
        report.wrong("secrets", text);
    }
    let Some(http) = reach::client(&mut report, &config.url, config.ca_pem.as_deref()) else { return report };
    let request = http.request_base(Method::GET);
    let Some(answer) = reach::ask(&mut report, &http, &config.url, request).await else { return report };
    if answer.status >= 500 {
        let text =
            format!("{} answers {}: look at the log of its server, and at what is behind its proxy", config.url, answer.status);
        report.wrong("answer", text);
    } else {
        let text = format!(
            "somebody answers at {} ({} to a GET); whether it takes a push, the first one will show",
            config.url, answer.status
        );
        report.fine("reach", text);
    }
    reach::clock(&mut report, &answer, now, "it refuses signatures for their time");
    report
}

#[cfg(test)]
mod tests {
    use waybill_testkit::warehouse::{FakeWarehouse, FakeWarehouseConfig};

    use super::*;
    use crate::deployment::now;
    use crate::warehouses::{NewWarehouse, merge};

    fn at(url: &str) -> WarehouseConfig {
        merge(&"berlin".parse().unwrap(), None, &NewWarehouse { url: Some(url.to_owned()), ..NewWarehouse::default() }).unwrap()
    }

    #[tokio::test]
    async fn it_is_reached_with_or_without_a_welcome_or_it_is_said_why_not() {
        let mut fake = FakeWarehouse::start(FakeWarehouseConfig::default()).await.unwrap();
        let config = at(&fake.url());
        let well = check(&config, 1, now()).await;
        assert!(well.ok && well.text().contains("405 to a GET"), "{}", well.text());
        let unsigned = check(&config, 0, now()).await;
        assert!(!unsigned.ok && unsigned.text().contains("waybill client add berlin"), "{}", unsigned.text());
        fake.go_down();
        let down = check(&config, 1, now()).await;
        assert!(!down.ok && down.text().contains("nobody accepts connections"), "{}", down.text());
        assert_eq!(fake.counts().requests, 0, "nothing was pushed");
    }
}
