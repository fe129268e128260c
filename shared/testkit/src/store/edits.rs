//! What a person changes in an order that was placed: quantities, addresses, and what the gateway reports of the payment.

use super::customers::Address;
use super::state::Inner;
use super::totals;

impl Inner {
    /// Changes the quantity of a line and recalculates, as the admin's buttons do: stock moves, and the money follows. With 0 the line
    /// goes. False if there is no such order or line.
    pub(super) fn edit_quantity(&mut self, id: u64, line: u64, quantity: i64) -> bool {
        if !self.orders.get(&id).is_some_and(|order| order.lines.iter().any(|l| l.id == line)) {
            return false;
        }
        self.change_quantity(id, line, quantity);
        self.recalculate(id, line);
        self.touch(id)
    }

    /// The line at the product's price, then coupons, taxes and sums.
    fn recalculate(&mut self, id: u64, line: u64) {
        let products = &self.products;
        let Some(order) = self.orders.get_mut(&id) else { return };
        let percent = order.coupons.first().map_or(0, |coupon| coupon.nominal_amount);
        if let Some(line) = order.lines.iter_mut().find(|l| l.id == line)
            && let Some(product) = products.get(&line.sold_id())
        {
            let meta_data = std::mem::take(&mut line.meta_data);
            *line = totals::line(line.id, 0, product, line.quantity, percent, order.prices_include_tax);
            line.meta_data = meta_data;
        }
        for coupon in &mut order.coupons {
            *coupon = totals::coupon(coupon.id, &coupon.code, coupon.nominal_amount, &order.lines);
        }
        let first = order.taxes.first().map_or(0, |tax| tax.id);
        order.taxes = totals::tax_lines(first, &order.lines, &order.shipping, &order.fees);
        order.totals = totals::sums(&order.lines, &order.shipping, &order.fees, &order.taxes);
    }

    /// Changes where the order goes to.
    pub(super) fn edit_address(&mut self, id: u64, address: &Address) -> bool {
        let Some(order) = self.orders.get_mut(&id) else { return false };
        order.shipping_address = address.without_email();
        self.touch(id)
    }

    /// Takes an order out of the trash, to the status it had: no webhook of an order's updates fires.
    pub(super) fn untrash(&mut self, id: u64) -> bool {
        let trashed_from = self.orders.get(&id).filter(|order| order.status == "trash").map(|order| order.trashed_from.clone());
        let Some(before) = trashed_from else { return false };
        self.set_status(id, before.as_deref().unwrap_or("pending"));
        self.fire("order.restored", id);
        true
    }

    /// The payment is gone again, charged back or voided: no date, and a person must look (`on-hold`).
    pub(super) fn lose_payment(&mut self, id: u64) -> bool {
        let Some(order) = self.orders.get_mut(&id) else { return false };
        order.paid = None;
        order.transaction_id = String::new();
        self.set_status(id, "on-hold")
    }
}
