//! Amendments: none. Waybill invoices an order as soon as it is confirmed, and what belongs to one (the address of an open delivery, lines
//! that were invoiced) is kept in several places that cannot all be changed with it: a person changes it, or cancels it and has it placed anew.

use waybill_domain::ErpOrder;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpAmend, ErpRecord};

use super::OdooErp;
use super::cancel::order_id;
use super::posting::State;
use crate::erp::refusals::{order_cancelled, refused};
use crate::erp::scrub::Scrub;

impl ErpAmend for OdooErp {
    async fn amend(&self, id: &str, order: &ErpOrder) -> Result<ErpRecord, CallError> {
        self.records()?;
        match self.order(order_id(id)?, &Scrub::of(order)).await?.state {
            State::Cancelled => Err(order_cancelled()),
            State::Draft | State::Confirmed => {
                Err(refused("erp_cannot_amend", "orders that are confirmed in Odoo are changed there"))
            }
        }
    }
}
