//! Holds the integration tests of the workspace; see the files beside it.
