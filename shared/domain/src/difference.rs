//! What changed between two contents of an order, in words that a person can act on. Addresses are named by field, never quoted.

use crate::store_order::{Address, Charge, Line, StoreOrder};

/// The differences in what is validated, reserved and posted, joined by semicolons; empty when there are none that a person would see.
pub fn difference(before: &StoreOrder, after: &StoreOrder) -> String {
    let mut words = Vec::new();
    lines(&before.lines, &after.lines, &mut words);
    charges("shipping", &before.shipping_lines, &after.shipping_lines, &mut words);
    charges("fee", &before.fees, &after.fees, &mut words);
    address("billing address", &before.billing, &after.billing, &mut words);
    address("shipping address", &before.shipping, &after.shipping, &mut words);
    if before.total != after.total {
        words.push(format!("total {} → {} {}", before.total, after.total, after.currency));
    }
    if before.currency != after.currency {
        words.push(format!("currency {} → {}", before.currency, after.currency));
    }
    if before.customer_note != after.customer_note {
        words.push("the customer's note".to_owned());
    }
    words.join("; ")
}

fn lines(before: &[Line], after: &[Line], words: &mut Vec<String>) {
    for line in after {
        match before.iter().find(|old| old.id == line.id) {
            None => words.push(format!("line {} added: {} × {}", line.id, line.quantity, line.sku)),
            Some(old) => {
                if old.sku != line.sku {
                    words.push(format!("line {}: {} → {}", line.id, old.sku, line.sku));
                }
                if old.quantity != line.quantity {
                    words.push(format!("line {} ({}): {} → {} pieces", line.id, line.sku, old.quantity, line.quantity));
                }
                if (old.total, old.total_tax) != (line.total, line.total_tax) {
                    let (was, is) =
                        (format!("{} + {}", old.total, old.total_tax), format!("{} + {}", line.total, line.total_tax));
                    words.push(format!("line {} ({}): {was} → {is} net and tax", line.id, line.sku));
                }
            }
        }
    }
    for old in before.iter().filter(|old| !after.iter().any(|line| line.id == old.id)) {
        words.push(format!("line {} removed: {} × {}", old.id, old.quantity, old.sku));
    }
}

fn charges(name: &str, before: &[Charge], after: &[Charge], words: &mut Vec<String>) {
    for charge in after {
        match before.iter().find(|old| old.id == charge.id) {
            None => words.push(format!("{name} {} added: {}", charge.id, charge.total)),
            Some(old) if (old.total, old.total_tax) != (charge.total, charge.total_tax) => {
                words.push(format!("{name} {}: {} → {}", charge.id, old.total, charge.total));
            }
            Some(_) => {}
        }
    }
    for old in before.iter().filter(|old| !after.iter().any(|charge| charge.id == old.id)) {
        words.push(format!("{name} {} removed: {}", old.id, old.total));
    }
}

fn address(name: &str, before: &Address, after: &Address, words: &mut Vec<String>) {
    let parts = [
        ("name", (&before.first_name, &before.last_name), (&after.first_name, &after.last_name)),
        ("company", (&before.company, &before.company), (&after.company, &after.company)),
        ("street", (&before.address_1, &before.address_2), (&after.address_1, &after.address_2)),
        ("city", (&before.city, &before.postcode), (&after.city, &after.postcode)),
        ("country", (&before.country, &before.state), (&after.country, &after.state)),
        ("contact", (&before.email, &before.phone), (&after.email, &after.phone)),
    ];
    let changed: Vec<&str> = parts.iter().filter(|(_, old, new)| old != new).map(|(part, _, _)| *part).collect();
    if !changed.is_empty() {
        words.push(format!("{name}: {}", changed.join(", ")));
    }
}
