//! The handle's second half: what happens to orders after they were placed, and what came of it.

use rust_decimal::Decimal;

use super::FakeStore;
use super::customers::Address;
use super::fulfillments::Fulfillment;
use super::notes::Mail;
use super::order::{Note, Order};
use super::refunds::{NewRefund, RefundRefused};

impl FakeStore {
    /// A person refunds units of lines at the lines' own price, through the gateway if it can. Returns the refund's id.
    ///
    /// # Errors
    /// Why the store refuses it.
    pub fn refund_lines(&self, order: u64, units: &[(u64, i64)], restock: bool) -> Result<u64, RefundRefused> {
        self.refund_as(order, |order| order.refund_of(units, restock))
    }

    /// A person refunds everything that is left, shipping and fees included: the order becomes `refunded`.
    ///
    /// # Errors
    /// Why the store refuses it.
    pub fn refund_all(&self, order: u64, restock: bool) -> Result<u64, RefundRefused> {
        self.refund_as(order, |order| order.refund_of_all(restock))
    }

    /// A person refunds an amount: no lines, no tax.
    ///
    /// # Errors
    /// Why the store refuses it.
    pub fn refund_amount(&self, order: u64, amount: Decimal) -> Result<u64, RefundRefused> {
        self.refund_as(order, |order| NewRefund { amount, through_gateway: order.gateway_refunds(), ..NewRefund::default() })
    }

    fn refund_as(&self, order: u64, refund: impl FnOnce(&Order) -> NewRefund) -> Result<u64, RefundRefused> {
        self.shared.act(|inner| {
            let refund = refund(inner.orders.get(&order).ok_or(RefundRefused::NoOrder)?);
            inner.refund(order, refund)
        })
    }

    /// A person deletes a refund: nothing is delivered and no date moves. False if there is no such refund.
    pub fn delete_refund(&self, order: u64, refund: u64) -> bool {
        self.shared.act(|inner| inner.delete_refund(order, refund))
    }

    /// A person changes the quantity of a line and presses "recalculate"; 0 takes the line out. False if there is no such order or line.
    pub fn change_quantity(&self, order: u64, line: u64, quantity: i64) -> bool {
        self.shared.act(|inner| inner.edit_quantity(order, line, quantity))
    }

    /// A person changes the shipping address. False if there is no such order.
    pub fn change_address(&self, order: u64, address: &Address) -> bool {
        self.shared.act(|inner| inner.edit_address(order, address))
    }

    /// Cancels an order: its units return to stock. False if there is no such order.
    pub fn cancel(&self, order: u64) -> bool {
        self.set_status(order, "cancelled")
    }

    /// Takes an order out of the trash to the status it had, without a webhook of its updates. False if it is not there.
    pub fn untrash(&self, order: u64) -> bool {
        self.shared.act(|inner| inner.untrash(order))
    }

    /// The gateway captures an authorised payment: as [`FakeStore::pay`], with the transaction it was authorised with.
    pub fn capture(&self, order: u64) -> bool {
        self.pay(order)
    }

    /// The gateway reports that the payment failed. False if there is no such order.
    pub fn fail_payment(&self, order: u64) -> bool {
        self.set_status(order, "failed")
    }

    /// A payment is gone after all: date and transaction vanish, the order is `on-hold`. False if there is no such order.
    pub fn lose_payment(&self, order: u64) -> bool {
        self.shared.act(|inner| inner.lose_payment(order))
    }

    /// Somebody in the shop writes a note, which is mailed if it is for the customer. False if there is no such order.
    pub fn add_note(&self, order: u64, text: &str, for_customer: bool) -> bool {
        self.shared.act(|inner| inner.add_note(order, text, for_customer).is_some())
    }

    /// The notes of an order, newest first, the store's own on changes of status among them.
    #[must_use]
    pub fn notes(&self, order: u64) -> Vec<Note> {
        self.shared.lock().orders.get(&order).map(|order| order.notes.clone()).unwrap_or_default()
    }

    /// What an order's customer was mailed, oldest first.
    #[must_use]
    pub fn mails(&self, order: u64) -> Vec<Mail> {
        self.shared.lock().mails.iter().filter(|mail| mail.order == order).cloned().collect()
    }

    /// The fulfillments of an order that were not deleted.
    #[must_use]
    pub fn fulfillments(&self, order: u64) -> Vec<Fulfillment> {
        self.shared.lock().live_fulfillments(order).cloned().collect()
    }
}
