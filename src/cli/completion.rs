//! What a shell offers when somebody presses TAB.

pub mod answer;
pub mod bash_line;
pub mod keys;
mod request;
pub mod shell;
pub mod values;
