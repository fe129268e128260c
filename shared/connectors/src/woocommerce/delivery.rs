//! What a delivery is about. The body was signed, the headers were not: the topic only tells apart what the body leaves open.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use waybill_domain::{Reading, StaleReason};
use waybill_workflow::ports::Delivery;

use super::error::slug;
use super::transform;
use super::value::Scalar;

/// A longer body is not read, only looked up: 2 MiB. Orders of a thousand lines have 0.6 MiB.
pub const MAX_BODY: usize = 2 << 20;

/// WooCommerce's actions whose argument is an order id.
const ORDER_ACTIONS: [&str; 8] = [
    "woocommerce_new_order",
    "woocommerce_update_order",
    "woocommerce_trash_order",
    "woocommerce_untrash_order",
    "woocommerce_payment_complete",
    "woocommerce_order_refunded",
    "woocommerce_order_fully_refunded",
    "woocommerce_order_partially_refunded",
];

/// Whether this is the message a new webhook sends: a form with its id, and no signature.
pub(super) fn is_ping(delivery: &Delivery) -> bool {
    let digits = delivery.body.strip_prefix(b"webhook_id=").unwrap_or_default();
    delivery.signature.is_none() && (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

/// Reads a delivery whose signature is right.
pub(super) fn read(delivery: &Delivery) -> Reading {
    let topic = Topic::of(delivery.topic.as_deref());
    let body = &delivery.body;
    if body.len() > MAX_BODY {
        return hint(leading_id(body), StaleReason::Oversized, "oversized");
    }
    if let Ok(order) = transform::order(body) {
        return match topic {
            Topic::Order | Topic::None => Reading::Order(Box::new(order)),
            // Perhaps a subscription, which looks like an order and is none.
            Topic::Foreign(resource) => Reading::Counted { resource },
            Topic::OrderDeleted | Topic::Action | Topic::Known(_) => hint(Some(order.id), StaleReason::Unreadable, "misfit"),
        };
    }
    let Ok(outline) = serde_json::from_slice::<Outline>(body) else {
        return match topic {
            Topic::Known(resource) => Reading::Counted { resource: resource.to_owned() },
            Topic::Foreign(resource) => Reading::Counted { resource },
            _ => hint(leading_id(body), StaleReason::Unreadable, "unreadable"),
        };
    };
    judge(topic, &outline)
}

/// What a JSON object is that is not a whole order.
fn judge(topic: Topic, outline: &Outline) -> Reading {
    if let Some(code) = &outline.code
        && outline.id.is_none()
        && outline.describes_error
    {
        return Reading::Unnamed { code: slug(code) };
    }
    if let Some(action) = &outline.action {
        let about_order = ORDER_ACTIONS.contains(&action.as_str()) || action.starts_with("woocommerce_order_status_");
        return match outline.arg {
            Some(order) if about_order => hint(Some(order), StaleReason::Named, "action"),
            _ => Reading::Counted { resource: "action".to_owned() },
        };
    }
    let reason = if outline.fields == 1 { StaleReason::Deleted } else { StaleReason::Unreadable };
    match topic {
        Topic::Known(resource) => Reading::Counted { resource: resource.to_owned() },
        Topic::Foreign(resource) => Reading::Counted { resource },
        // Without a topic an object with an id may be anything: a product has one, too.
        Topic::None if outline.fields != 1 && !outline.has_lines => Reading::Unnamed { code: "unrecognised".to_owned() },
        _ => hint(outline.id, reason, "unreadable"),
    }
}

fn hint(order: Option<u64>, reason: StaleReason, code: &str) -> Reading {
    match order {
        Some(order) if order > 0 => Reading::Hint { order, reason },
        _ => Reading::Unnamed { code: code.to_owned() },
    }
}

enum Topic {
    /// No header.
    None,
    /// `order.created`, `order.updated`, `order.restored`.
    Order,
    OrderDeleted,
    Action,
    /// A resource of WooCommerce's own that starts no work.
    Known(&'static str),
    /// A plugin's resource.
    Foreign(String),
}

impl Topic {
    fn of(header: Option<&str>) -> Self {
        let Some(header) = header.map(str::trim).filter(|header| !header.is_empty()) else { return Self::None };
        let (resource, event) = header.split_once('.').unwrap_or((header, ""));
        match resource {
            "order" if event == "deleted" => Self::OrderDeleted,
            "order" => Self::Order,
            "action" => Self::Action,
            "product" => Self::Known("product"),
            "customer" => Self::Known("customer"),
            "coupon" => Self::Known("coupon"),
            other => Self::Foreign(slug(other)),
        }
    }
}

/// The parts of an object that tell what it is.
#[derive(Default)]
struct Outline {
    fields: usize,
    id: Option<u64>,
    code: Option<String>,
    describes_error: bool,
    action: Option<String>,
    arg: Option<u64>,
    has_lines: bool,
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Outline;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
                let mut outline = Outline::default();
                while let Some(Name(name)) = map.next_key()? {
                    outline.fields += 1;
                    match name.as_str() {
                        "id" => outline.id = number(&map.next_value()?),
                        "arg" => outline.arg = number(&map.next_value()?),
                        "code" => outline.code = text(map.next_value()?),
                        "action" => outline.action = text(map.next_value()?),
                        other => {
                            outline.describes_error |= matches!(other, "message" | "data");
                            outline.has_lines |= other == "line_items";
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(outline)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The name of a field.
#[derive(serde::Deserialize)]
struct Name(String);

fn number(scalar: &Scalar) -> Option<u64> {
    match scalar {
        Scalar::Integer(value) => u64::try_from(*value).ok(),
        Scalar::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn text(scalar: Scalar) -> Option<String> {
    match scalar {
        Scalar::Text(text) => Some(text),
        _ => None,
    }
}

/// The id a body begins with, as WooCommerce's do, when the rest of it is broken or too long to be read.
fn leading_id(body: &[u8]) -> Option<u64> {
    let start = body.get(..body.len().min(64))?;
    let start = std::str::from_utf8(start).ok()?;
    let rest = start.trim_start().strip_prefix('{')?.trim_start().strip_prefix("\"id\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let (digits, after) = rest.split_at(end);
    // A number that is cut off, or has a fraction, is not an id.
    after.trim_start().starts_with([',', '}']).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(topic: Option<&str>, body: &str) -> Reading {
        read(&Delivery { topic: topic.map(str::to_owned), body: body.as_bytes().to_vec(), ..Delivery::default() })
    }

    fn doubted(order: u64, reason: StaleReason) -> Reading {
        Reading::Hint { order, reason }
    }

    fn unnamed(code: &str) -> Reading {
        Reading::Unnamed { code: code.to_owned() }
    }

    fn counted(resource: &str) -> Reading {
        Reading::Counted { resource: resource.to_owned() }
    }

    #[test]
    fn only_an_id_is_a_deletion() {
        for topic in [Some("order.deleted"), Some("order.updated"), None] {
            assert_eq!(reading(topic, r#"{"id":20}"#), doubted(20, StaleReason::Deleted));
        }
        assert_eq!(reading(Some("product.deleted"), r#"{"id":20}"#), counted("product"));
        assert_eq!(reading(Some("order.deleted"), r#"{"id":0}"#), unnamed("unreadable"));
    }

    #[test]
    fn an_error_object_names_no_order() {
        let body = r#"{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}"#;
        for topic in [Some("order.created"), Some("order.deleted"), None] {
            assert_eq!(reading(topic, body), unnamed("woocommerce_rest_shop_order_invalid_id"));
        }
        assert_eq!(reading(None, r#"{"code":"<b>Erika</b> Mustermann","data":1}"#), unnamed("_b_erika__b__mustermann"));
    }

    #[test]
    fn an_action_names_its_argument() {
        let topic = Some("action.woocommerce_order_refunded");
        assert_eq!(reading(topic, r#"{"action":"woocommerce_order_refunded","arg":16}"#), doubted(16, StaleReason::Named));
        let status = r#"{"action":"woocommerce_order_status_completed","arg":"16"}"#;
        assert_eq!(reading(None, status), doubted(16, StaleReason::Named));
        assert_eq!(reading(topic, r#"{"action":"woocommerce_created_customer","arg":16}"#), counted("action"));
        assert_eq!(reading(topic, r#"{"action":"woocommerce_order_refunded","arg":[1,2]}"#), counted("action"));
    }

    #[test]
    fn what_is_broken_is_looked_up_if_it_names_an_order() {
        let unreadable = doubted(16, StaleReason::Unreadable);
        let bodies = [
            r#"{"id":16,"status":"proc"#,
            r#"{"id":16,"status":"processing"}"#,
            r#"{"id":16,"total":12.5,"line_items":[]}"#,
            r#" { "id" : 16 , "line_items": 7}"#,
        ];
        for body in bodies {
            assert_eq!(reading(Some("order.updated"), body), unreadable, "{body}");
        }
        let bodies = [
            "",
            "[]",
            "null",
            "7",
            "\"x\"",
            "{",
            "{\"id\":1",
            "{\"id\":1.5,\"a\"",
            "{\"id\":\"16\",\"a\"",
            "{}",
            "webhook_id=1",
            "\u{feff}{\"id\":16}",
            "{\"id\":-3,\"status\":\"x\"}",
            "<html>",
        ];
        for body in bodies {
            assert!(matches!(reading(Some("order.updated"), body), Reading::Unnamed { .. }), "{body}");
        }
        assert_eq!(reading(None, r#"{"id":16,"sku":"A"}"#), unnamed("unrecognised"));
        assert_eq!(reading(Some("product.updated"), r#"{"id":16,"sku":"A"}"#), counted("product"));
        assert_eq!(reading(Some("Subscription.Updated"), r#"{"id":16,"status":"active"}"#), counted("subscription"));
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_not_read() {
        let long = format!(r#"{{"id":16,"note":"{}"}}"#, "x".repeat(MAX_BODY));
        assert_eq!(reading(Some("order.updated"), &long), doubted(16, StaleReason::Oversized));
        let deep = format!(r#"{{"id":16,"line_items":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(reading(Some("order.updated"), &deep), doubted(16, StaleReason::Unreadable));
    }

    #[test]
    fn a_ping_is_a_form_without_a_signature() {
        let ping = |body: &str, signature: Option<&str>| {
            is_ping(&Delivery { body: body.into(), signature: signature.map(str::to_owned), ..Delivery::default() })
        };
        assert!(ping("webhook_id=1", None));
        assert!(!ping("webhook_id=1", Some("x")));
        for body in ["", "webhook_id=", "webhook_id=1&a=b", "webhook_id=x", "{\"id\":1}", "webhook_id=123456789012345678901"] {
            assert!(!ping(body, None), "{body}");
        }
    }
}
