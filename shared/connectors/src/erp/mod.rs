//! Connectors to ERPs, one module each. `README.md` beside this file says how to choose and how to write one.

pub mod rest;
