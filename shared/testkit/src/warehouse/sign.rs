//! Signatures of Waybill's clients, in both directions: lower-case hex of HMAC-SHA256(secret, timestamp + `.` + METHOD + `.` + path +
//! `.` + body).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Who signed.
pub const CLIENT: &str = "X-Waybill-Client";
/// When, in seconds since 1970.
pub const TIMESTAMP: &str = "X-Waybill-Timestamp";
/// The signature.
pub const SIGNATURE: &str = "X-Waybill-Signature";
/// How far a timestamp may be off, in seconds, either way.
pub const WINDOW: i64 = 300;

/// The signature of a request.
#[must_use]
pub fn signature(secret: &str, timestamp: i64, method: &str, path: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{timestamp}.{method}.{path}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_what_openssl_signs() {
        // printf '1795412400.POST./v1/shipments/shop.{"id":"P-1"}' | openssl dgst -sha256 -hmac 'tea&cake'
        assert_eq!(
            super::signature("tea&cake", 1_795_412_400, "POST", "/v1/shipments/shop", br#"{"id":"P-1"}"#),
            "60c855176d690b2f97523f66b6ad66a2fb4aafe9a35e1eb634316a2ee28b2ca8"
        );
    }
}
