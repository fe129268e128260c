//! The stock ledger as the pull sees it. Orders move it in their commits, in `transaction`.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value, to_item};
use waybill_domain::{At, ErpSlug, Sku, StockRow};
use waybill_workflow::Unavailable;
use waybill_workflow::ports::StockLedger;

use super::{Dynamo, Row, n, s};
use crate::error::unavailable;

const PART: &str = "stock";
/// Another order was proved between reading and writing. Five in a row on one SKU within milliseconds is more than there are.
const TRIES: u32 = 5;

/// The key of a SKU in an ERP's ledger.
pub fn stock_key(erp: &ErpSlug, sku: &Sku) -> String {
    format!("{erp}/{sku}")
}

impl StockLedger for Dynamo {
    async fn stock(&self, erp: &ErpSlug, sku: &Sku) -> Result<Option<StockRow>, Unavailable> {
        let get = self.client.get_item().table_name(&self.tables.stock).key("pk", s(stock_key(erp, sku))).consistent_read(true);
        let row = get.send().await.map_err(|error| unavailable(PART, &error))?.item;
        row.map(from_item).transpose().map_err(|_| Unavailable::new(PART, "a row cannot be read"))
    }

    async fn pull(&self, erp: &ErpSlug, sku: &Sku, free: i64, as_of: At) -> Result<bool, Unavailable> {
        for _ in 0..TRIES {
            let written = match self.stock(erp, sku).await? {
                None => self.create(erp, sku, &StockRow::new(free, as_of)).await?,
                Some(row) => match row.pulled(free, as_of) {
                    None => return Ok(false),
                    Some(pulled) => self.set(erp, sku, &row, &pulled).await?,
                },
            };
            if written {
                return Ok(true);
            }
        }
        Err(Unavailable::new(PART, "others kept writing the row"))
    }
}

impl Dynamo {
    /// Creates the row; false if there is one by now.
    async fn create(&self, erp: &ErpSlug, sku: &Sku, row: &StockRow) -> Result<bool, Unavailable> {
        let mut item: Row = to_item(row).map_err(|_| Unavailable::new(PART, "a row cannot be written"))?;
        item.insert("pk".to_owned(), s(stock_key(erp, sku)));
        let put = self.client.put_item().table_name(&self.tables.stock).set_item(Some(item));
        let answer = put.condition_expression("attribute_not_exists(pk)").send().await;
        written(answer.map(|_| ()).map_err(|error| (error.code().map(str::to_owned), unavailable(PART, &error))))
    }

    /// Writes the pulled figure. Orders may take or give pieces meanwhile: `unproven` is therefore subtracted by the database, as it is
    /// then; only `proven` must be what was read.
    async fn set(&self, erp: &ErpSlug, sku: &Sku, row: &StockRow, pulled: &StockRow) -> Result<bool, Unavailable> {
        let map = |row: &StockRow| to_attribute_value(&row.proven).map_err(|_| Unavailable::new(PART, "a row cannot be written"));
        let base = pulled.available.saturating_add(pulled.unproven);
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.stock)
            .key("pk", s(stock_key(erp, sku)))
            .update_expression("SET #free = :free, #as_of = :as_of, #proven = :late, #available = :base - #unproven")
            .condition_expression("#proven = :proven AND #as_of < :as_of")
            .expression_attribute_names("#free", "free")
            .expression_attribute_names("#as_of", "as_of")
            .expression_attribute_names("#proven", "proven")
            .expression_attribute_names("#available", "available")
            .expression_attribute_names("#unproven", "unproven")
            .expression_attribute_values(":free", n(pulled.free))
            .expression_attribute_values(":as_of", n(pulled.as_of.0))
            .expression_attribute_values(":late", map(pulled)?)
            .expression_attribute_values(":proven", map(row)?)
            .expression_attribute_values(":base", n(base));
        let answer = update.send().await;
        written(answer.map(|_| ()).map_err(|error| (error.code().map(str::to_owned), unavailable(PART, &error))))
    }
}

/// True if it was written, false if it should be read and tried again.
fn written(answer: Result<(), (Option<String>, Unavailable)>) -> Result<bool, Unavailable> {
    match answer {
        Ok(()) => Ok(true),
        Err((Some(code), _)) if code == "ConditionalCheckFailedException" || code == "TransactionConflictException" => Ok(false),
        Err((_, error)) => Err(error),
    }
}
