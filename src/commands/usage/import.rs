//! `usage import`: count what gateways logged.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::domain::path::shown;
use crate::domain::usage::IpPrefix;
use crate::error::Error;
use crate::session::{Exit, Session, Writing};
use crate::usage::access_log::LogFormat;
use crate::usage::access_log::source::Source;
use crate::usage::aggregates::Aggregates;
use crate::usage::importer::Importer;
use crate::usage::key_cache::KeyCache;
use crate::usage::line_classifier::LineClassifier;
use crate::view::Format;
use crate::view::import::Imported;

/// A file that takes so long to read that people want to see how far it is.
const LONG: u64 = 16 * 1024 * 1024;

/// Count uses from access logs
///
/// Reads logs of nginx (combined with the key's id at the end, or JSON), of Caddy (JSON), and JSON
/// lines of your own, plain or gzip. The format is detected. Each line counts once: importing a log
/// again, or when it has grown, was rotated, renamed or compressed, counts only what is new. Lines
/// that cannot be read are counted, and the first three are shown; nothing stops. A line that holds
/// a whole key is never shown and is reported: such a log leaks. docs/gateways.md has the
/// configuration that logs the id and not the key. What 'serve' counted is not counted again from
/// the log of its gateway: a log with a line of such a time is refused.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys usage import /var/log/nginx/zenflow.log /var/log/nginx/zenflow.log.*
  ssh gateway cat /var/log/caddy/access.log | zenflow-keys usage import - --log-format caddy
  zenflow-keys usage import access.log --ip-prefix 24,48 --fail-on-leak --json

Formats:
  nginx       combined, with the id of the key (or -) as one more field at the end
  nginx-json  escape=json: time_iso8601, remote_addr, request_method, uri, status, zenflow_key_id
  caddy       Caddy's JSON access log
  json-lines  {\"at\", \"key_id\", \"ip\", \"request\" or \"scope\", \"status\" or \"outcome\"}

How an answer counts:
  2xx, 101, 304  allowed
  401            revoked, disabled or expired, if the key was at that time; else unknown: the secret was wrong
  403            ip_not_allowed, if the allowlist does not admit the address; else insufficient_scope
  429            rate_limited
  others         other: they say nothing about the key")]
pub struct Import {
    /// Logs, plain or gzip; - for standard input
    #[arg(required = true, value_name = "FILE", add = Completer::File)]
    files: Vec<PathBuf>,
    /// The format of all of them: nginx, nginx-json, caddy, json-lines
    #[arg(long, value_name = "LOG-FORMAT", add = Completer::LogFormat)]
    log_format: Option<LogFormat>,
    /// Trust this field or header for the client's address instead of the peer's; of a list, its
    /// last entry
    #[arg(long, value_name = "FIELD")]
    client_ip_from: Option<String>,
    /// Keep only the networks of addresses, by prefix lengths for IPv4 and IPv6: 24,48
    #[arg(long, value_name = "LENGTHS")]
    ip_prefix: Option<IpPrefix>,
    /// Count lines of a time in which 'serve' counted uses, too: their requests must not have come
    /// by way of it
    #[arg(long)]
    also_served: bool,
    /// Exit with 7 if a line holds a whole key; it is counted all the same
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
        // A name that is wrong is found before anything is counted.
        let mut sources: Vec<(String, Source<'_>)> = Vec::new();
        let mut stdin = Some(&mut *input.stdin);
        for path in &self.files {
            sources.push(open(path, &mut stdin)?);
        }
        let (mut progress_shown, mut imported) = (None, Imported::default());
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
        let mut failure = None;
        for (name, source) in &mut sources {
            match counter.count(name, source) {
                Ok(log) => imported.logs.push(log),
                Err(error) => {
                    failure = Some(error);
                    break;
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
        match failure {
            // What was counted is told to people; a program gets the failure alone.
            Some(failure) => {
                if output.format() == Format::Human {
                    output.imported(&imported, author.now())?;
                }
                Err(failure)
            }
            None => {
                output.imported(&imported, author.now())?;
                Ok(Exit::findings_if(
                    self.fail_on_leak && imported.total.leaking > 0,
                ))
            }
        }
    }
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
