//! `usage import`: count what gateways logged.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, Section, Sections, rows};
use crate::cli::remedy;
use crate::domain::Timestamp;
use crate::domain::path::shown;
use crate::domain::usage::IpPrefix;
use crate::domain::usage::import::ImportOutcome;
use crate::error::{Code, Error};
use crate::session::{Exit, Session, Writing};
use crate::usage::access_log::LogFormat;
use crate::usage::access_log::source::Source;
use crate::usage::aggregates::Aggregates;
use crate::usage::importer::Importer;
use crate::usage::key_cache::KeyCache;
use crate::usage::line_classifier::LineClassifier;
use crate::view::usage_import::ImportReport;
use crate::view::{Format, Output};

/// A file that takes so long to read that people want to see how far it is.
const LONG: u64 = 16 * 1024 * 1024;

const FORMATS: [(&str, &str); 4] = [
    (
        "nginx",
        "combined, with the id of the key (or -) as one more field at the end",
    ),
    (
        "nginx-json",
        "escape=json: time_iso8601, remote_addr, request_method, uri, status, zenflow_key_id",
    ),
    ("caddy", "Caddy's JSON access log"),
    (
        "json-lines",
        r#"{"at", "key_id", "ip", "request" or "scope", "status" or "outcome"}"#,
    ),
];

const ANSWERS: [(&str, &str); 5] = [
    ("2xx, 101, 304", "allowed"),
    (
        "401",
        "revoked, disabled or expired, if the key was at that time; otherwise unknown: the secret was wrong",
    ),
    (
        "403",
        "ip_not_allowed, if the allowlist does not admit the address; otherwise insufficient_scope",
    ),
    ("429", "rate_limited"),
    ("others", "other: they say nothing about the key"),
];

/// Count uses from access logs
///
/// Reads the logs of nginx (combined with the key's id at the end, or JSON) and of Caddy (JSON),
/// and your own JSON lines, plain or gzip. The format is detected. Each line counts once: if a log
/// is imported again, even after it has grown or was rotated, renamed or compressed, only its new
/// lines count. If a log cannot be read, the others are counted, and the exit status is 1. Lines
/// that cannot be read are counted, and the first three are shown. A line that holds a whole key is
/// reported and never shown: such a log leaks keys. docs/gateways.md has configurations that log
/// the id and not the key. Requests that 'serve' has counted must not count again from the log of
/// its gateway: a log with a line from such a time is refused.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys usage import /var/log/nginx/zenflow.log /var/log/nginx/zenflow.log.*",
    "ssh gateway cat /var/log/caddy/access.log | zenflow-keys usage import - --log-format caddy",
    "zenflow-keys usage import access.log --ip-prefix 24,48 --fail-on-leak --json",
]))]
#[command(add = Sections(&[
    Section { title: "Formats", rows: || rows(&FORMATS) },
    Section { title: "How an answer counts", rows: || rows(&ANSWERS) },
]))]
pub struct Import {
    /// Logs, plain or gzip; - to read standard input
    #[arg(required = true, value_name = "FILE", add = Completer::File)]
    files: Vec<PathBuf>,
    /// Log format: nginx, nginx-json, caddy, json-lines (default: detected)
    #[arg(long, value_name = "LOG-FORMAT", add = Completer::LogFormat)]
    log_format: Option<LogFormat>,
    /// Field or header to trust for the client's address, instead of the peer's; the last entry of
    /// a list counts
    #[arg(long, value_name = "FIELD")]
    client_ip_from: Option<String>,
    /// Store only the networks of addresses, by prefix lengths for IPv4 and IPv6: 24,48
    #[arg(long, value_name = "LENGTHS")]
    ip_prefix: Option<IpPrefix>,
    /// Also count lines from a time in which 'serve' counted uses; their requests must not have gone
    /// through it
    #[arg(long)]
    also_served: bool,
    /// Exit with 7 if a line holds a whole key; the line still counts
    #[arg(long)]
    fail_on_leak: bool,
}

impl Import {
    /// Counts the logs.
    pub fn run(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let Session {
            store,
            author,
            input,
            output,
            ..
        } = session;
        let shows_progress = input.streams.stderr_is_terminal
            && !output.is_quiet()
            && output.format() == Format::Human;
        let mut sources: Vec<(String, Source<'_>)> = Vec::new();
        let mut stdin = Some(&mut *input.stdin);
        let mut failures = Vec::new();
        for path in &self.files {
            match open(path, &mut stdin) {
                Ok(source) => sources.push(source),
                Err(failure) => keep_if_of_a_log(failure, &mut failures)?,
            }
        }
        let (mut progress_shown, mut imported) = (None, ImportOutcome::default());
        let mut progress = |log: &str, source: &Source<'_>, lines: u64| {
            let percent = source.percent();
            if shows_progress && source.size() >= LONG && progress_shown != percent {
                progress_shown = percent;
                output.progress(log, percent, lines);
            }
        };
        let mut counter = Importer {
            store,
            author,
            lines: LineClassifier::new(
                self.log_format,
                self.client_ip_from.as_deref(),
                self.ip_prefix.unwrap_or(IpPrefix::WHOLE),
                author.now(),
            ),
            keys: KeyCache::default(),
            also_served: self.also_served,
            done: Aggregates::default(),
            progress: &mut progress,
        };
        let mut fatal = None;
        for (name, source) in &mut sources {
            match counter.count(name, source) {
                Ok(log) => imported.logs.push(log),
                Err(failure) => {
                    fatal = keep_if_of_a_log(failure, &mut failures).err();
                    if fatal.is_some() {
                        break;
                    }
                }
            }
        }
        let Importer { keys, done, .. } = counter;
        imported.total = done.counts;
        imported.bad = done.bad;
        imported.leaked = done
            .leaked
            .iter()
            .map(|(index, lines)| (keys.key(*index).clone(), *lines))
            .collect();
        imported.leaked.sort_unstable_by_key(|(key, _)| key.id);
        if progress_shown.is_some() {
            output.progress_done();
        }
        if imported.total.lines > 0 {
            output.done();
        }
        match fatal.or_else(|| one_of(failures, self.files.len())) {
            // What was counted is told to people; a program gets the failure alone.
            Some(failure) => {
                if output.format() == Format::Human {
                    show(&imported, author.now(), output)?;
                }
                Err(failure)
            }
            None => {
                show(&imported, author.now(), output)?;
                Ok(Exit::findings_if(
                    self.fail_on_leak && imported.total.leaking > 0,
                ))
            }
        }
    }
}

/// Keeps a failure that concerns one log: the others are counted all the same, and the live log is
/// often the last.
///
/// # Errors
/// If it concerns all of them.
fn keep_if_of_a_log(failure: Error, failures: &mut Vec<Error>) -> Result<(), Error> {
    if !matches!(failure.code, Code::Io | Code::CountedByServe) {
        return Err(failure);
    }
    failures.push(failure);
    Ok(())
}

/// The failure that stands for those of several logs; `None` if there was none.
fn one_of(mut failures: Vec<Error>, logs: usize) -> Option<Error> {
    if failures.len() < 2 {
        return failures.pop();
    }
    let sentences: Vec<_> = failures.iter().map(Error::sentence).collect();
    let message = format!(
        "{} of {logs} logs could not be counted: {}",
        failures.len(),
        sentences.join("; ")
    );
    Some(
        Error::new(Code::Io, message)
            .hint("the others are counted; import these again once they can be read"),
    )
}

/// Shows what was counted, and what the operator should know besides.
fn show(outcome: &ImportOutcome, now: Timestamp, output: &mut Output<'_>) -> Result<(), Error> {
    let report = ImportReport {
        outcome,
        now,
        command_line: remedy::command_line,
    };
    output.show(&report)?;
    for remark in report.remarks(&output.remark_theme()) {
        output.remark(&remark);
    }
    for command in report.leaked_keys() {
        output.command(&command);
    }
    Ok(())
}

/// A log by its name, or standard input, once.
fn open<'i, R: Read + 'i>(
    path: &Path,
    stdin: &mut Option<R>,
) -> Result<(String, Source<'i>), Error> {
    if path.as_os_str() != "-" {
        let name = shown(path);
        let source = Source::open(path).map_err(|e| {
            Error::io(&format!("read {name}"), e).hint("name access logs, or - for standard input")
        })?;
        return Ok((name, source));
    }
    let stdin = stdin.take().ok_or_else(|| {
        Error::usage("'-' can stand for one log only").hint("run the command once for each")
    })?;
    let source = Source::stream(stdin).map_err(|e| Error::io("read standard input", e))?;
    Ok(("standard input".into(), source))
}
