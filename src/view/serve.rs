//! What `serve` tells while it goes on: to people on standard error, to programs on standard output.

use serde::{Serialize, Serializer};

use crate::domain::words::words;
use crate::error::Error;
use crate::view::text::escape::visible;
use crate::view::{Format, Output, json};

words! {
    kind "event";
    /// What happened.
    pub enum ServeEvent {
        /// It listens at an address.
        Listening = "listening",
        /// It answers from the store.
        Ready = "ready",
        /// Something went wrong.
        Trouble = "trouble",
        /// No more connections.
        Stopping = "stopping",
        /// The end.
        Ended = "ended",
    }
}

impl Serialize for ServeEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Something that happened while it serves.
#[derive(Debug, Serialize)]
pub struct ServeLine<'a> {
    /// When it was told.
    pub at: String,
    /// What happened.
    pub event: ServeEvent,
    /// What kind of trouble.
    pub trouble: Option<&'static str>,
    /// Where it listens.
    pub address: Option<&'a str>,
    /// How often there was trouble; how many uses were stored.
    pub count: Option<u64>,
    /// The same in words.
    pub message: &'a str,
}

impl Output<'_> {
    /// One line, at once. Quiet, only trouble is told.
    pub fn served(&mut self, line: &ServeLine<'_>) -> Result<(), Error> {
        let is_trouble = line.trouble.is_some();
        if self.options.quiet && !is_trouble {
            return Ok(());
        }
        if self.options.format == Format::Json {
            let mut text = Vec::new();
            json::write(&mut text, line).expect("memory takes all that is written");
            text.push(b'\n');
            self.bytes(&text)?;
            return self.flush();
        }
        let message = visible(line.message);
        // A log has a line for each event, however wide a terminal is. Nobody may be there to read.
        let _ = if is_trouble {
            let label = self.options.err.caution("note:");
            writeln!(self.stderr, "{label} {message}")
        } else {
            writeln!(self.stderr, "{message}")
        };
        Ok(())
    }
}
