//! Holds `template.yaml` to its promises, above all to those that neither `cfn-lint` nor a deployment can see: a misspelt
//! `ReportBatchItemFailures` or a metric that nobody writes deploys without a word, and the local AWS enforces neither IAM nor limits.
//!
//! Every check is a function from the template to the list of its faults. `real` runs them all on the real template; `can_fail`
//! breaks the template in one place at a time and asserts that the check for it notices.

mod can_fail;
mod checks;
mod cloud;
mod expected;
mod real;
mod yaml;
