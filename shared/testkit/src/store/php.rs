//! JSON as PHP's `json_encode` writes it by default: `/` and everything outside ASCII escaped, a whole float without a fraction.
//!
//! The escapes are why a signature only verifies over the raw bytes: a body that was parsed and written again differs.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

/// The bytes WordPress would send for `value`.
///
/// # Panics
/// When `value` cannot be written as JSON, which none of the fake's types can cause.
pub fn json_encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096);
    let mut serializer = Serializer::with_formatter(&mut out, Php(CompactFormatter));
    value.serialize(&mut serializer).expect("the fake's own types are JSON");
    out
}

struct Php(CompactFormatter);

impl Formatter for Php {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Rust's shortest form that reads back the same is what PHP prints with serialize_precision = -1.
        write!(writer, "{value}")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for c in fragment.chars() {
            match c {
                '/' => writer.write_all(b"\\/")?,
                ' '..='\x7f' => writer.write_all(&[c as u8])?,
                _ => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::json_encode;

    fn text<T: serde::Serialize + ?Sized>(value: &T) -> String {
        String::from_utf8(json_encode(value)).expect("ASCII")
    }

    #[test]
    fn escapes_like_php() {
        assert_eq!(text("Straße/5 \"q\" €"), r#""Stra\u00dfe\/5 \"q\" \u20ac""#);
        assert_eq!(text("a\n\u{7f}\u{1f600}"), "\"a\\n\u{7f}\\ud83d\\ude00\"");
    }

    #[test]
    fn floats_like_php() {
        assert_eq!(text(&16.798_319_333_333_335_f64), "16.798319333333335");
        assert_eq!(text(&20.0_f64), "20");
    }
}
