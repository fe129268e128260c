//! The real template passes every check.

use crate::expected::{Source, functions, sends_to};
use crate::{checks::ALL, cloud::Template};

#[test]
fn the_template_keeps_its_promises() {
    let template = Template::read();
    let faults: Vec<String> =
        ALL.iter().flat_map(|(name, check)| check(&template).into_iter().map(move |fault| format!("{name}: {fault}"))).collect();
    assert!(faults.is_empty(), "template.yaml has {} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Lambda stops what goes round through queues under one trace lineage. So whoever is fed by a queue sends to none. Intake's HTTP side alone
/// writes to the queue that feeds its other side, which never does: it gives the message back.
#[test]
fn no_chain_of_queues_goes_round() {
    for function in functions().iter().filter(|function| matches!(function.source, Source::Queue { .. })) {
        let sends: Vec<_> = function.ports.iter().flat_map(|port| sends_to(*port)).collect();
        let expected: &[&str] = if function.slug == "intake" { &["intake"] } else { &[] };
        assert_eq!(sends, expected, "{}", function.slug);
    }
}
