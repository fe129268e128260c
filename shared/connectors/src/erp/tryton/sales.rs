//! A sale from nothing to its confirmation. Up to there it is a draft, and whatever goes wrong, surely no order: the next try throws the
//! draft away and makes it anew.

use rust_decimal::RoundingStrategy;
use serde::Deserialize;
use serde_json::{Value, json};
use waybill_domain::money::Decimal;
use waybill_workflow::CallError;

use super::Desk;
use super::client::Call;
use super::error::{Kind, Verdict};
use super::known::Article;
use super::wire::{self, Amount, Sale, SaleState, decimal};
use crate::erp::checks;
use crate::erp::refusals::refused;
use crate::erp::scrub::Scrub;

/// Decimals of a unit price: Tryton's `price_decimal`, unless its administrator has chosen more.
pub(super) const PRICE_DIGITS: u32 = 4;

/// A line that is to be sold. Negative pieces come back.
pub(super) struct NewLine {
    pub(super) article: Article,
    pub(super) pieces: i64,
    /// Of all pieces, with the sign of what it does to the total.
    pub(super) net: Decimal,
    pub(super) taxes: Vec<u64>,
    /// The store's line id.
    pub(super) line: Option<u64>,
    pub(super) text: String,
}

impl NewLine {
    fn json(&self) -> Result<Value, CallError> {
        let malformed = |what: &str| refused("erp_malformed", what);
        let price = self.net.checked_div(Decimal::from(self.pieces)).ok_or_else(|| malformed("a line without pieces"))?;
        let price = price.round_dp_with_strategy(PRICE_DIGITS, RoundingStrategy::MidpointAwayFromZero);
        // Tryton's sequences are 32 bits.
        let line =
            self.line.map(i32::try_from).transpose().map_err(|_| malformed("the store's line id is too large for Tryton"))?;
        Ok(json!({
            "type": "line", "product": self.article.id, "unit": self.article.unit, "quantity": self.pieces,
            "unit_price": decimal(price), "taxes": [["add", self.taxes]], "sequence": line, "description": self.text,
        }))
    }
}

/// A sale that is to be made.
pub(super) struct NewSale<'a> {
    /// The key: unique within the shop.
    pub(super) web_id: &'a str,
    /// All but web id, shop and lines.
    pub(super) head: Value,
    pub(super) lines: Vec<NewLine>,
    /// What it must come to.
    pub(super) total: Decimal,
}

#[derive(Deserialize)]
struct Draft {
    id: u64,
    state: SaleState,
    total_amount: Amount,
}

const DRAFT: &[&str] = &["state", "total_amount"];

impl Desk {
    /// The sales with these web ids.
    pub(super) async fn find_sales(&self, web_ids: &[&str]) -> Result<Found, Verdict> {
        let domain = json!([["web_shop", "=", self.shop], ["web_id", "in", web_ids]]);
        let reply = self.client.reply::<Vec<Sale>>(&Call::search("sale", "sale.sale", wire::SALE, &domain)).await?;
        let is_asked = |sale: &Sale| sale.web_id.as_deref().is_some_and(|id| web_ids.contains(&id));
        let sales: Vec<Sale> = reply.body.into_iter().filter(is_asked).collect();
        Ok(Found { sales, at: reply.ended })
    }

    /// A sale by its id.
    pub(super) async fn sale(&self, id: u64) -> Result<Seen, Verdict> {
        let reply = self.client.reply::<Sale>(&Call::get("sale", "sale.sale", id, wire::SALE)).await?;
        Ok(Seen { sale: reply.body, at: reply.ended })
    }

    /// Makes and confirms a sale. `left` is what an earlier try left of it, unconfirmed.
    pub(super) async fn sell(&self, new: &NewSale<'_>, left: Option<&Sale>, scrub: &Scrub) -> Result<Seen, CallError> {
        if let Some(left) = left {
            self.discard(left.id, left.state).await?;
        }
        let draft = self.draft(new, scrub).await?;
        match self.bind(&draft, new, scrub).await {
            Ok(seen) => Ok(seen),
            Err(Failed::Draft(error)) => {
                // Nobody needs what was refused. When it cannot be thrown away, the next try does.
                if matches!(error, CallError::Refused { .. }) {
                    let _ = self.discard(draft.id, SaleState::Quotation).await;
                }
                Err(error)
            }
            Err(Failed::Bound(error)) => Err(error),
        }
    }

    /// Throws an unconfirmed sale away.
    async fn discard(&self, id: u64, state: SaleState) -> Result<(), CallError> {
        if state != SaleState::Draft {
            let back = Call::press("sale", "sale.sale", id, "draft", DRAFT);
            match self.client.call::<Draft>(&back).await {
                // A draft already, or deleted.
                Err(verdict) if !verdict.is_refusal() && verdict.kind != Kind::Missing => return Err(verdict.of_read()),
                _ => {}
            }
        }
        match self.client.call::<Option<Value>>(&Call::delete("sale", "sale.sale", id)).await {
            Ok(_) => Ok(()),
            Err(verdict) if verdict.kind == Kind::Missing => Ok(()),
            Err(verdict) if verdict.is_refusal() => Err(contended()),
            Err(verdict) => Err(verdict.of_read()),
        }
    }

    /// Why Tryton refused to go on with a draft: because of what it is, or because another one has laid hands on it.
    async fn refused(&self, id: u64, verdict: Verdict, scrub: &Scrub) -> CallError {
        if verdict.kind == Kind::Missing {
            return contended();
        }
        if !verdict.is_refusal() {
            return verdict.before(scrub);
        }
        match self.client.call::<Draft>(&Call::get("sale", "sale.sale", id, DRAFT)).await {
            Ok(draft) if draft.state == SaleState::Draft => verdict.before(scrub),
            Ok(_) => contended(),
            Err(read) if read.kind == Kind::Missing => contended(),
            Err(read) => read.of_read(),
        }
    }

    async fn draft(&self, new: &NewSale<'_>, scrub: &Scrub) -> Result<Draft, CallError> {
        let lines = new.lines.iter().map(NewLine::json).collect::<Result<Vec<_>, _>>()?;
        let mut body = new.head.clone();
        body["web_shop"] = self.shop.into();
        body["web_id"] = new.web_id.into();
        body["lines"] = json!([["create", lines]]);
        let call = Call::create("sale", "sale.sale", DRAFT, body);
        match self.client.call(&call).await {
            Ok(draft) => Ok(draft),
            Err(refusal) if refusal.is_refusal() => match self.find_sales(&[new.web_id]).await {
                // It was not there a moment ago: another one is posting it, and may get to its end.
                Ok(found) if !found.sales.is_empty() => Err(contended()),
                Ok(_) => Err(refusal.before(scrub)),
                Err(verdict) => Err(verdict.of_read()),
            },
            Err(verdict) => Err(verdict.before(scrub)),
        }
    }

    /// From the draft to the confirmed sale.
    async fn bind(&self, draft: &Draft, new: &NewSale<'_>, scrub: &Scrub) -> Result<Seen, Failed> {
        let id = draft.id;
        let rounding = checks::rounding(new.total, draft.total_amount.0, self.records.rounding_limit).map_err(Failed::Draft)?;
        if let Some(difference) = rounding {
            self.round(id, difference, scrub).await.map_err(Failed::Draft)?;
        }
        let quote = Call::press("sale", "sale.sale", id, "quote", DRAFT);
        let quoted: Draft = match self.client.call(&quote).await {
            Ok(quoted) => quoted,
            Err(verdict) => return Err(Failed::Draft(self.refused(id, verdict, scrub).await)),
        };
        if quoted.id != id || quoted.state != SaleState::Quotation || quoted.total_amount.0 != new.total {
            let message = format!("the total is {} after rounding, the store's is {}", quoted.total_amount.0, new.total);
            return Err(Failed::Draft(refused("erp_total_mismatch", message)));
        }
        self.confirm(id, scrub).await
    }

    async fn round(&self, id: u64, difference: Decimal, scrub: &Scrub) -> Result<(), CallError> {
        let sku = &self.records.rounding_article;
        let article = self.articles(&[sku]).await?.get(sku).copied();
        let article = article.ok_or_else(|| refused("erp_unknown_sku", "Tryton has no article for rounding"))?;
        let line = NewLine { article, pieces: 1, net: difference, taxes: Vec::new(), line: None, text: "Rounding".to_owned() };
        let body = json!({ "lines": [["create", [line.json()?]]] });
        let call = Call::update("sale", "sale.sale", id, DRAFT, body);
        match self.client.call::<Draft>(&call).await {
            Ok(_) => Ok(()),
            Err(verdict) => Err(self.refused(id, verdict, scrub).await),
        }
    }

    /// The call that binds. What it did is read, whatever its answer: Tryton makes the documents after it, in transactions of their own.
    async fn confirm(&self, id: u64, scrub: &Scrub) -> Result<Seen, Failed> {
        let call = Call::press("sale", "sale.sale", id, "confirm", &["state"]);
        let refusal = match self.client.patient().call::<Value>(&call).await {
            Ok(_) => None,
            Err(verdict) if !verdict.sent => return Err(Failed::Draft(verdict.before(scrub))),
            // Whatever it answers may be of the tasks that it runs behind the confirmation.
            Err(verdict) if matches!(verdict.kind, Kind::Refused(_) | Kind::Busy(_) | Kind::Down) => Some(verdict),
            Err(verdict) => return Err(Failed::Bound(verdict.after())),
        };
        let seen = self.sale(id).await.map_err(|verdict| Failed::Bound(verdict.after()))?;
        match (seen.sale.state, refusal) {
            (SaleState::Confirmed | SaleState::Processing | SaleState::Done, _) => Ok(seen),
            (SaleState::Quotation, Some(refusal)) => Err(Failed::Draft(refusal.before(scrub))),
            _ => Err(Failed::Bound(CallError::Unknown { reason: call.reason("the sale is not confirmed after it") })),
        }
    }
}

/// Another posting of the same order is under way, and may get to its end.
fn contended() -> CallError {
    CallError::Unknown { reason: "another posting of this order is under way".to_owned() }
}

/// What ended the way to a confirmed sale.
enum Failed {
    /// It is surely none.
    Draft(CallError),
    /// It may be one.
    Bound(CallError),
}

/// Sales, and when they were so by Tryton's clock.
pub(super) struct Found {
    pub(super) sales: Vec<Sale>,
    pub(super) at: Option<waybill_domain::At>,
}

/// A sale, and when it was so by Tryton's clock.
pub(super) struct Seen {
    pub(super) sale: Sale,
    pub(super) at: Option<waybill_domain::At>,
}
