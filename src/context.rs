//! What the outside world gives a command: an instant, randomness, streams, and somebody to ask.
//!
//! `main.rs` fills it with the real things, the tests with a fixed clock, a seeded generator and
//! buffers.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::{Entropy, Timestamp};

/// Reads an environment variable.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Tells the time, to several threads at once.
pub type Clock<'a> = &'a (dyn Fn() -> Timestamp + Sync);

/// The outside world.
pub struct Context<'a> {
    /// Tells the time.
    pub clock: Clock<'a>,
    /// The source of randomness.
    pub entropy: &'a mut dyn Entropy,
    /// Reads an environment variable.
    pub variable: Variable<'a>,
    /// The name of the user of the operating system who runs this.
    pub user: &'a dyn Fn() -> String,
    /// Standard input.
    pub stdin: &'a mut dyn Read,
    /// Standard output: data.
    pub stdout: &'a mut dyn Write,
    /// Standard error: remarks and errors.
    pub stderr: &'a mut dyn Write,
    /// What the streams are connected to.
    pub streams: Streams,
    /// Somebody to ask; only if standard input and standard error are terminals.
    pub prompt: &'a mut dyn Prompt,
}

/// Waits for something for at most so long; `false` if it did not come.
pub type Patience = fn(Duration) -> io::Result<bool>;

/// What the three standard streams are connected to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Streams {
    /// Standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// Standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Standard output was closed, or is `/dev/null`: what is printed there is lost.
    pub stdout_is_lost: bool,
    /// Waits for at most so long until standard output takes more without blocking; `false` if it
    /// does not. `None` if it always does.
    pub stdout_takes_more: Option<Patience>,
    /// The width of the terminal in columns, if standard output is one.
    pub width: Option<u16>,
    /// The same of standard error.
    pub stderr_width: Option<u16>,
}

/// Somebody at a terminal who answers questions. An interruption (Ctrl-C) is an error of kind
/// `Interrupted`.
pub trait Prompt {
    /// Takes what is to be printed if an interruption ends the program while it asks.
    fn on_interruption(&mut self, _farewell: Vec<u8>) {}

    /// Says something between two questions.
    ///
    /// # Errors
    /// If the terminal fails.
    fn say(&mut self, line: &str) -> io::Result<()>;

    /// Asks for yes or no; Enter alone means `default`.
    ///
    /// # Errors
    /// If the terminal fails or the person interrupts.
    fn confirm(&mut self, question: &str, default: bool) -> io::Result<bool>;

    /// Asks for a text until `check` accepts it. Enter alone means `default`.
    ///
    /// # Errors
    /// If the terminal fails or the person interrupts.
    fn text(
        &mut self,
        question: &str,
        default: &str,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> io::Result<String>;

    /// Asks for one of several items; returns its place.
    ///
    /// # Errors
    /// If the terminal fails or the person interrupts.
    fn choose(&mut self, question: &str, items: &[String]) -> io::Result<usize>;

    /// Asks for any number of several items; returns their places.
    ///
    /// # Errors
    /// If the terminal fails or the person interrupts.
    fn choose_many(&mut self, question: &str, items: &[String]) -> io::Result<Vec<usize>>;

    /// Asks for a secret without showing what is typed.
    ///
    /// # Errors
    /// If the terminal fails or the person interrupts.
    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>>;
}
