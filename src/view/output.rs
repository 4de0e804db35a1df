//! The two streams: data on standard output, remarks on standard error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::context::Patience;
use crate::domain::remedy::Hint;
use crate::error::{Code, Error};
use crate::view::json::Document;
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;
use crate::view::{Format, View, csv, error, json};

/// How everything is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct OutputOptions {
    /// In which form.
    pub format: Format,
    /// Without remarks.
    pub quiet: bool,
    /// How standard output looks.
    pub out: Theme,
    /// How standard error looks.
    pub err: Theme,
    /// Waits until standard output takes more; see [`crate::context::Streams`].
    pub stdout_takes_more: Option<Patience>,
}

/// The two streams.
pub struct Output<'a> {
    pub(super) stdout: &'a mut dyn Write,
    pub(super) stderr: &'a mut dyn Write,
    pub(super) options: OutputOptions,
    progress: &'a mut OutputProgress,
}

/// How far an output has come.
#[derive(Debug, Default)]
pub struct OutputProgress {
    reader_is_gone: bool,
    is_done: bool,
}

impl<'a> Output<'a> {
    /// An output to these streams.
    pub fn new(
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
        options: OutputOptions,
        progress: &'a mut OutputProgress,
    ) -> Self {
        Output {
            stdout,
            stderr,
            options,
            progress,
        }
    }

    /// The same output, for a while.
    pub fn reborrow(&mut self) -> Output<'_> {
        Output {
            stdout: &mut *self.stdout,
            stderr: &mut *self.stderr,
            options: self.options,
            progress: &mut *self.progress,
        }
    }

    /// The form of what is shown.
    pub fn format(&self) -> Format {
        self.options.format
    }

    /// Whether standard output is for a person at a terminal.
    pub fn is_at_terminal(&self) -> bool {
        self.options.format == Format::Human && self.options.out.width.is_some()
    }

    /// Whether remarks are left out.
    pub fn is_quiet(&self) -> bool {
        self.options.quiet
    }

    /// Whether the reader has gone away, so that there is no use in going on.
    pub fn reader_is_gone(&self) -> bool {
        self.progress.reader_is_gone
    }

    /// What the command is for is stored from now on, even if it cannot be reported.
    pub fn done(&mut self) {
        self.progress.is_done = true;
    }

    /// Writes out what is buffered.
    pub fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.stdout.flush();
        self.forgive(flushed)
    }

    fn forgive(&mut self, written: io::Result<()>) -> Result<(), Error> {
        match written {
            Err(e) if e.kind() == ErrorKind::BrokenPipe => {
                self.progress.reader_is_gone = true;
                Ok(())
            }
            Err(e) if self.progress.is_done => Err(Error::new(
                Code::Io,
                "the change was saved, but its result could not be written to standard output",
            )
            .because(e)
            .hint("do not repeat it; 'zenflow-keys show' shows what is stored")),
            other => other.map_err(|e| Error::io("write to standard output", e)),
        }
    }

    /// One line of data. Its hidden characters must be visible already.
    pub(super) fn line(&mut self, line: &str) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            return Ok(());
        }
        let written = writeln!(self.stdout, "{}", line.trim_end_matches(' '));
        self.forgive(written)
    }

    /// A document, or a line of a list.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            return Ok(());
        }
        let written = json::write(self.stdout, value).and_then(|()| self.stdout.write_all(b"\n"));
        self.forgive(written)
    }

    /// A row of a list.
    pub(super) fn csv<'c>(
        &mut self,
        cells: impl IntoIterator<Item = &'c str>,
    ) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            return Ok(());
        }
        let written = csv::write_row(self.stdout, cells);
        self.forgive(written)
    }

    /// Shows it in the format that was asked for.
    pub fn show(&mut self, view: &impl View) -> Result<(), Error> {
        match self.options.format {
            Format::Human => {
                let lines = view.human(&self.options.out);
                lines.iter().try_for_each(|line| self.line(line))
            }
            _ => self.json(&Document::new(view.json())),
        }
    }

    /// A text that is shown as it is: a script, a page of help.
    pub fn text(&mut self, text: &str) -> Result<(), Error> {
        self.bytes(text.as_bytes())
    }

    /// What there is to ask for, for somebody who asked for nothing.
    pub fn usage(&mut self, help: &str) {
        let _ = self.stderr.write_all(help.as_bytes());
    }

    /// What is shown as it is, and is text in the end.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            return Ok(());
        }
        let written = self.stdout.write_all(bytes);
        self.forgive(written)
    }

    /// A remark for people: what happened, what to do next. Scripts that read JSON get none.
    pub fn remark(&mut self, remark: &str) {
        for line in remark.split('\n') {
            let indent = line.len() - line.trim_start_matches(' ').len() + 2;
            for line in wrap_hanging(line, indent, self.options.err.width) {
                self.command(&line);
            }
        }
    }

    /// A remark that holds a command to copy: it is not wrapped.
    pub fn command(&mut self, line: &str) {
        if !self.options.quiet && !self.options.format.is_json() {
            // A remark that cannot be shown changes nothing of what was done.
            let _ = writeln!(self.stderr, "{line}");
        }
    }

    /// How remarks look.
    pub fn remark_theme(&self) -> Theme {
        self.options.err
    }

    /// A remark that wants attention.
    pub fn warn(&mut self, remark: &str) {
        let label = self.options.err.caution("note:");
        self.remark(&format!("{label} {}", visible(remark)));
    }

    /// What went wrong, and what to do.
    pub fn failure(&mut self, error: &Error, hint: Option<&Hint<String>>) {
        // There is nobody left to tell if standard error is gone.
        let _ = self
            .stderr
            .write_all(&error::failure(error, hint, self.options));
        let _ = self.stderr.flush();
    }
}
