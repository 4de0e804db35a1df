//! `review`: what is wrong, by rules that can be told.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyRef, OnOpenRotation};
use crate::cli::remedy;
use crate::domain::Severity;
use crate::domain::{Environment, Span, Timestamp, When};
use crate::error::{Code, Error};
use crate::review::run::Reviewer;
use crate::review::{CountLimits, Limits, RULES, Rule, Thresholds};
use crate::session::{Exit, Reading, Session};
use crate::store::Store;
use crate::store::files::{Destination, Kind};
use crate::view::findings::Review as Reviewed;
use crate::view::{Format, prometheus};

/// The collector runs as another user.
const METRICS: Kind = Kind {
    name: "a file of metrics of this program",
    first_line: prometheus::FIRST_LINE,
    mode: 0o644,
};

static HELP: LazyLock<String> = LazyLock::new(|| {
    let rules: Vec<_> = RULES
        .iter()
        .map(|rule| {
            format!(
                "  {} ({})\n    {}",
                rule.id,
                rule.severity.as_str(),
                rule.meaning
            )
        })
        .collect();
    format!(
        "Examples:\n  zenflow-keys review\n  zenflow-keys review \"ERP Integration\" --since 90d\n  \
         zenflow-keys review --since 1d --fail-on warning --except admin\n  \
         zenflow-keys review --quiet --prometheus /var/lib/node_exporter/zenflow-keys.prom\n\n\
         Rules:\n{}",
        rules.join("\n")
    )
});

/// Look for problems with keys, and with how they are used
///
/// Each finding has a rule, a severity, the key, one sentence, and the command that fixes it or
/// shows what it is about. The rules look at the records of the keys and at recorded use ('check
/// --record', 'usage import'); what is not used is told only where uses have been recorded for long
/// enough. ZenFlow's limit of 60 requests a minute cannot be seen, since uses are counted by the
/// hour; where a gateway refused for it, that is told.
#[derive(Debug, Args)]
#[command(after_long_help = HELP.as_str())]
pub struct Review {
    /// Only these keys: ids, display forms, names, prefixes of ids, or - for the key itself on
    /// standard input
    #[arg(value_name = "KEY", add = Completer::Key(Keys::Any))]
    keys: Vec<KeyRef>,
    /// Narrow names to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment, requires = "keys")]
    env: Option<Environment>,
    /// Exit with 7 if there is a finding this bad: error, warning, note
    #[arg(long, value_name = "SEVERITY", add = Completer::Severity)]
    fail_on: Option<Severity>,
    /// Only these rules
    #[arg(long, value_name = "RULE", add = Completer::Rule, value_delimiter = ',')]
    only: Vec<&'static Rule>,
    /// Without these rules
    #[arg(
        long,
        value_name = "RULE", add = Completer::Rule,
        value_delimiter = ',',
        conflicts_with = "only"
    )]
    except: Vec<&'static Rule>,
    /// Also write the findings as metrics for the textfile collector of Prometheus's node exporter
    ///
    /// A file of metrics that this command wrote before is replaced; any other file is refused. With
    /// - the metrics are printed instead of the findings.
    #[arg(long, value_name = "FILE", add = Completer::File)]
    prometheus: Option<PathBuf>,
    #[command(flatten)]
    lines: Lines,
}

/// Where the rules draw their lines.
#[derive(Debug, Args)]
#[command(next_help_heading = "Thresholds")]
struct Lines {
    /// How far back incidents are looked for
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHEN", add = Completer::Duration,
        default_value = "30d"
    )]
    since: When,
    /// expires-soon: an end nearer than this
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "14d"
    )]
    expires_within: Span,
    /// rotation-due: older than this
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "90d"
    )]
    older_than: Span,
    /// revocation-in-use, rotation-…: a use within this time means in use
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "1d"
    )]
    active_within: Span,
    /// disabled-long: disabled for longer than this
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "30d"
    )]
    disabled_for: Span,
    /// idle, woke: without use for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "45d"
    )]
    unused_for: Span,
    /// abandoned: without use for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "90d"
    )]
    abandoned_for: Span,
    /// unused-scopes: without use of a scope for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "30d"
    )]
    scopes_unused_for: Span,
    /// recording-stopped: no use of any key for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "3d"
    )]
    recorded_within: Span,
    /// busy-hour: never with so many requests or fewer
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 20)]
    hour_floor: u64,
    /// busy-hour: above so many times the median
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 6)]
    hour_factor: u64,
    /// refusals: so many within an hour
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 20)]
    refusals_per_hour: u64,
    /// refusals, over-limit: so many hundredths of a day's requests
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 25)]
    refusal_share: u64,
    /// refusals, over-limit: no share of fewer requests than this
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 20)]
    refusal_floor: u64,
    /// busy-endpoint: never with so many requests of a day or fewer
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 50)]
    endpoint_floor: u64,
    /// busy-endpoint: above so many times the requests of any day before
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 10)]
    endpoint_factor: u64,
    /// over-limit: rate-limited so often in a day
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 100)]
    throttled_per_day: u64,
    /// over-limit: requests of an hour
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        default_value_t = 1_000
    )]
    limit_per_hour: u64,
    /// over-limit: requests of a day
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        default_value_t = 10_000
    )]
    limit_per_day: u64,
    /// probing: refused at so many endpoints
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 3)]
    probed_endpoints: u64,
}

impl Lines {
    fn at(&self, now: Timestamp, recorded_until: Option<Timestamp>) -> Result<Limits, Error> {
        let counts = CountLimits {
            hour_floor: self.hour_floor,
            hour_factor: self.hour_factor,
            refusals_per_hour: self.refusals_per_hour,
            refusal_share: self.refusal_share,
            refusal_floor: self.refusal_floor,
            throttled_per_day: self.throttled_per_day,
            endpoint_floor: self.endpoint_floor,
            endpoint_factor: self.endpoint_factor,
            per_hour: self.limit_per_hour,
            per_day: self.limit_per_day,
            probed_endpoints: self.probed_endpoints,
        };
        let thresholds = Thresholds {
            since: self.since,
            expires_within: self.expires_within,
            older_than: self.older_than,
            active_within: self.active_within,
            disabled_for: self.disabled_for,
            unused_for: self.unused_for,
            abandoned_for: self.abandoned_for,
            scopes_unused_for: self.scopes_unused_for,
            recorded_within: self.recorded_within,
            counts,
        };
        Ok(thresholds.at(now, recorded_until)?)
    }
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
    ) -> Result<Limits, Error> {
        self.lines.at(now, recorded_until)
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
        let recorded_until = store.read(|view| view.usage_until(now))?;
        let limits = self.limits(now, recorded_until)?;
        match &self.prometheus {
            Some(path) if path.as_os_str() != "-" => {
                // Refused before the work is done.
                place_of(path, store)?.must_be_free_or(METRICS)?;
            }
            Some(_) if output.format() != Format::Human => {
                return Err(
                    Error::usage("--prometheus - and --format both want standard output")
                        .hint("name a file: --prometheus FILE"),
                );
            }
            _ => {}
        }
        let wanted = key_ref::read_all(std::mem::take(&mut self.keys), input)?;
        let mut reviewer = Reviewer::new(store, self.rules(), &limits, remedy::command_line)?;
        if wanted.is_empty() {
            reviewer.review_all()?;
        } else {
            let ids = store.read(|view| {
                key_ref::find_all(view, &wanted, self.env, OnOpenRotation::Newest, now)
            })?;
            reviewer.review_these(&ids)?;
        }
        let review = reviewer.done();
        match &self.prometheus {
            Some(path) if path.as_os_str() == "-" => {
                output.bytes(&prometheus::text(&review, now))?;
            }
            Some(path) => {
                place_of(path, store)?.replace(METRICS, &prometheus::text(&review, now))?;
                output.review(&review, now)?;
            }
            None => output.review(&review, now)?,
        }
        output.flush()?;
        output.remark(&summary(&review));
        let fails = self.fail_on.is_some_and(|least| {
            review
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

/// What there was to see, and since when use is recorded.
fn summary(review: &Reviewed) -> String {
    let counted = |severity: Severity| {
        let count = review
            .findings
            .iter()
            .filter(|found| found.severity() == severity)
            .count();
        if count == 1 {
            format!("1 {}", severity.as_str())
        } else {
            format!("{count} {}s", severity.as_str())
        }
    };
    let keys: u64 = review.keys.iter().sum();
    let since = match review.usage_since {
        Some(since) => format!("uses are recorded since {since}"),
        None => "no use is recorded in this store ('check --record' and 'usage import' do)".into(),
    };
    let keys = if keys == 1 {
        "1 key".into()
    } else {
        format!("{keys} keys")
    };
    format!(
        "{keys} reviewed: {}; {since}",
        [Severity::Error, Severity::Warning, Severity::Note]
            .map(counted)
            .join(", ")
    )
}
