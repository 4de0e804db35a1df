//! `check`: may this key do this, from there? Offline, by the store.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Args;

use crate::check::batch::{AnswerSink, Batch};
use crate::check::query::Defaults;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, ExitStatuses, OwnOptionsFirst};
use crate::context::Variable;
use crate::domain::path::shown;
use crate::domain::usage::{IpPrefix, UsageBucket};
use crate::domain::{
    Endpoint, Environment, Key, Presented, Request, Scope, Timestamp, Verdict, When, allowlist,
    verdict,
};
use crate::error::Error;
use crate::session::input::{Input, read_key};
use crate::session::{Exit, Session, Setup, remark_on};
use crate::store::{Lock, Store};
use crate::view::Output;
use crate::view::check::CheckedKey;

/// Check whether a key may make a request
///
/// The key is read from standard input, a file or an environment variable, never from the command
/// line. All rules are applied. The first one that fails decides the verdict and the exit status: 0
/// allowed, 10 to 13 not authenticated (HTTP 401), 20 and 21 not authorised (HTTP 403).
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"printf %s "$KEY" | zenflow-keys check --request "POST /orders" --ip 203.0.113.7"#,
    "zenflow-keys check --key-env ZENFLOW_API_KEY --scope read:orders --quiet && echo allowed",
    "zenflow-keys check --key-file /run/secrets/zenflow-key --at 2026-12-31 --json",
    r#"zenflow-keys check --batch --request "GET /orders" < questions.jsonl > verdicts.jsonl"#,
]))]
#[command(add = ExitStatuses(&[
    ("0", "allowed"),
    ("10", "no key was presented"),
    ("11", "not a valid key"),
    ("12", "revoked"),
    ("13", "expired"),
    ("20", "lacks a scope"),
    ("21", "address not allowed"),
]))]
#[command(own_options_first())]
pub struct Check {
    /// Required scopes: read:orders,write:orders
    #[arg(short, long, value_name = "SCOPE", add = Completer::Scope, value_delimiter = ',')]
    pub(crate) scope: Vec<Scope>,
    /// Request, such as "POST /orders", whose endpoint requires a scope
    #[arg(long, value_name = "REQUEST", add = Completer::Request)]
    pub(crate) request: Option<&'static Endpoint>,
    /// Address of the client
    #[arg(long, value_name = "ADDRESS", value_parser = allowlist::parse_address)]
    pub(crate) ip: Option<IpAddr>,
    /// Required environment: live, test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    pub(crate) env: Option<Environment>,
    /// Evaluate expiry and revocation at this time
    #[arg(long, value_name = "WHEN", add = Completer::Duration, conflicts_with = "record")]
    pub(crate) at: Option<When>,
    /// Count this as a use of the key
    #[arg(long)]
    pub(crate) record: bool,
    /// With --record: store only the network of the address, by prefix lengths for IPv4 and IPv6:
    /// 24,48
    #[arg(long, value_name = "LENGTHS", requires = "record")]
    pub(crate) ip_prefix: Option<IpPrefix>,
    /// Check a stream: one JSON object per line in, one verdict per line out, in the same order
    ///
    /// An input line has a "key" and may have "scope" (one or a list), "request", "ip", "env", "at"
    /// and "ref"; the options of the command line apply to what it leaves out. An output line has
    /// "ref", "allowed", "verdict", "reason", "key_id" and "message". Verdicts are written as soon
    /// as the input pauses. The exit status is 0 if every line could be read, and 1 otherwise.
    #[arg(long, conflicts_with_all = ["key_file", "key_env"])]
    pub(crate) batch: bool,
    /// Read the key from this file
    #[arg(long, value_name = "FILE", add = Completer::File, conflicts_with = "key_env")]
    pub(crate) key_file: Option<PathBuf>,
    /// Read the key from this environment variable
    #[arg(long, value_name = "VAR")]
    pub(crate) key_env: Option<OsString>,
}

impl Check {
    /// AnswerSink one question, or those that come on standard input.
    pub fn run(self, setup: Setup<'_>) -> Result<Exit, Error> {
        match (self.batch, self.record) {
            (true, false) => self.stream(setup),
            (true, true) => self.stream_and_record(setup),
            (false, false) => self.question(setup),
            (false, true) => self.question_and_record(setup),
        }
    }

    fn stream(self, setup: Setup<'_>) -> Result<Exit, Error> {
        let session = setup.reading_when_free()?;
        let batch = Batch::new(self.defaults(session.now())?, session.clock());
        let Session {
            store,
            input,
            mut output,
            ..
        } = session;
        let bad = batch.answer(store, input.stdin, &mut output)?;
        Ok(unreadable(bad, &mut output))
    }

    fn stream_and_record(self, setup: Setup<'_>) -> Result<Exit, Error> {
        let session = setup.writing_when_free()?;
        let batch = Batch::new(self.defaults(session.now())?, session.clock());
        let Session {
            store,
            author,
            input,
            mut output,
            ..
        } = session;
        let bad = batch.answer_and_record(store, &author, input.stdin, &mut output)?;
        Ok(unreadable(bad, &mut output))
    }

    /// What the lines of a stream do not say.
    fn defaults(&self, now: Timestamp) -> Result<Defaults, Error> {
        Ok(Defaults {
            at: self.at.map(|at| at.as_of(now)).transpose()?,
            request: self.asked(),
            counts: self.record,
            ip_prefix: self.ip_prefix.unwrap_or_default(),
            write_hint: crate::cli::remedy::written,
        })
    }

    fn question(self, mut setup: Setup<'_>) -> Result<Exit, Error> {
        let at = self.at.map(|at| at.as_of(setup.now())).transpose()?;
        let request = self.asked();
        let presented = self.presented(setup.variable, &mut setup.input)?;
        let mut session = setup.reading()?;
        let clock = session.clock();
        // The clock is read once the store can be: waiting for another process may have taken a
        // while, in which the key can have ended.
        let (key, now) = session.store.read(|view| {
            let key = view.key_presented(&presented)?;
            Ok((key, at.unwrap_or_else(clock)))
        })?;
        let verdict = verdict::judge(&presented, key.as_ref(), &request, now);
        show(&verdict, key.as_ref(), now, &mut session.output)?;
        Ok(exit(&verdict))
    }

    /// A use that is not stored is not answered.
    fn question_and_record(self, mut setup: Setup<'_>) -> Result<Exit, Error> {
        let request = self.asked();
        let ip_prefix = self.ip_prefix.unwrap_or_default();
        let presented = self.presented(setup.variable, &mut setup.input)?;
        let Session {
            mut store,
            author,
            mut output,
            ..
        } = setup.writing()?;
        let mut write = author.write(&mut store, Lock::Immediate)?;
        let now = write.now();
        let key = write.view().key_presented(&presented)?;
        let verdict = verdict::judge(&presented, key.as_ref(), &request, now);
        if let Some(key) = &key {
            let once = UsageBucket::once(key.id, &request, &verdict, now, ip_prefix);
            write.record(&[once])?.check_clock(now)?;
            write.commit()?;
            output.done();
        }
        show(&verdict, key.as_ref(), now, &mut output)?;
        Ok(exit(&verdict))
    }

    fn asked(&self) -> Request {
        Request {
            scopes: self.scope.iter().copied().collect(),
            endpoint: self.request,
            ip: self.ip,
            environment: self.env,
        }
    }

    fn presented(self, variable: Variable<'_>, input: &mut Input<'_>) -> Result<Presented, Error> {
        match (self.key_file, self.key_env) {
            (Some(path), _) => {
                let mut file = File::open(&path).map_err(|e| {
                    Error::io(&format!("read {}", shown(&path)), e)
                        .hint("name a file that holds the key")
                })?;
                read_key(&mut file).map_err(|e| {
                    Error::io(&format!("read {}", shown(&path)), e)
                        .hint("name a file that holds the key")
                })
            }
            (None, Some(name)) => Ok(from_variable(&name, variable)),
            (None, None) => input.presented_key(),
        }
    }
}

/// The key in a variable; an unset one holds none. A name that cannot be one, such as `A=B`, is
/// never set.
fn from_variable(name: &OsStr, variable: Variable<'_>) -> Presented {
    let value = name
        .to_str()
        .filter(|name| !name.is_empty() && !name.contains(['=', '\0']))
        .and_then(variable)
        .unwrap_or_default();
    Presented::from_bytes(value.as_bytes())
}

/// Shows the verdict; quiet, the exit status is all there is.
fn show(
    verdict: &Verdict,
    key: Option<&Key>,
    now: Timestamp,
    output: &mut Output<'_>,
) -> Result<(), Error> {
    if output.is_quiet() {
        return Ok(());
    }
    output.show(&CheckedKey { verdict, key, now })
}

fn exit(verdict: &Verdict) -> Exit {
    match verdict {
        Verdict::Allowed => Exit::Done,
        Verdict::Refused(failures) => Exit::Refused(failures.first.refusal()),
    }
}

/// What a stream ends with.
fn unreadable(lines: u64, output: &mut Output<'_>) -> Exit {
    match lines {
        0 => return Exit::Done,
        1 => output.remark("1 line could not be read; its answer says why"),
        lines => output.remark(&format!(
            "{lines} lines could not be read; their answers say why"
        )),
    }
    Exit::Incomplete
}

impl AnswerSink for Output<'_> {
    fn take(&mut self, lines: &[u8]) -> Result<(), Error> {
        if self.is_quiet() {
            Ok(())
        } else {
            self.bytes(lines)
        }
    }

    fn flush(&mut self) -> Result<ControlFlow<()>, Error> {
        Output::flush(self)?;
        Ok(match self.reader_is_gone() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    }

    fn reopened(&mut self, store: &Store) {
        remark_on(store, self);
    }
}
