//! How WooCommerce signs a delivery and names it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The value of `X-WC-Webhook-Signature`: base64 of HMAC-SHA256 over the raw body, keyed with the decoded secret.
#[must_use]
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(decoded(secret).as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The value of `X-WC-Webhook-Delivery-ID`: depends on the webhook and the Unix second only, so deliveries share it.
#[must_use]
pub fn delivery_id(webhook: u64, unix_second: i64) -> String {
    let digest = Sha256::digest(format!("{webhook}{unix_second}"));
    digest[..16].iter().map(|b| format!("{b:02x}")).collect()
}

/// `wp_specialchars_decode(secret, ENT_QUOTES)`: quotes, `<`, `>` and `&`, once, nothing else.
fn decoded(secret: &str) -> String {
    let mut out = String::with_capacity(secret.len());
    let mut rest = secret;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest.find(';').and_then(|end| entity(&rest[1..end]).map(|c| (c, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    if let Some(hex) = number.strip_prefix(['x', 'X']) {
        return match hex.trim_start_matches('0') {
            "22" => Some('"'),
            "26" => Some('&'),
            "27" => Some('\''),
            _ => None,
        };
    }
    match number.trim_start_matches('0') {
        "34" => Some('"'),
        "38" => Some('&'),
        "39" => Some('\''),
        "60" => Some('<'),
        "62" => Some('>'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{decoded, delivery_id, signature};

    #[test]
    fn decodes_once_and_only_the_five() {
        assert_eq!(decoded("a&amp;b&lt;c&#039;&quot;&#x22;"), "a&b<c'\"\"");
        assert_eq!(decoded("&amp;lt; &eacute; & &; &#8364;"), "&lt; &eacute; & &; &#8364;");
    }

    #[test]
    fn signs_what_openssl_signs() {
        // printf '{"id":20}' | openssl dgst -sha256 -hmac 'tea&cake' -binary | base64
        assert_eq!(signature("tea&amp;cake", br#"{"id":20}"#), "RrRD1CH3ZJ+PlPQ5Vi8dT7/PRoc8ZIBi1FZxNevWSoA=");
    }

    #[test]
    fn one_second_one_delivery_id() {
        assert_eq!(delivery_id(2, 1_795_000_000), delivery_id(2, 1_795_000_000));
        assert_ne!(delivery_id(2, 1_795_000_000), delivery_id(2, 1_795_000_001));
        assert_ne!(delivery_id(2, 1_795_000_000), delivery_id(3, 1_795_000_000));
        assert_eq!(delivery_id(2, 0).len(), 32);
    }
}
