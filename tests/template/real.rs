//! The real template passes every check.

use crate::{checks::ALL, cloud::Template};

#[test]
fn the_template_keeps_its_promises() {
    let template = Template::read();
    let faults: Vec<String> =
        ALL.iter().flat_map(|(name, check)| check(&template).into_iter().map(move |fault| format!("{name}: {fault}"))).collect();
    assert!(faults.is_empty(), "template.yaml has {} faults:\n{}", faults.len(), faults.join("\n"));
}
