//! Whether a store's webhooks are there, active, and deliver to this deployment.

use waybill_connectors::woocommerce::Webhook;
use waybill_domain::StoreSlug;

use crate::check::Report;
use crate::deployment::webhook_path;

/// What tells Waybill of orders. A lost or missing one is made up for by the poll, minutes later.
const NEEDED: [&str; 3] = ["order.created", "order.updated", "order.deleted"];
/// Useful, but what it tells is seen by the poll as well.
const USEFUL: &str = "order.restored";

/// Judges the webhooks. `url` is where they should deliver to, if that is known; else the path must be right.
pub(super) fn judge(report: &mut Report, store: &StoreSlug, webhooks: &[Webhook], url: Option<&str>) {
    let path = webhook_path(store);
    let place = url.map_or_else(|| format!("the address that ends with {path}"), str::to_owned);
    for topic in NEEDED {
        let of_topic: Vec<&Webhook> = webhooks.iter().filter(|webhook| webhook.topic == topic).collect();
        let ours: Vec<&&Webhook> = of_topic.iter().filter(|webhook| is_ours(&webhook.delivery_url, &path, url)).collect();
        match ours.as_slice() {
            [] => {
                let near = of_topic.iter().find(|webhook| webhook.delivery_url.contains("/v1/webhooks/woocommerce/"));
                let but = near.map_or(String::new(), |webhook| {
                    format!(" (webhook {} delivers to {} instead)", webhook.id, without_query(&webhook.delivery_url))
                });
                report.wrong(
                    "webhooks",
                    format!(
                        "no webhook delivers {topic} to {place}{but}; in WooCommerce, Settings, Advanced, Webhooks, add it with the webhook \
                         secret"
                    ),
                );
            }
            [one] if one.status == "active" => report.fine("webhooks", format!("webhook {} delivers {topic} to {place}", one.id)),
            [one] => report.wrong(
                "webhooks",
                format!(
                    "webhook {} ({topic}) is {}; make it active again: WooCommerce disables a webhook at the seventh failure in a row",
                    one.id, one.status
                ),
            ),
            several => {
                let active = several.iter().filter(|webhook| webhook.status == "active").count();
                let ids: Vec<String> = several.iter().map(|webhook| webhook.id.to_string()).collect();
                let text = format!("{} webhooks deliver {topic} to {place} ({}), {active} of them active", ids.len(), ids.join(", "));
                if active == 0 {
                    report.wrong("webhooks", format!("{text}; make one of them active"));
                } else {
                    report.note("webhooks", format!("{text}; one is enough"));
                }
            }
        }
    }
    if !webhooks.iter().any(|webhook| webhook.topic == USEFUL && is_ours(&webhook.delivery_url, &path, url)) {
        report
            .note("webhooks", format!("no webhook delivers {USEFUL}; an order taken out of the trash is noticed minutes later"));
    }
}

fn is_ours(delivery_url: &str, path: &str, url: Option<&str>) -> bool {
    let delivers_to = delivery_url.trim_end_matches('/');
    match url {
        Some(url) => delivers_to == url,
        None => delivers_to.starts_with("https://") && delivers_to.ends_with(path),
    }
}

/// A delivery address may have a key of somebody else in its query.
fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.example/v1/webhooks/woocommerce/shop";

    fn webhook(id: u64, topic: &str, status: &str, url: &str) -> Webhook {
        Webhook { id, topic: topic.to_owned(), status: status.to_owned(), delivery_url: url.to_owned() }
    }

    fn judged(webhooks: &[Webhook], url: Option<&str>) -> Report {
        let mut report = Report::new("store shop");
        judge(&mut report, &"shop".parse().unwrap(), webhooks, url);
        report
    }

    fn all(url: &str) -> Vec<Webhook> {
        NEEDED.iter().zip(1..).map(|(topic, id)| webhook(id, topic, "active", url)).collect()
    }

    #[test]
    fn three_active_webhooks_are_fine_and_the_fourth_is_a_note() {
        for url in [Some(URL), None] {
            let report = judged(&all(URL), url);
            assert!(report.ok, "{}", report.text());
            assert_eq!(report.findings.len(), 4);
        }
    }

    #[test]
    fn a_missing_a_disabled_and_a_misdirected_webhook_are_each_named() {
        let mut webhooks = all(URL);
        webhooks[0].status = "disabled".to_owned();
        webhooks[1].delivery_url = "https://old.example/v1/webhooks/woocommerce/shop?key=1".to_owned();
        webhooks.remove(2);
        let report = judged(&webhooks, Some(URL));
        assert_eq!(report.wrongs(), 3);
        let text = report.text();
        assert!(text.contains("webhook 1 (order.created) is disabled"), "{text}");
        assert!(text.contains("webhook 2 delivers to https://old.example/v1/webhooks/woocommerce/shop instead"), "{text}");
        assert!(text.contains("no webhook delivers order.deleted"), "{text}");
    }

    #[test]
    fn another_stores_path_is_not_ours_and_two_for_one_topic_are_too_many() {
        let other = all("https://api.example/v1/webhooks/woocommerce/other-shop");
        assert_eq!(judged(&other, None).wrongs(), 3);
        let mut twice = all(URL);
        twice.push(webhook(9, "order.created", "active", URL));
        let report = judged(&twice, Some(URL));
        assert!(report.ok && report.text().contains("one is enough"), "{}", report.text());
    }
}
