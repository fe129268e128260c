//! Who sent a delivery: base64 of HMAC-SHA256 over the raw body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Whether one of `secrets` signed `body`. Compared in constant time; without a usable secret it works as hard, so that the time it
/// takes does not say whether there is such a store.
///
/// WooCommerce decodes HTML entities in a secret before it uses it, and its form may have encoded them: a secret is tried as it was
/// given and decoded. An empty secret signs nothing: anybody could have used it.
pub(super) fn verify(secrets: &[String], body: &[u8], signature: &str) -> bool {
    let given = STANDARD.decode(signature.trim()).unwrap_or_default();
    let mut keys: Vec<String> = Vec::new();
    for secret in secrets.iter().filter(|secret| !secret.trim().is_empty()) {
        let decoded = decode_entities(secret);
        if decoded != *secret && !decoded.trim().is_empty() {
            keys.push(decoded);
        }
        keys.push(secret.clone());
    }
    if keys.is_empty() {
        let _ = signs(b"nobody's secret", body, &given);
        return false;
    }
    // Not `any`, which would stop at the first and tell by its time which it was.
    keys.iter().fold(false, |signed, key| signs(key.as_bytes(), body, &given) | signed)
}

fn signs(key: &[u8], body: &[u8], given: &[u8]) -> bool {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(body);
            mac.verify_slice(given).is_ok()
        }
        // A key of any length will do, so this does not happen; if it did, nothing would be signed.
        Err(_) => false,
    }
}

/// What WordPress's `wp_specialchars_decode(…, ENT_QUOTES)` does: quotes, `<`, `>` and `&`, once.
fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        match after.split_once(';').and_then(|(name, tail)| Some((character(name)?, tail))) {
            Some((character, tail)) => {
                out.push(character);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let code = match name.strip_prefix('#') {
        None => {
            return match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                _ => None,
            };
        }
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        },
    };
    char::from_u32(code).filter(|c| matches!(c, '&' | '<' | '>' | '"' | '\''))
}

#[cfg(test)]
mod tests {
    use super::{decode_entities, verify};

    const BODY: &[u8] = br#"{"id":20}"#;
    /// `printf '{"id":20}' | openssl dgst -sha256 -hmac 'tea&cake' -binary | base64`
    const SIGNED: &str = "RrRD1CH3ZJ+PlPQ5Vi8dT7/PRoc8ZIBi1FZxNevWSoA=";

    fn secrets(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn any_of_the_secrets_as_given_or_decoded() {
        for given in [&["tea&cake"][..], &["tea&amp;cake"], &["old", "tea&#038;cake"], &["tea&cake", "new"], &["", "tea&cake"]] {
            assert!(verify(&secrets(given), BODY, SIGNED), "{given:?}");
        }
        for given in [&[][..], &[""], &["tea"], &["tea&amp;amp;cake"], &["TEA&CAKE"]] {
            assert!(!verify(&secrets(given), BODY, SIGNED), "{given:?}");
        }
    }

    #[test]
    fn nothing_else_passes() {
        let right = secrets(&["tea&cake"]);
        for wrong in ["", "=", "RrRD1CH3ZJ", "not base64 at all", &SIGNED[..43], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
            assert!(!verify(&right, BODY, wrong), "{wrong:?}");
        }
        assert!(!verify(&right, br#"{"id":21}"#, SIGNED));
        assert!(!verify(&right, b"", SIGNED));
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        // printf '{"id":20}' | openssl dgst -sha256 -hmac '' -binary | base64
        assert!(!verify(&secrets(&["", " "]), BODY, "S7YpjmAzrOuKY/wcXXNAM/RNMDvKrDm32mVCFKJj61o="));
    }

    #[test]
    fn entities_are_decoded_once() {
        assert_eq!(decode_entities("a&amp;b&lt;c&gt;&quot;&#039;&#x27;"), "a&b<c>\"''");
        assert_eq!(decode_entities("&amp;lt; &eacute; & &; &#8364; &#xZZ;"), "&lt; &eacute; & &; &#8364; &#xZZ;");
    }
}
