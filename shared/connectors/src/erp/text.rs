//! What is kept of an ERP's words: it is stored in the order's record, which is small, and is compared as money.

use waybill_domain::money::Decimal;

/// Longest id that is stored, in bytes.
const LONGEST_ID: usize = 100;
/// Longest text that is kept, in characters.
const LONGEST_TEXT: usize = 60;
/// Most documents of an order that are kept.
pub(super) const MOST_DOCUMENTS: usize = 8;

/// An id, unless it is empty, too long to be kept or not text.
pub(super) fn id(id: String) -> Option<String> {
    ((1..=LONGEST_ID).contains(&id.len()) && !id.chars().any(char::is_control)).then_some(id)
}

/// A text for people, shortened.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_TEXT).collect()
}

/// An amount as decimals are written; `None` for everything else, exponents and lost digits included.
pub(super) fn amount(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_digits(whole, 12) && is_digits(fraction, 6)).then(|| text.parse().ok())?
}
