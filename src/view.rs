//! What people and scripts see: data on standard output, remarks on standard error. One method for
//! each thing shown.
//!
//! It knows the domain and neither the store nor the command line. A reader that has gone away is
//! no error: what would be written is then dropped, except for a new key, which must reach
//! somebody.

pub mod advice;
pub mod changes;
pub mod csv;
pub mod delivery;
pub mod doctor;
pub mod findings;
pub mod human;
pub mod import;
pub mod json;
pub mod lists;
pub mod pages;
pub mod prometheus;
pub mod pruning;
pub mod report;
pub mod serve;
pub mod text;

use crate::domain::words::words;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use serde::Serialize;

use crate::context::Patience;
use crate::domain::event::Event;
use crate::domain::remedy::Hint;
use crate::domain::usage::Totals;
use crate::domain::{Key, Timestamp, Verdict};
use crate::error::{Code, Error};
use crate::view::json::{Document, EventBody, KeyBody};
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::{wrap_hanging, wrap_hint};

words! {
    kind "format";
    /// The form of what is shown.
    #[derive(Default)]
    pub enum Format {
        /// For people.
        #[default]
        Human = "human",
        /// One document.
        Json = "json",
        /// One object a line, for lists.
        Jsonl = "jsonl",
        /// For spreadsheets, for lists.
        Csv = "csv",
    }
}

impl Format {
    /// Whether only lists have it.
    pub fn is_for_lists(self) -> bool {
        matches!(self, Format::Jsonl | Format::Csv)
    }

    /// Whether a program reads standard error: there is one JSON object on it, or nothing.
    fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl)
    }
}

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
    /// How wide a line of standard output may be; `None` means as wide as it gets.
    pub width: Option<u16>,
    /// Waits until standard output takes more; see [`crate::context::Streams`].
    pub stdout_takes_more: Option<Patience>,
    /// The same of standard error.
    pub stderr_width: Option<u16>,
}

/// What is printed of an error: what went wrong, and what to do, with the commands written out.
pub fn failure(error: &Error, hint: Option<&Hint<String>>, options: OutputOptions) -> Vec<u8> {
    let look = options.err;
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = if options.format.is_json() {
        json::write(&mut text, &Document::of(json::Failed::of(error, hint)))
            .and_then(|()| writeln!(text))
    } else {
        let width = options.stderr_width;
        let sentence = format!("{} {}", look.bad("error:"), visible(&error.sentence()));
        let mut lines = wrap_hanging(&sentence, 2, width);
        if let Some(hint) = hint {
            let label = format!("{} ", look.label("hint:"));
            lines.extend(wrap_hint(&label, hint, 2, width));
        }
        writeln!(text, "{}", lines.join("\n"))
    };
    text
}

/// The two streams.
pub struct Output<'a> {
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    options: OutputOptions,
    progress: &'a mut Progress,
}

/// How far an output has come.
#[derive(Debug, Default)]
pub struct Progress {
    reader_is_gone: bool,
    is_done: bool,
}

impl<'a> Output<'a> {
    /// An output to these streams.
    pub fn new(
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
        options: OutputOptions,
        progress: &'a mut Progress,
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
        self.options.format == Format::Human && self.options.width.is_some()
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
            .hint("do not repeat it; 'show' tells what is stored")),
            other => other.map_err(|e| Error::io("write to standard output", e)),
        }
    }

    /// One line of data. Its hidden characters must be visible already.
    fn line(&mut self, line: &str) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            return Ok(());
        }
        let written = writeln!(self.stdout, "{}", line.trim_end_matches(' '));
        self.forgive(written)
    }

    fn json(&mut self, value: &impl Serialize) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            return Ok(());
        }
        let written = json::write(self.stdout, value).and_then(|()| self.stdout.write_all(b"\n"));
        self.forgive(written)
    }

    fn csv<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            return Ok(());
        }
        let written = csv::write_row(self.stdout, cells);
        self.forgive(written)
    }

    /// A document in JSON, or whatever `human` writes.
    fn document(
        &mut self,
        body: impl Serialize,
        human: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self.options.format {
            Format::Human => human(self),
            _ => self.json(&Document::of(body)),
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

    /// A page of the manual.
    pub fn manual_page(&mut self, page: &str, text: &str) -> Result<(), Error> {
        self.document(json::ManualPage { page, text }, |output| output.text(text))
    }

    /// What this program is made of.
    pub fn version(&mut self, body: json::Version) -> Result<(), Error> {
        let line = format!(
            "zenflow-keys {} (SQLite {}, schema {})",
            body.version, body.sqlite, body.store_schema
        );
        self.document(body, |output| output.line(&line))
    }

    /// Files that were written.
    pub fn files_written(&mut self, paths: &[PathBuf]) -> Result<(), Error> {
        let files: Vec<_> = paths
            .iter()
            .map(|path| crate::domain::path::shown(path))
            .collect();
        self.document(
            json::Files {
                files: files.clone(),
            },
            |output| {
                files
                    .iter()
                    .try_for_each(|file| output.line(&visible(file)))
            },
        )
    }

    /// What teaches a shell this program.
    pub fn script(&mut self, shell: &str, script: &str) -> Result<(), Error> {
        self.document(json::Script { shell, script }, |output| output.text(script))
    }

    /// Answers that stand in JSON already, one a line. Quiet, there are none.
    pub fn answers(&mut self, lines: &[u8]) -> Result<(), Error> {
        if self.options.quiet {
            Ok(())
        } else {
            self.block(lines)
        }
    }

    /// Lines that are text already.
    fn block(&mut self, lines: &[u8]) -> Result<(), Error> {
        if self.progress.reader_is_gone {
            Ok(())
        } else {
            self.bytes(lines)
        }
    }

    /// What is shown as it is, and is text in the end.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.stdout.write_all(bytes);
        self.forgive(written)
    }

    /// A remark for people: what happened, what to do next. Scripts that read JSON get none.
    pub fn remark(&mut self, remark: &str) {
        for line in remark.split('\n') {
            let indent = line.len() - line.trim_start_matches(' ').len() + 2;
            for line in wrap_hanging(line, indent, self.options.stderr_width) {
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

    /// A remark that wants attention.
    pub fn warn(&mut self, remark: &str) {
        let label = self.options.err.caution("note:");
        self.remark(&format!("{label} {}", visible(remark)));
    }

    /// What went wrong, and what to do.
    pub fn failure(&mut self, error: &Error, hint: Option<&Hint<String>>) {
        // There is nobody left to tell if standard error is gone.
        let _ = self.stderr.write_all(&failure(error, hint, self.options));
        let _ = self.stderr.flush();
    }

    /// What `create` or `rotate` did without handing a key over on standard output.
    pub fn outcome(&mut self, body: impl Serialize) -> Result<(), Error> {
        self.document(body, |_| Ok(()))
    }

    /// The key after a change of its settings.
    pub fn key_now(&mut self, key: &Key, now: Timestamp) -> Result<(), Error> {
        self.document(
            json::OneKey {
                key: KeyBody::of(key, now),
            },
            |_| Ok(()),
        )
    }

    /// The keys after `revoke`, `disable` or `enable`.
    pub fn keys_changed(
        &mut self,
        keys: &[Key],
        changed: usize,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.progress.is_done |= changed > 0 && !dry_run;
        let keys = keys.iter().map(|key| KeyBody::of(key, now)).collect();
        self.document(
            json::Changed {
                keys,
                changed,
                dry_run,
            },
            |_| Ok(()),
        )
    }

    /// The verdict of `check`.
    pub fn verdict(
        &mut self,
        verdict: &Verdict,
        key: Option<&Key>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.options.quiet {
            return Ok(());
        }
        self.document(json::Checked::of(verdict, key, now), |output| {
            human::verdict(verdict, key, now, output.options.out, output.options.width)
                .iter()
                .try_for_each(|line| output.line(line))
        })
    }

    /// The entries of an allowlist, one a line.
    pub fn allowlist(&mut self, key: &Key, now: Timestamp) -> Result<(), Error> {
        self.document(
            json::OneKey {
                key: KeyBody::of(key, now),
            },
            |output| {
                key.allowlist
                    .entries()
                    .iter()
                    .try_for_each(|net| output.line(&net.to_string()))
            },
        )
    }

    /// Everything about one key.
    pub fn portrait(&mut self, portrait: &KeyReport, now: Timestamp) -> Result<(), Error> {
        let body = json::KeyReportBody {
            key: KeyBody::of(&portrait.key, now),
            chain: portrait
                .chain
                .iter()
                .map(|(key, _)| KeyBody::of(key, now))
                .collect(),
            endpoints: crate::domain::Endpoint::open_to(portrait.key.scopes)
                .map(|endpoint| endpoint.pattern)
                .collect(),
            events: portrait.events.iter().map(EventBody::of).collect(),
        };
        self.document(body, |output| {
            let options = output.options;
            human::portrait(portrait, now, options.out, options.width)
                .iter()
                .try_for_each(|line| output.line(line))
        })
    }

    /// The catalogue of scopes.
    pub fn scopes(&mut self) -> Result<(), Error> {
        self.document(json::Scopes::all(), |output| {
            let options = output.options;
            crate::view::text::table::scopes(options.out, options.width)
                .iter()
                .try_for_each(|line| output.line(line))
        })
    }

    /// The catalogue of presets.
    pub fn presets(&mut self) -> Result<(), Error> {
        self.document(json::Presets::all(), |output| {
            let options = output.options;
            crate::view::text::table::presets(options.out, options.width)
                .iter()
                .try_for_each(|line| output.line(line))
        })
    }

    /// What came of recomputing the audit chain.
    pub fn audit(&mut self, body: json::Verified) -> Result<(), Error> {
        let look = self.options.out;
        let lines = match &body.first_bad {
            None => vec![
                format!(
                    "{} {} events, the chain is whole",
                    look.good(look.pick("✓", "ok")),
                    body.events
                ),
                format!("head {}", body.head),
            ],
            Some(bad) => vec![format!(
                "{} entry {}: {}",
                look.bad(look.pick("✗", "BAD")),
                bad.seq,
                bad.problem
            )],
        };
        self.document(body, |output| {
            lines.iter().try_for_each(|line| output.line(line))
        })
    }
}

/// Everything about one key.
#[derive(Debug)]
pub struct KeyReport {
    /// The key.
    pub key: Key,
    /// Its rotation chain, oldest first, itself included; with the use of each.
    pub chain: Vec<(Key, Totals)>,
    /// What was done to it lately, newest first.
    pub events: Vec<Event>,
    /// Since when uses are recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
}
