//! How clients of Waybill's own API sign, and how Waybill signs what it pushes to a warehouse: lower-case hex of
//! HMAC-SHA256(secret, timestamp + `.` + METHOD + `.` + path + `.` + body).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Header with the client's slug.
pub const CLIENT: &str = "x-waybill-client";
/// Header with the time of signing, in seconds since 1970.
pub const TIMESTAMP: &str = "x-waybill-timestamp";
/// Header with the signature.
pub const SIGNATURE: &str = "x-waybill-signature";

/// The signature of a request. `path` is without host, stage and query; `body` is as it goes over the line, empty for a GET.
#[must_use]
pub fn sign(secret: &str, timestamp: &str, method: &str, path: &str, body: &[u8]) -> String {
    match mac(secret, timestamp, method, path, body) {
        Some(mac) => mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
        // A key of any length will do, so this does not happen; an empty signature is accepted by nobody.
        None => String::new(),
    }
}

/// Whether one of `secrets` made `signature`. Compared in constant time; without a usable secret it works as hard, so that the time it
/// takes does not say whether there is such a client. Only lower-case hex counts, so that a signature has one form and can be
/// remembered by its text. An empty secret signs nothing: anybody could have used it.
#[must_use]
pub fn verify(secrets: &[String], timestamp: &str, method: &str, path: &str, body: &[u8], signature: &str) -> bool {
    let given = from_hex(signature).unwrap_or_default();
    let signs = |secret: &str| mac(secret, timestamp, method, path, body).is_some_and(|mac| mac.verify_slice(&given).is_ok());
    let usable: Vec<&String> = secrets.iter().filter(|secret| !secret.trim().is_empty()).collect();
    if usable.is_empty() {
        let _ = signs("nobody's secret");
        return false;
    }
    // Not `any`, which would stop at the first and tell by its time which it was.
    usable.into_iter().fold(false, |signed, secret| signs(secret) | signed)
}

fn mac(secret: &str, timestamp: &str, method: &str, path: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    for part in [timestamp.as_bytes(), b".", method.as_bytes(), b".", path.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| if let [high, low] = pair { Some(digit(*high)? << 4 | digit(*low)?) } else { None })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{sign, verify};

    const PATH: &str = "/v1/shipments/shop";
    const BODY: &[u8] = br#"{"id":"P-1"}"#;
    /// `printf '1795412400.POST./v1/shipments/shop.{"id":"P-1"}' | openssl dgst -sha256 -hmac 'tea&cake'`
    const SIGNED: &str = "60c855176d690b2f97523f66b6ad66a2fb4aafe9a35e1eb634316a2ee28b2ca8";

    fn secrets(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn it_is_what_openssl_says() {
        assert_eq!(sign("tea&cake", "1795412400", "POST", PATH, BODY), SIGNED);
    }

    #[test]
    fn any_of_the_secrets_signs() {
        for given in [&["tea&cake"][..], &["new", "tea&cake"], &["", "tea&cake", "old"]] {
            assert!(verify(&secrets(given), "1795412400", "POST", PATH, BODY, SIGNED), "{given:?}");
        }
        for given in [&[][..], &[""], &["tea"], &["TEA&CAKE"]] {
            assert!(!verify(&secrets(given), "1795412400", "POST", PATH, BODY, SIGNED), "{given:?}");
        }
    }

    #[test]
    fn every_part_is_signed_and_the_text_has_one_form() {
        let right = secrets(&["tea&cake"]);
        for (timestamp, method, path, body) in [
            ("1795412401", "POST", PATH, BODY),
            ("1795412400", "GET", PATH, BODY),
            ("1795412400", "POST", "/v1/shipments/shop2", BODY),
            ("1795412400", "POST", PATH, b""),
        ] {
            assert!(!verify(&right, timestamp, method, path, body, SIGNED));
        }
        for wrong in
            ["", "ab", "a", "no hex", &SIGNED[..63], &SIGNED.to_uppercase(), &format!(" {SIGNED}"), &format!("{SIGNED}00")]
        {
            assert!(!verify(&right, "1795412400", "POST", PATH, BODY, wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        let signature = sign("", "1795412400", "POST", PATH, BODY);
        assert!(!verify(&secrets(&["", " "]), "1795412400", "POST", PATH, BODY, &signature));
    }
}
