//! What a row looks like and what it costs.
