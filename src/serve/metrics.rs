//! Numbers for Prometheus, in its text format. No label holds a name, an address or an id.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::usage::Outcome;
use crate::serve::answer::{Fault, Outcomes};

/// The upper bounds of the histogram's buckets, in seconds and as they are written.
const BOUNDS: [(f64, &str); 12] = [
    (0.0001, "0.0001"),
    (0.00025, "0.00025"),
    (0.0005, "0.0005"),
    (0.001, "0.001"),
    (0.0025, "0.0025"),
    (0.005, "0.005"),
    (0.01, "0.01"),
    (0.025, "0.025"),
    (0.05, "0.05"),
    (0.1, "0.1"),
    (0.25, "0.25"),
    (1.0, "1"),
];

/// What is counted while it serves.
#[derive(Debug)]
pub struct Metrics {
    judged: Vec<(Outcome, AtomicU64)>,
    faults: [AtomicU64; Fault::ALL.len()],
    /// One for each bound, and one for what took longer.
    seconds: [AtomicU64; BOUNDS.len() + 1],
    /// All of them together.
    nanoseconds: AtomicU64,
    /// How often the store could not be asked, stored in, or looked after.
    pub store_errors: AtomicU64,
    /// How many are open.
    pub connections: AtomicU64,
    /// Uses that were stored,
    pub stored: AtomicU64,
    /// and uses that never will be.
    pub lost: AtomicU64,
    /// How long it took the last time to store uses.
    pub flush_nanoseconds: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            judged: Outcome::all()
                .map(|outcome| (outcome, AtomicU64::new(0)))
                .collect(),
            faults: Default::default(),
            seconds: Default::default(),
            nanoseconds: AtomicU64::new(0),
            store_errors: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            flush_nanoseconds: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// Counts a request that took so long.
    pub fn answered(&self, outcome: Outcomes, took: Duration) {
        let counter = match outcome {
            Outcomes::Judged(outcome) => {
                let known = self.judged.iter().find(|(known, _)| *known == outcome);
                &known.expect("all outcomes are there").1
            }
            Outcomes::Fault(fault) => &self.faults[fault as usize],
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.partition_point(|(bound, _)| *bound < seconds);
        self.seconds[bucket].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds
            .fetch_add(nanoseconds(took), Ordering::Relaxed);
    }

    /// Notes how long it took to store uses.
    pub fn flushed(&self, took: Duration) {
        self.flush_nanoseconds
            .store(nanoseconds(took), Ordering::Relaxed);
    }

    /// The metrics in the text format; `waiting` rows are not stored yet.
    pub fn text(&self, waiting: usize) -> Vec<u8> {
        let mut text = Vec::new();
        self.write(&mut text, waiting)
            .expect("memory takes all that is written");
        text
    }

    fn write(&self, out: &mut dyn Write, waiting: usize) -> io::Result<()> {
        const REQUESTS: &str = "zenflow_keys_requests_total";
        const SECONDS: &str = "zenflow_keys_request_duration_seconds";
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        family(out, REQUESTS, "counter", "Requests, by outcome.")?;
        for (outcome, count) in &self.judged {
            let (outcome, count) = (outcome.as_str(), number(count));
            writeln!(out, "{REQUESTS}{{outcome=\"{outcome}\"}} {count}")?;
        }
        for (fault, count) in std::iter::zip(Fault::ALL, &self.faults) {
            writeln!(out, "{REQUESTS}{{outcome=\"{fault}\"}} {}", number(count))?;
        }
        family(out, SECONDS, "histogram", "How long answers took.")?;
        let mut below = 0;
        let bounds = BOUNDS.iter().map(|(_, bound)| *bound).chain(["+Inf"]);
        for (bound, count) in std::iter::zip(bounds, &self.seconds) {
            below += number(count);
            writeln!(out, "{SECONDS}_bucket{{le=\"{bound}\"}} {below}")?;
        }
        let total = Duration::from_nanos(number(&self.nanoseconds)).as_secs_f64();
        writeln!(out, "{SECONDS}_sum {total}\n{SECONDS}_count {below}")?;
        let flush = Duration::from_nanos(number(&self.flush_nanoseconds)).as_secs_f64();
        for (name, kind, help, value) in [
            (
                "store_errors_total",
                "counter",
                "How often the store could not be asked, stored in or looked after.",
                number(&self.store_errors),
            ),
            (
                "connections",
                "gauge",
                "Open connections.",
                number(&self.connections),
            ),
            (
                "uses_waiting",
                "gauge",
                "Rows of uses that are not stored yet.",
                waiting as u64,
            ),
            (
                "uses_stored_total",
                "counter",
                "Uses that were stored.",
                number(&self.stored),
            ),
            (
                "uses_lost_total",
                "counter",
                "Uses that were not stored and never will be.",
                number(&self.lost),
            ),
        ] {
            let name = format!("zenflow_keys_{name}");
            family(out, &name, kind, help)?;
            writeln!(out, "{name} {value}")?;
        }
        let name = "zenflow_keys_last_flush_seconds";
        family(
            out,
            name,
            "gauge",
            "How long it took the last time to store uses.",
        )?;
        writeln!(out, "{name} {flush}")?;
        let name = "zenflow_keys_build_info";
        family(out, name, "gauge", "The version of the program.")?;
        let version = env!("CARGO_PKG_VERSION");
        writeln!(out, "{name}{{version=\"{version}\"}} 1")
    }
}

fn family(out: &mut dyn Write, name: &str, kind: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reason;

    #[test]
    fn each_request_is_counted_once_by_outcome_and_by_duration() {
        let metrics = Metrics::default();
        for (outcome, microseconds) in [
            (Outcomes::Judged(Outcome::Allowed), 100),
            (Outcomes::Judged(Outcome::Allowed), 101),
            (
                Outcomes::Judged(Outcome::Refused(Reason::Revoked)),
                2_000_000,
            ),
            (Outcomes::Fault(Fault::StoreUnavailable), 0),
        ] {
            metrics.answered(outcome, Duration::from_micros(microseconds));
        }
        let text = String::from_utf8(metrics.text(7)).unwrap();
        for line in [
            "zenflow_keys_requests_total{outcome=\"allowed\"} 2",
            "zenflow_keys_requests_total{outcome=\"revoked\"} 1",
            "zenflow_keys_requests_total{outcome=\"rate_limited\"} 0",
            "zenflow_keys_requests_total{outcome=\"store_unavailable\"} 1",
            "zenflow_keys_request_duration_seconds_bucket{le=\"0.0001\"} 2",
            "zenflow_keys_request_duration_seconds_bucket{le=\"0.00025\"} 3",
            "zenflow_keys_request_duration_seconds_bucket{le=\"1\"} 3",
            "zenflow_keys_request_duration_seconds_bucket{le=\"+Inf\"} 4",
            "zenflow_keys_request_duration_seconds_count 4",
            "zenflow_keys_request_duration_seconds_sum 2.000201",
            "zenflow_keys_uses_waiting 7",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
