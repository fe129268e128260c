//! The permanent rows of the ledger, neighbours of the order's record: `shipment#<id>`, `refund#<id>`, `return#<id>`. They are written in the
//! transaction of the commit that adds or changes what they are of, and read by people.

use aws_sdk_dynamodb::types::Put;
use waybill_domain::{Entry, Order};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::CommitError;

use super::orders::PART;
use super::{Dynamo, n, s};

/// The sort key of an entry's row.
pub(super) fn sort_key(entry: &Entry) -> String {
    format!("{}#{}", entry.kind, entry.id)
}

impl Dynamo {
    /// The write of an entry that `order` brings. A first one must not be there.
    pub(super) fn entry_put(&self, order: &Order, entry: &Entry) -> Result<Put, CommitError> {
        let put = Put::builder()
            .table_name(&self.tables.orders)
            .item("pk", s(order.key.to_string()))
            .item("sk", s(sort_key(entry)))
            .item("version", n(order.version))
            .item("body", s(&entry.body));
        let put = if entry.first { put.condition_expression("attribute_not_exists(pk)") } else { put };
        put.build().map_err(|_| Unavailable::new(PART, "the write of a ledger row could not be built").into())
    }
}
