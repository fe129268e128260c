//! `docs/erp-rest.openapi.yaml` is what ERP teams build against. Here it is held against both sides that we have: what the
//! connector sends and what the fake ERP answers must be what it says, and nothing else.

mod document;
mod examples;
mod fake;
mod sent;
