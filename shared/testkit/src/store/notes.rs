//! Notes on orders, and what customers are mailed. A note moves no date and fires nothing.

use super::order::Note;
use super::state::Inner;

/// A mail to an order's customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The order.
    pub order: u64,
    /// What it says.
    pub about: MailAbout,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailAbout {
    /// A note for the customer, with its text.
    Note(String),
    /// The order is completed.
    Completed,
    /// Something was refunded.
    Refunded,
    /// A fulfillment was made, changed or deleted by somebody who asked for the mail.
    Fulfillment,
}

/// As WordPress unslashes what is about to be stored: a backslash goes, and what it stands before stays.
fn unslashed(text: &str) -> String {
    let mut characters = text.chars();
    let mut next = || match characters.next()? {
        '\\' => Some(characters.next().map(String::from).unwrap_or_default()),
        other => Some(String::from(other)),
    };
    std::iter::from_fn(&mut next).collect()
}

impl Inner {
    /// Adds a note; the customer is mailed one for them. `None` if there is no such order.
    pub(super) fn add_note(&mut self, order: u64, text: &str, for_customer: bool) -> Option<u64> {
        let (id, created) = (self.note_id(), self.now());
        let text = unslashed(text);
        self.orders.get_mut(&order)?.notes.insert(0, Note { id, created, text: text.clone(), for_customer });
        if for_customer {
            self.mail(order, MailAbout::Note(text));
        }
        Some(id)
    }

    /// The store's own note on a change of status, and the mail about it.
    pub(super) fn note_status(&mut self, order: u64, from: &str, to: &str) {
        self.add_note(order, &format!("Order status changed from {from} to {to}."), false);
        if to == "completed" {
            self.mail(order, MailAbout::Completed);
        }
    }

    pub(super) fn mail(&mut self, order: u64, about: MailAbout) {
        self.mails.push(Mail { order, about });
    }
}
