//! Text for people: colours, tables, line breaks, escapes, times.

pub mod escape;
pub mod summary;
pub mod table;
pub mod theme;
pub mod time;
pub mod wrap;
