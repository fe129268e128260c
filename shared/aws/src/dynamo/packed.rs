//! Events as they ride in the order row. The row should stay under 1 KB, one write unit, and events are most of it, so what the event
//! before implies is left out: the number, what it has in common with the one before, and being caused by the event before.

use serde::de::value::Error;
use serde::de::{Error as _, IntoDeserializer};
use serde::{Deserialize, Serialize};
use waybill_domain::{At, Event, EventKind, Step};

const PREFIX: &str = "order.";

/// One event of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Of the first; the first release wrote it for all.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    at: Option<At>,
    /// Milliseconds after the event before. Absent: none.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    after: Option<i64>,
    /// Without `order.`; other names, which have a point of their own, are whole.
    #[serde(rename = "e")]
    kind: String,
    /// Absent: that of the event before.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    step: Option<Step>,
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
        at: before.is_none().then_some(event.at),
        after: before.map(|before| event.at.0.saturating_sub(before.at.0)).filter(|after| *after != 0),
        kind: event.kind.name().strip_prefix(PREFIX).unwrap_or(event.kind.name()).to_owned(),
        step: unless_as_before(event, before, |event| &event.step),
        detail: event.detail.clone(),
        cause: (event.cause != caused_by_before(event.seq)).then(|| event.cause.clone()),
        release: unless_as_before(event, before, |event| &event.release),
        mapping: unless_as_before(event, before, |event| &event.mapping),
    };
    events.iter().zip(before).map(pack).collect()
}

fn unless_as_before<T: Clone + PartialEq>(event: &Event, before: Option<&Event>, of: fn(&Event) -> &T) -> Option<T> {
    (before.map(of) != Some(of(event))).then(|| of(event).clone())
}

/// The events again; `newest` is the number of the last one.
///
/// # Errors
/// A kind of event that this release does not know; a first event that leaves out what only a later one may.
pub fn unpack(packed: Vec<Packed>, newest: u32) -> Result<Vec<Event>, Error> {
    let count = u32::try_from(packed.len()).unwrap_or(u32::MAX);
    let mut events: Vec<Event> = Vec::with_capacity(packed.len());
    for (packed, seq) in packed.into_iter().zip(newest.saturating_sub(count).saturating_add(1)..) {
        let before = events.last();
        let missing = Error::missing_field;
        let event = Event {
            seq,
            at: packed.at.or_else(|| after(before?, packed.after)).ok_or_else(|| missing("t"))?,
            kind: kind(&packed.kind)?,
            step: packed.step.or_else(|| before.map(|before| before.step)).ok_or_else(|| missing("p"))?,
            detail: packed.detail,
            cause: packed.cause.unwrap_or_else(|| caused_by_before(seq)),
            release: packed.release.or_else(|| before.map(|before| before.release.clone())).unwrap_or_default(),
            mapping: packed.mapping.or_else(|| before.map(|before| before.mapping)).unwrap_or_default(),
        };
        events.push(event);
    }
    Ok(events)
}

fn after(before: &Event, milliseconds: Option<i64>) -> Option<At> {
    before.at.0.checked_add(milliseconds.unwrap_or(0)).map(At)
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
        Event {
            seq,
            at: At(seq.into()),
            kind: EventKind::StockReleased,
            step: Step::Reserve,
            detail: String::new(),
            cause: cause.to_owned(),
            release: release.to_owned(),
            mapping,
        }
    }

    #[test]
    fn what_is_left_out_comes_back() {
        let events = vec![
            event(9, "#8", "r1", 0),
            event(10, "#9", "r1", 0),
            Event { step: Step::Validate, ..event(11, "", "r2", 0) },
            Event { at: At(11), step: Step::Validate, ..event(12, "#8", "", 4) },
            event(13, "sweep", "", 4),
            // A clock that was set back.
            Event { at: At(9), ..event(14, "#13", "r1", 0) },
        ];
        let packed = pack(&events);
        assert_eq!(packed.iter().filter(|event| event.at.is_some()).count(), 1);
        let after: Vec<_> = packed.iter().map(|event| event.after).collect();
        assert_eq!(after, [None, Some(1), Some(1), None, Some(2), Some(-4)]);
        assert_eq!(packed.iter().filter(|event| event.step.is_some()).count(), 3);
        assert_eq!(packed.iter().filter(|event| event.release.is_some()).count(), 4);
        assert_eq!(packed.iter().filter(|event| event.mapping.is_some()).count(), 3);
        assert_eq!(packed.iter().filter(|event| event.cause.is_some()).count(), 3);
        assert_eq!(unpack(packed, 14).unwrap(), events);
        assert_eq!(unpack(pack(&[]), 0).unwrap(), []);
    }

    #[test]
    fn a_kind_of_any_facet_comes_back() {
        for kind in [EventKind::PostingUnknown, EventKind::FulfilmentRequested, EventKind::RefundSeen, EventKind::ReturnRejected]
        {
            let events = vec![Event { kind, ..event(1, "", "", 0) }];
            let packed = pack(&events);
            assert_eq!(packed[0].kind, kind.name().trim_start_matches("order."));
            assert_eq!(unpack(packed, 1).unwrap(), events);
        }
    }

    #[test]
    fn an_unknown_kind_is_an_error() {
        for name in ["teleported", "order.posted", "parcel.teleported"] {
            let mut packed = pack(&[event(1, "", "", 0)]);
            packed[0].kind = name.to_owned();
            assert_eq!(unpack(packed, 1).is_ok(), name == "order.posted", "{name}");
        }
    }

    #[test]
    fn a_first_event_leaves_nothing_out() {
        let forget: [fn(&mut Packed); 2] = [|event| event.at = None, |event| event.step = None];
        for forget in forget {
            let mut packed = pack(&[event(1, "", "", 0)]);
            forget(&mut packed[0]);
            assert!(unpack(packed, 1).is_err());
        }
    }
}
