//! A commit that moves stock, or writes rows of the ledger: with the record in one transaction, all of it or nothing.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use waybill_domain::stock::Move;
use waybill_domain::{Entry, ErpSlug, Order, Sku, StockMoves};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{CommitError, Shortage};

use super::entries::sort_key;
use super::orders::{PART, conflict};
use super::row::Mark;
use super::stock::stock_key;
use super::{Dynamo, n, number, s};
use crate::error::{is_contention, unavailable};

/// Actions of one transaction, the record's included.
const MOST_ACTIONS: usize = 100;

/// What is written beside the record.
pub(super) struct Beside<'a> {
    /// The record.
    pub(super) of: &'a Order,
    /// Rows of the ledger.
    pub(super) entries: Vec<Entry>,
    /// Stock.
    pub(super) moves: StockMoves,
}

impl Dynamo {
    /// Writes the record, its ledger rows, and moves the stock.
    pub(super) async fn transact(&self, put: Put, mark: &Mark, beside: &Beside<'_>) -> Result<(), CommitError> {
        let mut actions = vec![TransactWriteItem::builder().put(put).build()];
        for entry in &beside.entries {
            let put = self.entry_put(beside.of, entry)?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        for ((erp, sku), step) in &beside.moves.0 {
            let update = self.stock_update(erp, sku, *step)?;
            actions.push(TransactWriteItem::builder().update(update).build());
        }
        if actions.len() > MOST_ACTIONS {
            return Err(Unavailable::new(PART, "a commit of more rows than a transaction takes").into());
        }
        // The token makes a repeated attempt of this one commit the same commit (DynamoDB remembers it for ten minutes).
        let token = uuid::Uuid::now_v7().to_string();
        let request = self.client.transact_write_items().client_request_token(token).set_transact_items(Some(actions));
        let Err(error) = request.send().await else { return Ok(()) };
        match error {
            SdkError::ServiceError(failure) if failure.err().is_transaction_canceled_exception() => match failure.into_err() {
                TransactWriteItemsError::TransactionCanceledException(canceled) => {
                    judge(canceled.cancellation_reasons.unwrap_or_default(), mark, beside)
                }
                _ => Err(CommitError::Contention),
            },
            error if is_contention(error.code()) => Err(CommitError::Contention),
            error => Err(unavailable(PART, &error).into()),
        }
    }

    fn stock_update(&self, erp: &ErpSlug, sku: &Sku, step: Move) -> Result<Update, CommitError> {
        let update = Update::builder()
            .table_name(&self.tables.stock)
            .key("pk", s(stock_key(erp, sku)))
            .expression_attribute_names("#unproven", "unproven")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match step {
            Move::Take(quantity) => update
                .update_expression("SET #available = #available - :q, #unproven = #unproven + :q")
                .condition_expression("attribute_exists(pk) AND #available >= :q")
                .expression_attribute_names("#available", "available")
                .expression_attribute_values(":q", n(quantity)),
            Move::Give(quantity) => update
                .update_expression("SET #available = #available + :q, #unproven = #unproven - :q")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#available", "available")
                .expression_attribute_values(":q", n(quantity)),
            Move::Prove(quantity, at) => update
                .update_expression("SET #unproven = #unproven - :q, #proven.#minute = if_not_exists(#proven.#minute, :zero) + :q")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#proven", "proven")
                .expression_attribute_names("#minute", at.minute().to_string())
                .expression_attribute_values(":q", n(quantity))
                .expression_attribute_values(":zero", n(0)),
        };
        update.build().map_err(|_| Unavailable::new(PART, "the transaction could not be built").into())
    }
}

/// Why a transaction was cancelled, from its reasons: one per action, in the same order. A commit that came first outweighs everything;
/// contention outweighs what may end in a hold, because it goes by; and a ledger that has what the record does not know outweighs a
/// shortage, because the shortage was judged by a record that is wrong.
fn judge(reasons: Vec<CancellationReason>, mark: &Mark, beside: &Beside<'_>) -> Result<(), CommitError> {
    let mut reasons = reasons.into_iter();
    let Some(record) = reasons.next() else { return Err(Unavailable::new(PART, "cancelled without reasons").into()) };
    if is_refused(&record) {
        return conflict(record.item, mark);
    }
    let mut others: Vec<CancellationReason> = reasons.collect();
    if is_contention(record.code.as_deref()) || others.iter().any(|reason| is_contention(reason.code.as_deref())) {
        return Err(CommitError::Contention);
    }
    let stock = others.split_off(beside.entries.len().min(others.len()));
    if let Some((entry, _)) = beside.entries.iter().zip(&others).find(|(_, reason)| is_refused(reason)) {
        return Err(CommitError::Recorded(sort_key(entry)));
    }
    let mut short = Vec::new();
    for (((_, sku), step), reason) in beside.moves.0.iter().zip(&stock).filter(|(_, reason)| is_refused(reason)) {
        let Move::Take(wanted) = *step else {
            // What was taken from a row is given back to it or proved on it, and rows are never deleted.
            return Err(Unavailable::new("stock", "a row that an order holds pieces of is missing").into());
        };
        let available = reason.item.as_ref().and_then(|row| number(row, "available"));
        short.push(Shortage { sku: sku.clone(), wanted, available });
    }
    if short.is_empty() {
        let code = [&record]
            .into_iter()
            .chain(&others)
            .chain(&stock)
            .filter_map(|reason| reason.code.clone())
            .find(|code| code != "None");
        return Err(Unavailable::new(PART, code.unwrap_or_else(|| "cancelled without a reason".to_owned())).into());
    }
    Err(CommitError::Short(short))
}

fn is_refused(reason: &CancellationReason) -> bool {
    reason.code.as_deref() == Some("ConditionalCheckFailed")
}
