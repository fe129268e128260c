//! docs/ERRORS.md against the sources: every code an order can be held with, a client of the API is answered with or a check finds has a
//! row that says what to do, and no row is about a code that is gone.
//!
//! A code is a string literal, found by where it stands:
//! - in the core, the steps and the functions' frame every literal of a code's form (`two_words_or_more`) is one, however it is used,
//!   but for [`NOT_CODES`];
//! - in the connectors, which are full of other systems' words, a code begins with one of [`PREFIXES`], and whatever is handed to a
//!   refusal must be one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where orders are held: every literal of a code's form is a code.
const CORE: [&str; 3] = ["shared/domain/src", "shared/workflow/src", "shared/lambda/src"];
/// Where refusals are made.
const CONNECTORS: &str = "shared/connectors/src";
/// What a code of a connector begins with.
const PREFIXES: [&str; 6] = ["erp_", "order_", "refund_", "store_", "tax_", "warehouse_"];
/// How a connector refuses: what stands before the literal.
const REFUSALS: [&str; 3] = ["refused(", "permanent(", "Refused{code:"];
/// The heading below which the codes stand that clients of the API are answered with.
const API: &str = "The API for clients";
/// Literals of the core that look like a code: names of fields.
const NOT_CODES: [&str; 1] = ["address_1"];

/// Literals of connectors that look like ours: Odoo's names of fields.
const FIELDS: [&str; 5] = ["order_id", "order_line", "tax_id", "tax_ids", "warehouse_id"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust sources below a folder of the repository, without their tests and attributes.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source is readable");
                let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
                let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("#[")).collect();
                found.push((path, code.join("\n")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// The string literals of a source, each with what stands before it on its own or the line before, without blanks.
fn literals(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut before = String::new();
    let mut rest = source.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|next| *next != '\n').is_some() {},
            // A character; an apostrophe without one is a lifetime.
            '\'' if rest.peek() == Some(&'\\') => {
                rest.next();
                rest.next();
                while rest.next_if(|next| *next != '\'').is_some() {}
            }
            '\'' if rest.peek() == Some(&'"') => {
                rest.next();
            }
            '"' if before.trim_end_matches('#').ends_with('r') => {
                let end = format!("\"{}", &before[before.trim_end_matches('#').len()..]);
                let mut literal = String::new();
                while !literal.ends_with(&end) {
                    literal.push(rest.next().expect("a raw literal ends"));
                }
                literal.truncate(literal.len() - end.len());
                found.push((std::mem::take(&mut before), literal));
            }
            '"' => {
                let mut literal = String::new();
                while let Some(inner) = rest.next_if(|next| *next != '"') {
                    literal.push(inner);
                    if inner == '\\' {
                        literal.extend(rest.next());
                    }
                }
                rest.next();
                found.push((std::mem::take(&mut before), literal));
            }
            blank if blank.is_whitespace() => {}
            other => before.push(other),
        }
    }
    found
}

/// Two words or more in lower case, with underscores between them.
fn is_code(literal: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    literal.starts_with(|first: char| first.is_ascii_lowercase()) && literal.contains('_') && literal.split('_').all(word)
}

/// Every code an order can be held with or a client is answered with.
fn hold_codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut seen_no_code = BTreeSet::new();
    for (_, source) in CORE.iter().flat_map(|folder| sources(folder)) {
        for (_, literal) in literals(&source).into_iter().filter(|(_, literal)| is_code(literal)) {
            if NOT_CODES.contains(&literal.as_str()) {
                seen_no_code.insert(literal);
            } else {
                codes.insert(literal);
            }
        }
    }
    assert_eq!(seen_no_code.len(), NOT_CODES.len(), "NOT_CODES has a literal that is gone: {seen_no_code:?}");
    let mut refusals = 0_u32;
    let mut fields = BTreeSet::new();
    for (path, source) in sources(CONNECTORS) {
        for (before, literal) in literals(&source) {
            let is_ours = is_code(&literal) && PREFIXES.iter().any(|prefix| literal.starts_with(prefix));
            if REFUSALS.iter().any(|refusal| before.ends_with(refusal)) {
                assert!(is_ours, "{}: {literal:?} is a code that begins with none of {PREFIXES:?}", path.display());
                refusals += 1;
            }
            if FIELDS.contains(&literal.as_str()) {
                fields.insert(literal);
            } else if is_ours {
                codes.insert(literal);
            }
        }
    }
    assert_eq!(fields.len(), FIELDS.len(), "FIELDS has a literal that is gone: {fields:?}");
    assert!(refusals > 10, "refusals are made in another way now: REFUSALS finds {refusals}");
    codes
}

/// Every code of a finding of `waybill store check` and `waybill erp check`.
fn check_codes() -> BTreeSet<String> {
    let says = [".fine(", ".note(", ".wrong("];
    let sources = sources("cli/src");
    let literals = sources.iter().flat_map(|(_, source)| literals(source));
    literals.filter(|(before, _)| says.iter().any(|say| before.ends_with(say))).map(|(_, literal)| literal).collect()
}

/// The codes in the first column of the tables below a heading, down to the next heading of its kind; each row must be whole.
fn documented(heading: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/ERRORS.md")).expect("docs/ERRORS.md is readable");
    let (_, below) = text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading:?}"));
    let section = below.split("\n## ").next().unwrap_or_default();
    let mut codes = BTreeSet::new();
    let mut columns = 0;
    for line in section.lines() {
        let Some(row) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            columns = 0;
            continue;
        };
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        if columns == 0 {
            columns = cells.len();
        }
        assert!(cells.len() == columns && cells.iter().all(|cell| !cell.is_empty()), "not a whole row: {line}");
        for code in cells[0].split('`').skip(1).step_by(2) {
            assert!(codes.insert(code.to_owned()), "{code} has two rows");
        }
    }
    codes
}

/// Nothing on either side that the other does not have.
fn assert_same(what: &str, used: &BTreeSet<String>, documented: &BTreeSet<String>) {
    let missing: Vec<&String> = used.difference(documented).collect();
    let gone: Vec<&String> = documented.difference(used).collect();
    assert!(missing.is_empty(), "{what} without a row in docs/ERRORS.md: {missing:?}");
    assert!(gone.is_empty(), "{what} that docs/ERRORS.md explains and nothing uses: {gone:?}");
}

#[test]
fn every_code_of_a_hold_or_an_answer_is_explained_and_no_other() {
    let used = hold_codes();
    // One of each kind of place, so that a source that is no longer read is noticed.
    for known in [
        "no_lines",
        "deleted_in_store",
        "validation_failed",
        "signature_replayed",
        "erp_token_missing",
        "store_moved",
        "erp_period_closed",
    ] {
        assert!(used.contains(known), "{known} is not found any more");
    }
    let holds = documented("Holds");
    let answers = documented(API);
    assert!(holds.is_disjoint(&answers), "one code is one thing: {:?}", holds.intersection(&answers).collect::<Vec<_>>());
    assert_same("codes of holds and of the API", &used, &holds.union(&answers).cloned().collect());
}

/// Beside what it means and what a person may do, the page says of every kind of hold what happens without anybody.
#[test]
fn every_kind_of_hold_says_what_happens_by_itself() {
    let text = fs::read_to_string(root().join("docs/ERRORS.md")).expect("docs/ERRORS.md is readable");
    let holds = text.split_once("\n## Holds\n").and_then(|(_, below)| below.split("\n## ").next()).expect("a heading");
    let kinds: Vec<&str> = holds.split("\n### ").skip(1).collect();
    assert!(kinds.len() > 5, "{}", kinds.len());
    for kind in kinds {
        assert!(kind.contains("\nBy itself: "), "{}", kind.lines().next().unwrap_or_default());
    }
}

#[test]
fn every_code_of_a_check_is_explained_and_no_other() {
    let used = check_codes();
    assert!(used.len() > 10, "findings are made in another way now: {used:?}");
    assert_same("codes of checks", &used, &documented("What a check finds"));
}

#[test]
fn literals_are_found_and_nothing_else() {
    let source = r###"
        // "a comment" and 'one'
        let quote = '"'; let escaped = '\''; fn of<'a>(text: &'a str) {}
        self.add("no_lines", "has \"quotes\"");
        raw(r"a\", r##"one " and "# two"##);
        refused(
            "erp_x", y)
    "###;
    let texts: Vec<String> = literals(source).into_iter().map(|(_, literal)| literal).collect();
    assert_eq!(texts, ["no_lines", r#"has \"quotes\""#, r"a\", r##"one " and "# two"##, "erp_x"]);
    assert!(literals(source)[4].0.ends_with("refused("), "what stands before it may be on the line before");
    for (text, expected) in
        [("no_lines", true), ("nolines", false), ("no lines", false), ("No_lines", false), ("no__x", false), ("_x", false)]
    {
        assert_eq!(is_code(text), expected, "{text}");
    }
}
