//! Events as they ride in the order row. The row should stay under 1 KB, one write unit, and events are most of it, so what the event
//! before implies is left out: the number, the same release, the same mapping, and being caused by the event before.

use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde::{Deserialize, Serialize};
use waybill_domain::{At, Event, EventKind, Step};

const PREFIX: &str = "order.";

/// One event of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    #[serde(rename = "t")]
    at: At,
    /// Without `order.`; other names, which have a point of their own, are whole.
    #[serde(rename = "e")]
    kind: String,
    #[serde(rename = "p")]
    step: Step,
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Absent: the event before.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// Absent: that of the event before.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    /// Absent: that of the event before.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    mapping: Option<u32>,
}

/// The events of a record, whose numbers follow one another.
pub fn pack(events: &[Event]) -> Vec<Packed> {
    let before = std::iter::once(None).chain(events.iter().map(Some));
    let pack = |(event, before): (&Event, Option<&Event>)| Packed {
        at: event.at,
        kind: event.kind.name().strip_prefix(PREFIX).unwrap_or(event.kind.name()).to_owned(),
        step: event.step,
        detail: event.detail.clone(),
        cause: (event.cause != caused_by_before(event.seq)).then(|| event.cause.clone()),
        release: before.is_none_or(|before| before.release != event.release).then(|| event.release.clone()),
        mapping: before.is_none_or(|before| before.mapping != event.mapping).then_some(event.mapping),
    };
    events.iter().zip(before).map(pack).collect()
}

/// The events again; `newest` is the number of the last one.
///
/// # Errors
/// A kind of event that this release does not know.
pub fn unpack(packed: Vec<Packed>, newest: u32) -> Result<Vec<Event>, Error> {
    let count = u32::try_from(packed.len()).unwrap_or(u32::MAX);
    let mut events: Vec<Event> = Vec::with_capacity(packed.len());
    for (packed, seq) in packed.into_iter().zip(newest.saturating_sub(count).saturating_add(1)..) {
        let before = events.last();
        let event = Event {
            seq,
            at: packed.at,
            kind: kind(&packed.kind)?,
            step: packed.step,
            detail: packed.detail,
            cause: packed.cause.unwrap_or_else(|| caused_by_before(seq)),
            release: packed.release.or_else(|| before.map(|before| before.release.clone())).unwrap_or_default(),
            mapping: packed.mapping.or_else(|| before.map(|before| before.mapping)).unwrap_or_default(),
        };
        events.push(event);
    }
    Ok(events)
}

fn caused_by_before(seq: u32) -> String {
    format!("#{}", seq.saturating_sub(1))
}

fn kind(name: &str) -> Result<EventKind, Error> {
    let full = if name.contains('.') { name.to_owned() } else { format!("{PREFIX}{name}") };
    EventKind::deserialize(IntoDeserializer::<Error>::into_deserializer(full.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u32, cause: &str, release: &str, mapping: u32) -> Event {
        let (cause, release) = (cause.to_owned(), release.to_owned());
        Event {
            seq,
            at: At(seq.into()),
            kind: EventKind::StockReleased,
            step: Step::Reserve,
            detail: String::new(),
            cause,
            release,
            mapping,
        }
    }

    #[test]
    fn what_is_left_out_comes_back() {
        let events = vec![
            event(9, "#8", "r1", 0),
            event(10, "#9", "r1", 0),
            event(11, "", "r2", 0),
            event(12, "#8", "", 4),
            event(13, "sweep", "", 4),
            event(14, "#13", "r1", 0),
        ];
        let packed = pack(&events);
        assert_eq!(packed.iter().filter(|event| event.release.is_some()).count(), 4);
        assert_eq!(packed.iter().filter(|event| event.mapping.is_some()).count(), 3);
        assert_eq!(packed.iter().filter(|event| event.cause.is_some()).count(), 3);
        assert_eq!(unpack(packed, 14).unwrap(), events);
        assert_eq!(unpack(pack(&[]), 0).unwrap(), []);
    }

    #[test]
    fn an_unknown_kind_is_an_error() {
        let mut packed = pack(&[event(1, "", "", 0)]);
        packed[0].kind = "teleported".to_owned();
        assert!(unpack(packed, 1).is_err());
    }
}
