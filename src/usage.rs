//! Counting who used what, from access logs, and summing it up.

pub mod access_log;
pub mod aggregates;
pub mod importer;
pub mod key_cache;
pub mod line_classifier;
pub mod notables;
pub mod sums;
