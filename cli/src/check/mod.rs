//! What a check found, in sentences: each says what is the case, and if that is wrong, what to do.

pub mod reach;

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Orders would not get through, or not all of them.
    Wrong,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, for scripts.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence for a person. No secrets, no personal data.
    pub message: String,
}

/// Everything a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was checked: `store shop`.
    pub subject: String,
    /// Nothing is wrong.
    pub ok: bool,
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Report { subject: subject.into(), ok: true, findings: Vec::new() }
    }

    /// Adds that something is as it should be.
    pub fn fine(&mut self, code: &'static str, message: impl Into<String>) {
        self.add(code, Severity::Ok, message.into());
    }

    /// Adds something worth knowing.
    pub fn note(&mut self, code: &'static str, message: impl Into<String>) {
        self.add(code, Severity::Note, message.into());
    }

    /// Adds something that is wrong.
    pub fn wrong(&mut self, code: &'static str, message: impl Into<String>) {
        self.ok = false;
        self.add(code, Severity::Wrong, message.into());
    }

    /// Adds all findings of another report.
    pub fn take(&mut self, other: Report) {
        self.ok &= other.ok;
        let subject = other.subject;
        self.findings.extend(other.findings.into_iter().map(|finding| {
            let message = format!("{subject}: {}", finding.message);
            Finding { message, ..finding }
        }));
    }

    fn add(&mut self, code: &'static str, severity: Severity, message: String) {
        self.findings.push(Finding { code, severity, message });
    }

    /// For a person: a line per finding, what is wrong marked at the beginning of the line.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |finding: &Finding| {
            let mark = match finding.severity {
                Severity::Ok => "ok",
                Severity::Note => "note",
                Severity::Wrong => "WRONG",
            };
            format!("{mark:<6} {}", finding.message)
        };
        self.findings.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// How many things are wrong.
    #[must_use]
    pub fn wrongs(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Wrong).count()
    }

    /// An error if something is wrong, so that the exit status says so.
    ///
    /// # Errors
    /// How many things are wrong.
    pub fn verdict(&self) -> Result<(), crate::Failure> {
        match self.wrongs() {
            0 => Ok(()),
            1 => Err(format!("one thing is wrong with {}", self.subject).into()),
            several => Err(format!("{several} things are wrong with {}", self.subject).into()),
        }
    }

    /// Prints it, and ends with the verdict.
    ///
    /// # Errors
    /// If something is wrong.
    pub fn conclude(&self, json: bool) -> Result<(), crate::Failure> {
        crate::print(&if json { serde_json::to_string(self)? } else { self.text() })?;
        self.verdict()
    }
}

/// A few of many, for a sentence.
#[must_use]
pub fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_is_wrong_and_ends_with_it() {
        let mut report = Report::new("store shop");
        report.fine("reach", "it answers");
        report.note("clock", "its clock is not told");
        assert!(report.ok && report.verdict().is_ok());
        let mut erp = Report::new("ERP acme");
        erp.wrong("reach", "nobody listens");
        report.take(erp);
        assert_eq!(report.text(), "ok     it answers\nnote   its clock is not told\nWRONG  ERP acme: nobody listens");
        assert!(!report.ok);
        assert_eq!(report.verdict().unwrap_err().to_string(), "one thing is wrong with store shop");
    }

    #[test]
    fn a_list_is_cut() {
        let names: Vec<String> = (1..=10).map(|n| n.to_string()).collect();
        assert_eq!(some_of(&names), "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
        assert_eq!(some_of(&names[..2]), "1, 2");
    }
}
