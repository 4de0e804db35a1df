//! What `serve` tells while it goes on: to people on standard error, to programs on standard output.

use crate::error::Error;
use crate::view::json::serve::ServeLine;
use crate::view::text::escape::visible;
use crate::view::{Format, Output, json};

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
