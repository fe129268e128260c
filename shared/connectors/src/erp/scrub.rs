//! Keeps personal data out of what an ERP says. The contract forbids it there, and nobody checks that but us: messages end
//! in holds, which everybody may read.

use waybill_domain::ErpOrder;
use waybill_domain::store_order::Address;

/// Longest message kept, in characters.
const LONGEST: usize = 200;
/// Shorter values, such as country codes, would tear holes into harmless words.
const SHORTEST_VALUE: usize = 3;
/// Digits in a row that may be a telephone or card number.
const DIGITS: usize = 7;

/// Stands for a message that nothing is known about.
const NOT_SHOWN: &str = "its own words are not shown here, they might name the customer";

/// What must not appear in a message about an order, and what may although it looks personal.
pub(super) struct Scrub {
    personal: Vec<String>,
    harmless: Vec<String>,
    /// Whose order it is about is known.
    knows: bool,
}

impl Scrub {
    /// Whose order it is about is not known here, so whatever is said of it may be a name.
    pub(super) fn unknown() -> Self {
        Self { personal: Vec::new(), harmless: Vec::new(), knows: false }
    }

    /// The personal data of this order.
    pub(super) fn of(order: &ErpOrder) -> Self {
        let mut personal: Vec<String> = [&order.billing, &order.shipping].into_iter().flat_map(values).collect();
        personal.extend([order.transaction_id.to_lowercase(), order.note.to_lowercase()]);
        personal.extend(order.customer_id.map(|id| id.to_string()));
        personal.retain(|value| value.chars().count() >= SHORTEST_VALUE);
        // Longest first, so that a street is gone before the town that is part of its name.
        personal.sort_by_key(|value| std::cmp::Reverse(value.len()));
        personal.dedup();
        let mut harmless = vec![order.reference.to_lowercase(), order.number.to_lowercase()];
        harmless.extend(order.lines.iter().map(|line| line.sku.as_str().to_lowercase()));
        Self { personal, harmless, knows: true }
    }

    /// The message in one line, shortened, with personal values, mail addresses and long numbers replaced by `…`.
    pub(super) fn clean(&self, message: &str) -> String {
        if !self.knows {
            return NOT_SHOWN.to_owned();
        }
        let mut text: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(4 * LONGEST).collect();
        for value in &self.personal {
            text = without(&text, value);
        }
        let words: Vec<&str> = text.split_whitespace().map(|word| if self.is_suspect(word) { "…" } else { word }).collect();
        words.join(" ").chars().take(LONGEST).collect()
    }

    fn is_suspect(&self, word: &str) -> bool {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation()).to_lowercase();
        let digits = word.chars().filter(char::is_ascii_digit).count();
        (word.contains('@') || digits >= DIGITS) && !self.harmless.contains(&bare)
    }
}

fn values(address: &Address) -> Vec<String> {
    let Address { first_name, last_name, company, address_1, address_2, city, state, postcode, country, email, phone } = address;
    let fields = [first_name, last_name, company, address_1, address_2, city, state, postcode, country, email, phone];
    fields.into_iter().map(|value| value.trim().to_lowercase()).collect()
}

/// `text` with every occurrence of `value` (in lower case) replaced, whatever the case it is written in there.
fn without(text: &str, value: &str) -> String {
    let lower: Vec<(usize, char)> =
        text.char_indices().flat_map(|(at, c)| c.to_lowercase().map(move |lower| (at, lower))).collect();
    let wanted: Vec<char> = value.chars().collect();
    let mut result = String::with_capacity(text.len());
    let (mut from, mut next) = (0, 0);
    while let Some(window) = lower.get(next..next + wanted.len()) {
        if window.iter().map(|(_, c)| c).eq(wanted.iter()) {
            let start = window.first().map_or(from, |(at, _)| *at);
            result.push_str(text.get(from..start).unwrap_or_default());
            result.push('…');
            next += wanted.len();
            from = lower.get(next).map_or(text.len(), |(at, _)| *at);
        } else {
            next += 1;
        }
    }
    result.push_str(text.get(from..).unwrap_or_default());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrub(personal: &[&str], harmless: &[&str]) -> Scrub {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Scrub { personal: owned(personal), harmless: owned(harmless), knows: true }
    }

    #[test]
    fn personal_values_disappear_in_any_case() {
        let scrub = scrub(&["jane doe", "straße 1", "doe"], &[]);
        assert_eq!(scrub.clean("No account for JANE DOE, Straße 1 (Doe)"), "No account for …, … (…)");
        assert_eq!(scrub.clean("İJane Doe"), "İ…");
        assert_eq!(scrub.clean("DoeDoe jane"), "…… jane");
    }

    #[test]
    fn mail_addresses_and_long_numbers_disappear_unless_they_are_known() {
        let scrub = scrub(&[], &["4006381333931", "shop-10000001"]);
        assert_eq!(
            scrub.clean("unknown_sku: 4006381333931 for shop-10000001, ask a@b.example or +4930/1234567."),
            "unknown_sku: 4006381333931 for shop-10000001, ask … or …"
        );
    }

    #[test]
    fn long_and_many_lined_texts_become_one_short_line() {
        let scrub = scrub(&[], &[]);
        assert_eq!(scrub.clean("one\r\n\ttwo\0three"), "one two three");
        assert_eq!(scrub.clean(&"word ".repeat(1000)).chars().count(), LONGEST);
    }
}
