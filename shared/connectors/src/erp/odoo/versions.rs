//! All that differs between the versions of Odoo, and nothing else does. Found by asking the server once per connection.
//!
//! A second confirm of an order is refused by 18 and 19 and answered `true` by 16: neither is believed, the order is read again.

use serde_json::{Map, Value, json};
use waybill_workflow::CallError;

use crate::erp::refusals::config_invalid;

/// The oldest version this connector knows.
const OLDEST: u64 = 16;

/// The version of an Odoo server, by its first number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version(u64);

impl Version {
    /// From `version_info`, as `[18, 0, 0, "final", 0, ""]`. Hosted databases write the first number as `"saas~18"`.
    pub(super) fn of(info: &Value) -> Option<Self> {
        let first = info.get(0)?;
        let major = match first {
            Value::String(text) => text.trim_start_matches("saas~").parse().ok()?,
            other => other.as_u64()?,
        };
        Some(Self(major))
    }

    /// # Errors
    /// When it is too old to be spoken to.
    pub(super) fn supported(self) -> Result<Self, CallError> {
        if self.0 >= OLDEST {
            return Ok(self);
        }
        Err(config_invalid(&format!("the server is Odoo {}; this connector knows {OLDEST} and later", self.0)))
    }

    /// The first number.
    pub(super) fn number(self) -> u64 {
        self.0
    }

    /// From 19 on there is `/json/2`; before, only `/jsonrpc`, which later ones are to lose.
    pub(super) fn has_json2(self) -> bool {
        self.0 >= 19
    }

    /// The taxes of an order line. (Those of an invoice line were always `tax_ids`.)
    pub(super) fn order_line_taxes(self) -> &'static str {
        if self.0 >= 19 { "tax_ids" } else { "tax_id" }
    }

    /// What is kept in stock, as a condition on `product.product`.
    pub(super) fn is_stocked(self) -> Value {
        if self.0 >= 18 { json!(["is_storable", "=", true]) } else { json!(["detailed_type", "=", "product"]) }
    }

    /// Pieces that a stock move has moved.
    pub(super) fn moved(self) -> &'static str {
        if self.0 >= 17 { "quantity" } else { "quantity_done" }
    }

    /// Until 16 a transfer is validated only with the pieces done written into its moves first.
    pub(super) fn needs_done_pieces(self) -> bool {
        self.0 <= 16
    }

    /// The words that go with a payment.
    pub(super) fn payment_memo(self) -> &'static str {
        if self.0 >= 18 { "memo" } else { "ref" }
    }

    /// The context in which `free_qty` is that of one warehouse.
    pub(super) fn in_warehouse(self, warehouse: u64) -> Map<String, Value> {
        let key = if self.0 >= 18 { "warehouse_id" } else { "warehouse" };
        Map::from_iter([(key.to_owned(), json!(warehouse))])
    }

    /// Makes the transfer of a return wizard.
    pub(super) fn create_returns(self) -> &'static str {
        if self.0 >= 18 { "action_create_returns" } else { "create_returns" }
    }

    /// From 18 on the return wizard makes its own lines, without pieces; before, lines that are not given are those of the whole transfer.
    pub(super) fn return_lines_are_made(self) -> bool {
        self.0 >= 18
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u64) -> Version {
        Version::of(&json!([number, 0, 0, "final", 0, ""])).unwrap()
    }

    #[test]
    fn versions_are_read_from_what_servers_say() {
        assert_eq!(version(18).number(), 18);
        assert_eq!(Version::of(&json!(["saas~18", 2, 0, "final", 0, ""])), Some(Version(18)));
        for wrong in [json!([]), json!("18.0"), json!(["eighteen"]), json!(null), json!([18.5])] {
            assert_eq!(Version::of(&wrong), None, "{wrong}");
        }
        assert!(version(15).supported().is_err());
        assert!(version(16).supported().is_ok());
        assert!(version(20).supported().is_ok());
    }

    #[test]
    fn what_each_version_calls_things() {
        let of = |number: u64| {
            let version = version(number);
            (
                version.has_json2(),
                version.order_line_taxes(),
                version.is_stocked()[0].as_str().unwrap().to_owned(),
                version.moved(),
                version.needs_done_pieces(),
                version.payment_memo(),
                version.in_warehouse(1).keys().next().unwrap().clone(),
                version.create_returns(),
                version.return_lines_are_made(),
            )
        };
        let (stocked, detailed) = ("is_storable".to_owned(), "detailed_type".to_owned());
        let (new, old) = ("warehouse_id".to_owned(), "warehouse".to_owned());
        let (action, create) = ("action_create_returns", "create_returns");
        assert_eq!(of(16), (false, "tax_id", detailed.clone(), "quantity_done", true, "ref", old.clone(), create, false));
        assert_eq!(of(17), (false, "tax_id", detailed, "quantity", false, "ref", old, create, false));
        assert_eq!(of(18), (false, "tax_id", stocked.clone(), "quantity", false, "memo", new.clone(), action, true));
        assert_eq!(of(19), (true, "tax_ids", stocked, "quantity", false, "memo", new, action, true));
    }
}
