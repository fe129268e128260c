//! What happens in a store: orders are placed, paid, changed, trashed and deleted.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::kinds::NewOrder;
use super::order::{Meta, Order, Totals};
use super::state::Inner;
use super::totals;

impl Inner {
    /// Places an order: `order.created` and `order.updated` together.
    pub(super) fn place(&mut self, new: NewOrder, via: &str) -> u64 {
        let status = new.status.clone();
        let id = self.insert(new, via);
        self.settle(id, &status);
        self.fire("order.created", id);
        self.fire("order.updated", id);
        id
    }

    /// Begins a Store API checkout: `order.updated` with status `checkout-draft`.
    pub(super) fn draft(&mut self, new: NewOrder) -> u64 {
        let becomes = (new.status.clone(), new.paid);
        let draft = NewOrder { status: "checkout-draft".to_owned(), paid: false, ..new };
        let id = self.insert(draft, "store-api");
        self.drafts.insert(id, becomes);
        self.fire("order.updated", id);
        id
    }

    /// Ends it: `order.updated`, then `order.created`. False if `id` is no draft.
    pub(super) fn finish_draft(&mut self, id: u64) -> bool {
        let now = self.now();
        let (Some((status, paid)), Some(order)) = (self.drafts.remove(&id), self.orders.get_mut(&id)) else {
            return false;
        };
        if paid {
            order.paid = Some(now);
            order.transaction_id = format!("TX{id}");
        }
        self.set_status(id, &status);
        self.fire("order.created", id);
        true
    }

    fn insert(&mut self, new: NewOrder, via: &str) -> u64 {
        let (id, now) = (self.id(), self.now());
        let gross = new.prices_include_tax.unwrap_or(self.config.prices_include_tax);
        let percent = new.coupon.as_ref().map_or(0, |(_, percent)| *percent);
        let mut lines = Vec::new();
        for (product, quantity) in &new.lines {
            let (row, meta) = (self.row(), self.row());
            if let Some(product) = self.products.get(product) {
                lines.push(totals::line(row, meta, product, *quantity, percent, gross));
            }
        }
        let shipping: Vec<_> = new.shipping.iter().map(|(title, net)| totals::shipping(self.row(), title, *net)).collect();
        let fees: Vec<_> = new.fees.iter().map(|(name, net)| totals::fee(self.row(), name, *net, true)).collect();
        let coupons: Vec<_> =
            new.coupon.iter().map(|(code, percent)| totals::coupon(self.row(), code, *percent, &lines)).collect();
        let (first_tax, _) = (self.row(), self.row());
        let taxes = totals::tax_lines(first_tax, &lines, &shipping, &fees);
        let sums = totals::sums(&lines, &shipping, &fees, &taxes);
        let order = Order {
            id,
            status: new.status,
            currency: self.config.currency.clone(),
            prices_include_tax: gross,
            created: now,
            modified: now,
            completed: None,
            paid: new.paid.then_some(now),
            customer_id: new.customer_id,
            key: format!("wc_order_{:013x}", self.random(1 << 52)),
            shipping_address: new.shipping_address.unwrap_or_else(|| new.billing.without_email()),
            billing: new.billing,
            payment_method: new.payment_method.0,
            payment_method_title: new.payment_method.1,
            transaction_id: if new.paid || new.authorised { format!("TX{id}") } else { String::new() },
            created_via: via.to_owned(),
            customer_note: new.note,
            meta: Vec::new(),
            lines,
            shipping,
            fees,
            coupons,
            taxes,
            totals: Totals { total: sums.total + new.total_off_by, ..sums },
            refunds: Vec::new(),
            stock_reduced: false,
            notes: Vec::new(),
            trashed_from: None,
        };
        self.orders.insert(id, order);
        id
    }

    /// Changes the status, whatever it was: `order.updated`, except out of the trash, which is silent.
    pub(super) fn set_status(&mut self, id: u64, status: &str) -> bool {
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else { return false };
        let before = std::mem::replace(&mut order.status, status.to_owned());
        let from_trash = before == "trash";
        order.modified = now;
        order.trashed_from = None;
        self.settle(id, status);
        if before != status {
            self.note_status(id, &before, status);
        }
        if !from_trash {
            self.fire("order.updated", id);
        }
        true
    }

    /// What a status brings with it: dates, stock, and the automatic refund.
    fn settle(&mut self, id: u64, status: &str) {
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else { return };
        // Cash on delivery is paid at the door: only `completed` dates its payment.
        let pays = status == "completed" || (status == "processing" && order.payment_method != "cod");
        if pays && order.paid.is_none() {
            order.paid = Some(now);
        }
        if status == "completed" && order.completed.is_none() {
            order.completed = Some(now);
        }
        let rest = order.totals.total - order.refunded();
        match status {
            "processing" | "completed" | "on-hold" => self.move_stock(id, true),
            "pending" | "cancelled" => self.move_stock(id, false),
            "refunded" if rest > Decimal::ZERO => self.refund_rest(id, rest, now),
            _ => {}
        }
    }

    /// Takes the order's units off the store's stock, or gives them back; either only once.
    fn move_stock(&mut self, id: u64, reduce: bool) {
        let Some(mut order) = self.orders.remove(&id) else { return };
        if order.stock_reduced != reduce {
            order.stock_reduced = reduce;
            for line in &mut order.lines {
                let units = if reduce {
                    line.count("_reduced_stock", line.quantity, self.row());
                    -line.quantity
                } else {
                    let units = line.counted("_reduced_stock");
                    line.meta_data.retain(|meta| meta.key != "_reduced_stock");
                    units
                };
                self.change_stock(line.sold_id(), units);
            }
        }
        self.orders.insert(id, order);
    }

    /// Adds `units` to a product's stock: `product.updated`.
    pub(super) fn change_stock(&mut self, product: u64, units: i64) {
        let now = self.now();
        let Some(product) = self.products.get_mut(&product) else { return };
        let id = product.id;
        if let Some(stock) = &mut product.stock {
            *stock = stock.saturating_add(units);
            product.modified = now;
            self.fire("product.updated", id);
        }
    }

    /// The gateway reports the payment.
    pub(super) fn pay(&mut self, id: u64) -> bool {
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else { return false };
        order.paid = Some(now);
        order.transaction_id = format!("TX{id}");
        self.set_status(id, "processing")
    }

    /// Something changes that no field shows, or nothing at all: the date moves, `order.updated`.
    pub(super) fn touch(&mut self, id: u64) -> bool {
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else { return false };
        order.modified = now;
        self.fire("order.updated", id);
        true
    }

    /// Moves to the trash: `order.deleted`.
    pub(super) fn trash(&mut self, id: u64) -> bool {
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else { return false };
        let before = std::mem::replace(&mut order.status, "trash".to_owned());
        order.trashed_from = Some(before);
        order.modified = now;
        self.fire("order.deleted", id);
        true
    }

    /// Deletes for good, silently. Deliveries already pending will find it gone.
    pub(super) fn delete(&mut self, id: u64) -> bool {
        self.orders.remove(&id).is_some()
    }

    /// Adds meta data, or replaces the value of the row with the same id, or of the first with the same key, the others of which go.
    /// `null` takes a row away.
    pub(super) fn merge_meta(&mut self, id: u64, rows: Vec<Meta>) {
        for mut row in rows {
            let new_row = self.row();
            let Some(order) = self.orders.get_mut(&id) else { return };
            let same = |old: &Meta| if row.id == 0 { old.key == row.key } else { old.id == row.id };
            let kept = order.meta.iter().position(same);
            let mut index = 0;
            order.meta.retain(|old| {
                index += 1;
                !same(old) || (Some(index - 1) == kept && !row.value.is_null())
            });
            match kept {
                _ if row.value.is_null() => {}
                Some(kept) => order.meta[kept].value = row.value,
                None => {
                    row.id = new_row;
                    order.meta.push(row);
                }
            }
        }
    }

    /// Changes the quantity of a line over REST: stock moves, money does not. With 0 the line goes.
    pub(super) fn change_quantity(&mut self, id: u64, line: u64, quantity: i64) {
        let row = self.row();
        let Some(order) = self.orders.get_mut(&id) else { return };
        let reduced = order.stock_reduced;
        let Some(index) = order.lines.iter().position(|l| l.id == line) else { return };
        let line = &mut order.lines[index];
        let (product, units) = (line.sold_id(), line.quantity - quantity);
        line.quantity = quantity;
        if reduced {
            line.count("_reduced_stock", line.counted("_reduced_stock") - units, row);
        }
        if quantity == 0 {
            order.lines.remove(index);
        }
        if reduced {
            self.change_stock(product, units);
        }
    }

    /// The variations of a variable product.
    pub(super) fn variations(&self, product: u64) -> Vec<u64> {
        self.products.values().filter(|p| p.parent_id == product).map(|p| p.id).collect()
    }

    /// Orders changed after `after`, as the store's whole seconds see it.
    pub(super) fn modified_after(&self, after: Timestamp) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(move |order| order.modified > after)
    }
}
