//! What a person sees while it works.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Takes the progress of `up`.
pub trait Progress {
    /// A new stage.
    fn step(&self, text: &str);
    /// What the stage is at.
    fn detail(&self, text: &str);
    /// Text that must be read as it is, such as a compiler's errors.
    fn print(&self, text: &str);
}

/// No progress, for tests and for other commands' own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str) {}
    fn detail(&self, _: &str) {}
    fn print(&self, text: &str) {
        eprintln!("{text}");
    }
}

/// Progress on standard error: one moving line on a terminal, a line per stage elsewhere.
#[derive(Debug)]
pub struct Shown {
    bar: Option<ProgressBar>,
}

impl Shown {
    /// Begins to show.
    #[must_use]
    pub fn new() -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {prefix} {wide_msg:.dim}").expect("a constant");
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar }
    }
}

impl Default for Shown {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn step(&self, text: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message("");
                bar.set_prefix(text.to_owned());
            }
            None => eprintln!("{text}"),
        }
    }

    fn detail(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
        }
    }

    fn print(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}
