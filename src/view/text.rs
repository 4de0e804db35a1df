//! Text for people: colours, tables, line breaks, escapes, numbers, times.

pub mod escape;
pub mod number;
pub mod summary;
pub mod table;
pub mod theme;
pub mod time;
pub mod wrap;
