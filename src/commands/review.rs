//! `review`: what is wrong, by rules that can be told.

pub mod acceptance;
mod lines;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst, Row, Section, Sections};
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyRef, OnOpenRotation};
use crate::cli::remedy;
use crate::commands::review::acceptance::{Accepting, Decision};
use crate::commands::review::lines::Lines;
use crate::domain::Severity;
use crate::domain::{Environment, Timestamp};
use crate::error::{Code, Error};
use crate::review::run::Reviewer;
use crate::review::{RULES, ReviewLimits, Rule};
use crate::session::{Exit, Reading, Session, Writing};
use crate::store::Store;
use crate::store::files::{Destination, Kind};
use crate::view::Format;
use crate::view::review::{ReviewReport, prometheus};

/// The collector runs as another user.
const METRICS: Kind = Kind {
    name: "a file of metrics of this program",
    first_line: prometheus::FIRST_LINE,
    mode: 0o644,
};

fn rules() -> Vec<Row> {
    RULES
        .iter()
        .map(|rule| {
            (
                format!("{} ({})", rule.id, rule.severity.as_str()),
                rule.meaning,
            )
        })
        .collect()
}

/// Look for problems with keys, and with how they are used
///
/// Each finding has a rule, a severity, the key, one sentence, and the command that fixes it or
/// shows more. The rules look at the keys and at their recorded use ('check --record', 'usage
/// import'). A key is called unused only if uses have been recorded for long enough. Uses are
/// counted by the hour, so ZenFlow's limit of 60 requests a minute cannot be checked; where a
/// gateway refused requests because of it, a finding says so.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys review",
    r#"zenflow-keys review "ERP Integration" --since 90d"#,
    r#"zenflow-keys review --accept no-allowlist "Warehouse phones" --until 90d --reason "mobile""#,
    r#"zenflow-keys review --reopen no-allowlist "Warehouse phones""#,
    "zenflow-keys review --since 2d --fail-on warning --except admin",
    "zenflow-keys review --quiet --prometheus /var/lib/node_exporter/zenflow-keys.prom",
]))]
#[command(add = Sections(&[Section { title: "Rules", rows: rules }]))]
#[command(own_options_first())]
pub struct Review {
    /// Only these keys: ids, display forms, names, prefixes of ids, or - to read the key itself
    /// from standard input
    #[arg(value_name = "KEY", add = Completer::Key(Keys::Any))]
    keys: Vec<KeyRef>,
    /// Narrow names to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment, requires = "keys")]
    env: Option<Environment>,
    /// Exit with 7 if there is a finding of this severity or worse: error, warning, note
    #[arg(long, value_name = "SEVERITY", add = Completer::Severity)]
    fail_on: Option<Severity>,
    /// Only these rules
    #[arg(long, value_name = "RULE", add = Completer::Rule, value_delimiter = ',')]
    only: Vec<&'static Rule>,
    /// All rules but these
    #[arg(
        long,
        value_name = "RULE", add = Completer::Rule,
        value_delimiter = ',',
        conflicts_with = "only"
    )]
    except: Vec<&'static Rule>,
    /// Also write the findings to this file, for the textfile collector of Prometheus's node
    /// exporter
    ///
    /// Only a file that this command wrote before is replaced. With - the metrics are printed
    /// instead of the findings.
    #[arg(long, value_name = "FILE", add = Completer::File)]
    prometheus: Option<PathBuf>,
    #[command(flatten)]
    accepting: Accepting,
    #[command(flatten)]
    lines: Lines,
}

impl Review {
    /// The thresholds of the rules, as the options have them.
    ///
    /// # Errors
    /// If one reaches back before 1970 or past the year 9999.
    pub fn limits(
        &self,
        now: Timestamp,
        recorded_until: Option<Timestamp>,
    ) -> Result<ReviewLimits, Error> {
        self.lines.at(now, recorded_until)
    }

    /// Whether findings are to be accepted or reopened.
    pub fn decides(&self) -> bool {
        self.accepting.decision().is_some()
    }

    /// Accepts findings, or reopens them.
    pub fn decide(mut self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let now = session.now();
        let decision = self.accepting.decision().expect("it was asked for");
        let wanted = key_ref::read_all(std::mem::take(&mut self.keys), &mut session.input)?;
        let ids = session
            .store
            .read(|view| key_ref::find_all(view, &wanted, self.env, OnOpenRotation::Newest, now))?;
        let limits = self.limits_of(&session.store, now)?;
        if let Decision::Reopen(rule) = decision {
            self.accepting.reopen(rule, &ids, session)?;
        }
        let mut reviewer = Reviewer::new(&session.store, vec![decision.rule()], &limits)?;
        reviewer.review_these(&ids)?;
        let mut outcome = reviewer.done();
        if let Decision::Accept(rule) = decision {
            self.accepting.accept(rule, &ids, session, &mut outcome)?;
        }
        let report = ReviewReport {
            outcome: &outcome,
            command_line: remedy::command_line,
            now,
        };
        session.output.show(&report)?;
        Ok(Exit::Done)
    }

    fn limits_of(&self, store: &Store, now: Timestamp) -> Result<ReviewLimits, Error> {
        self.limits(now, store.usage_until(now)?)
    }

    /// Reviews the keys.
    pub fn run(mut self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let now = session.now();
        let Session {
            store,
            input,
            output,
            ..
        } = session;
        let limits = self.limits_of(store, now)?;
        match &self.prometheus {
            Some(path) if path.as_os_str() != "-" => {
                // Refused before the work is done.
                place_of(path, store)?.must_be_free_or(METRICS)?;
            }
            Some(_) if output.format() != Format::Human => {
                return Err(Error::usage(
                    "--prometheus - and --format cannot both write to standard output",
                )
                .hint("name a file: --prometheus FILE"));
            }
            _ => {}
        }
        let wanted = key_ref::read_all(std::mem::take(&mut self.keys), input)?;
        let mut reviewer = Reviewer::new(store, self.rules(), &limits)?;
        if wanted.is_empty() {
            reviewer.review_all()?;
        } else {
            let ids = store.read(|view| {
                key_ref::find_all(view, &wanted, self.env, OnOpenRotation::Newest, now)
            })?;
            reviewer.review_these(&ids)?;
        }
        let outcome = reviewer.done();
        let report = ReviewReport {
            outcome: &outcome,
            command_line: remedy::command_line,
            now,
        };
        match &self.prometheus {
            Some(path) if path.as_os_str() == "-" => {
                output.bytes(&prometheus::text(&outcome, now))?;
            }
            Some(path) => {
                place_of(path, store)?.replace(METRICS, &prometheus::text(&outcome, now))?;
                output.show(&report)?;
            }
            None => output.show(&report)?,
        }
        output.flush()?;
        output.remark(&report.summary());
        let fails = self.fail_on.is_some_and(|least| {
            outcome
                .findings
                .iter()
                .any(|found| found.severity() >= least)
        });
        Ok(Exit::findings_if(fails))
    }

    fn rules(&self) -> Vec<&'static Rule> {
        let named = |rules: &[&Rule], rule: &Rule| rules.iter().any(|named| named.id == rule.id);
        RULES
            .iter()
            .filter(|rule| {
                (self.only.is_empty() || named(&self.only, rule)) && !named(&self.except, rule)
            })
            .collect()
    }
}

fn place_of(path: &Path, store: &Store) -> Result<Destination, Error> {
    Destination::new(path, Some(store.path()), Code::Io)
}
