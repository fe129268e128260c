//! What every connector proves before it sends anything.

use waybill_domain::money::Decimal;
use waybill_domain::{CreditNote, Payment};
use waybill_workflow::CallError;

use super::refusals::{not_postable, refused};

/// Whether an order has been paid. Validation lets only these through; what it should have stopped is stopped here.
///
/// # Errors
/// When the order may not be posted at all.
pub(super) fn is_paid(payment: Payment) -> Result<bool, CallError> {
    match payment {
        // What was paid back since is credited by its own documents.
        Payment::Paid | Payment::PartlyRefunded | Payment::Refunded => Ok(true),
        Payment::CashOnDelivery | Payment::OnHold | Payment::Authorised => Ok(false),
        Payment::Unpaid | Payment::Failed | Payment::Voided => Err(not_postable("the order is not paid")),
    }
}

/// Nothing is sent that does not add up: a credit note is money that leaves.
///
/// # Errors
/// What does not.
pub(super) fn credit_note(note: &CreditNote) -> Result<(), CallError> {
    let lines = note.lines.iter().map(|line| (line.net, line.tax));
    let charges = note.charges.iter().map(|charge| (charge.net, charge.tax));
    let sum = lines.chain(charges).try_fold(note.other, |sum, (net, tax)| sum.checked_add(net)?.checked_add(tax));
    if sum != Some(note.amount) {
        return Err(not_postable("the parts of the credit note do not add up to its amount"));
    }
    if note.amount <= Decimal::ZERO {
        return Err(not_postable("the amount of the credit note is not positive"));
    }
    match note.lines.iter().find(|line| line.restock > line.quantity) {
        Some(_) => Err(not_postable("the credit note puts more pieces back on the shelf than it credits")),
        None => Ok(()),
    }
}

/// The amount of the line that makes up for another way of rounding: `None` when the totals agree.
///
/// # Errors
/// When they are further apart than `limit`: that is no rounding.
pub(super) fn rounding(store_total: Decimal, erp_total: Decimal, limit: Decimal) -> Result<Option<Decimal>, CallError> {
    let difference = store_total.checked_sub(erp_total).unwrap_or(Decimal::MAX);
    if difference.is_zero() {
        return Ok(None);
    }
    if difference.abs() <= limit {
        return Ok(Some(difference));
    }
    let message = format!(
        "the store's total is {store_total}, the ERP computes {erp_total}; more than {limit} apart is no rounding: compare the taxes of the store with \
         those they are mapped to"
    );
    Err(refused("erp_total_mismatch", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_rounding_up_to_the_limit_and_a_refusal_beyond() {
        let amount = |text: &str| text.parse::<Decimal>().unwrap();
        let of = |store: &str, erp: &str| rounding(amount(store), amount(erp), amount("0.02"));
        assert_eq!(of("10.00", "10.000"), Ok(None));
        assert_eq!(of("10.02", "10.00"), Ok(Some(amount("0.02"))));
        assert_eq!(of("-9.99", "-9.98"), Ok(Some(amount("-0.01"))));
        for erp in ["9.97", "10.03"] {
            assert!(matches!(of("10.00", erp), Err(CallError::Refused { code, .. }) if code == "erp_total_mismatch"));
        }
        assert!(rounding(Decimal::MAX, Decimal::MIN, amount("0.02")).is_err());
    }
}
