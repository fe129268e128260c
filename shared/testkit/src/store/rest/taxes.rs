//! The tax rates over REST.

use serde_json::{Value, json};

use super::reply::{Page, Params, Reply};
use crate::store::catalogue::TaxClass;

pub(super) async fn list(params: Params) -> Result<Reply, Reply> {
    let page = Page::of(&params)?;
    Ok(page.reply(&TaxClass::ALL, |class| -> Value {
        json!({
            "id": class.rate_id(),
            "country": "DE",
            "rate": format!("{}.0000", class.percent()),
            "name": "MwSt.",
            "class": class.slug(),
        })
    }))
}
