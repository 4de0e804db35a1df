//! Keys in bytes: where they stand, whatever the bytes are.
//!
//! [`Finder`] reads contents of any length in chunks and finds whole keys in them, in ASCII and in
//! UTF-16. [`KeyScanner`] looks through the lines of a log, also where a gateway has escaped them.
//! Both judge what they meet in `candidate.rs`.

pub mod baseline;
mod candidate;
pub mod changes;
pub mod content;
mod encoding;
mod escaped;
pub mod exclude;
pub mod files;
mod finder;
pub mod findings;
pub mod git;
pub mod history;
mod known_keys;
mod progress;
mod survey;

pub use escaped::{KeyScanner, LONGEST_ESCAPED};
pub use finder::{Finder, Found, Occurrence};
pub use known_keys::KnownKeys;
pub use progress::Progress;
pub use survey::Survey;
