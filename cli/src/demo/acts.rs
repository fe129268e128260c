//! Makes things happen outside: in the store by its people, in the warehouse by its reports to the real HTTP API.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waybill_domain::shipment::fulfilment_id;
use waybill_domain::{At, Order, ReturnState};
use waybill_testkit::warehouse::{Answered, Pushed};

use super::plot::{AMOUNT, Act, Packed, Parcel};
use super::{Fakes, Placed};

/// Why something did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// Not now: it is tried again.
    Later(String),
    /// It never will.
    Refused(String),
}

/// Makes it happen. Done again, after an answer that did not come, it changes nothing.
///
/// # Errors
/// Why not.
pub async fn perform(fakes: &Fakes, one: &Placed, act: Act) -> Result<(), NotDone> {
    let Some(record) = &one.order else { return Err(NotDone::Later("Waybill does not know it yet".to_owned())) };
    match act {
        Act::Ship(parcel) => ship(fakes, one, record, parcel).await,
        Act::Return(state) => give_back(fakes, one, record, state).await,
        Act::Block => {
            let status = json!({ "blocked": "no box of this size until Thursday", "at": moment(record, 1) });
            taken(fakes.client.report_fulfilment(&fulfilment_id(&one.key), &status).await)
        }
        Act::Pay | Act::Cancel | Act::OnePieceMore | Act::RefundAll | Act::RefundPiece | Act::RefundAmount => {
            in_store(fakes, one.key.id, act)
        }
    }
}

fn in_store(fakes: &Fakes, id: u64, act: Act) -> Result<(), NotDone> {
    let store = &fakes.store;
    let line = store.order(id).and_then(|order| order.lines.first().map(|line| (line.id, line.quantity)));
    let done = match (act, line) {
        (Act::Pay, _) => store.pay(id),
        (Act::Cancel, _) => store.cancel(id),
        (Act::OnePieceMore, Some((line, quantity))) => store.change_quantity(id, line, quantity + 1),
        (Act::RefundAll, _) => store.refund_all(id, true).is_ok(),
        (Act::RefundPiece, Some((line, _))) => store.refund_lines(id, &[(line, 1)], true).is_ok(),
        (Act::RefundAmount, _) => store.refund_amount(id, AMOUNT).is_ok(),
        _ => false,
    };
    if done { Ok(()) } else { Err(NotDone::Refused(format!("the store refused: {act:?}"))) }
}

/// Reads what is to be shipped, with the address, as a warehouse does before it packs; then reports what left.
async fn ship(fakes: &Fakes, one: &Placed, record: &Order, parcel: Parcel) -> Result<(), NotDone> {
    let reported = record.fulfilment.shipments.iter().find(|known| known.id == parcel.id);
    if reported.is_some_and(|known| known.revision >= parcel.revision) {
        return Ok(());
    }
    let asked = asked_for(fakes, one)?;
    if parcel.content == Packed::Void {
        let void = json!({ "id": parcel.id, "order": one.key.id, "revision": parcel.revision, "void": true });
        return taken(fakes.client.report_shipment(one.key.store.as_str(), &void).await);
    }
    let read = fakes.client.fulfilment(&asked.id).await;
    let read = answered(read)?.body;
    if read["lines"] != json!(asked.lines) || read["address"]["city"].as_str().is_none_or(str::is_empty) {
        return Err(NotDone::Refused(
            "the fulfilment that was read is not the one that was pushed, or has no address".to_owned(),
        ));
    }
    let lines: Vec<Value> = packed(&asked, record, parcel)
        .into_iter()
        .map(|(line, quantity)| json!({ "line": line, "quantity": quantity }))
        .collect();
    let tracking = format!("00340434161{:06}{}", one.key.id % 1_000_000, parcel.revision);
    let shipment = json!({
        "id": parcel.id,
        "order": one.key.to_string(),
        "revision": parcel.revision,
        "carrier": "DHL",
        "tracking_number": tracking,
        "tracking_url": format!("https://track.example/?n={tracking}"),
        "shipped_at": moment(record, 1),
        "lines": lines,
    });
    taken(fakes.client.report_shipment(one.key.store.as_str(), &shipment).await)
}

/// What is in the parcel, by line. What left in others, and in earlier revisions of this one, is in the record.
fn packed(asked: &Pushed, record: &Order, parcel: Parcel) -> BTreeMap<u64, u32> {
    match (parcel.content, asked.lines.first()) {
        (Packed::Some, Some(first)) => [(first.line, first.quantity.saturating_sub(1).max(1))].into_iter().collect(),
        (Packed::Rest, _) => {
            let shipped = record.fulfilment.shipped();
            let left = |line: u64, quantity: u32| quantity.saturating_sub(shipped.get(&line).copied().unwrap_or(0));
            let lines = asked.lines.iter().map(|line| (line.line, left(line.line, line.quantity)));
            lines.filter(|(_, quantity)| *quantity > 0).collect()
        }
        (Packed::Some | Packed::Void, _) => BTreeMap::new(),
    }
}

async fn give_back(fakes: &Fakes, one: &Placed, record: &Order, state: ReturnState) -> Result<(), NotDone> {
    const ID: &str = "R-1";
    if record.returns.iter().any(|known| known.id == ID && known.state >= state) {
        return Ok(());
    }
    let asked = asked_for(fakes, one)?;
    let Some(line) = asked.lines.first() else { return Err(NotDone::Refused("nothing was to be shipped".to_owned())) };
    let mut pieces = json!({ "line": line.line, "quantity": 2 });
    if state == ReturnState::Inspected {
        pieces["accepted"] = json!(1);
        pieces["restock"] = json!(1);
    }
    let returned = json!({ "id": ID, "order": one.key.id, "state": state, "lines": [pieces] });
    taken(fakes.client.report_return(one.key.store.as_str(), &returned).await)
}

fn asked_for(fakes: &Fakes, one: &Placed) -> Result<Pushed, NotDone> {
    let asked = fakes.warehouse.fulfilment(&fulfilment_id(&one.key));
    asked.ok_or_else(|| NotDone::Later("the warehouse was not asked to ship it".to_owned()))
}

/// A time by the warehouse's clock that is the same at every try.
fn moment(record: &Order, seconds: u32) -> String {
    record.erp.posted_at.unwrap_or(At(0)).plus_seconds(seconds).to_string()
}

fn taken(answer: Result<Answered, String>) -> Result<(), NotDone> {
    answered(answer).map(|_| ())
}

fn answered(answer: Result<Answered, String>) -> Result<Answered, NotDone> {
    match answer {
        Ok(answer) if answer.status == 200 => Ok(answer),
        Ok(answer) => {
            let said = format!("the API answered {}: {}", answer.status, answer.body["error"]);
            let again = answer.status >= 500 || answer.status == 429 || answer.body["error"]["code"] == "order_not_posted";
            Err(if again { NotDone::Later(said) } else { NotDone::Refused(said) })
        }
        Err(error) => Err(NotDone::Later(format!("the API did not answer: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_says_decides_whether_it_is_said_again() {
        let answer = |status: u16, code: &str| taken(Ok(Answered { status, body: json!({ "error": { "code": code } }) }));
        assert_eq!(answer(200, ""), Ok(()));
        assert!(matches!(answer(503, "unavailable"), Err(NotDone::Later(_))));
        assert!(matches!(answer(409, "order_not_posted"), Err(NotDone::Later(_))));
        assert!(matches!(taken(Err("timeout".to_owned())), Err(NotDone::Later(_))));
        let refused = answer(422, "line_unknown").unwrap_err();
        assert!(matches!(&refused, NotDone::Refused(said) if said.contains("line_unknown")), "{refused:?}");
    }
}
