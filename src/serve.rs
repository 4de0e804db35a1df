//! Answering gateways: may this key make this request, now?
//!
//! One decision, [`crate::domain::verdict::judge`], and around it: how gateways ask (`ask`), what
//! they are answered (`answer`), and who answers (`responder`). It knows no command line and prints
//! nothing; what should be known is told as an [`Notice`].

pub mod accept;
pub mod answer;
pub mod ask;
pub mod listener;
pub mod metrics;
pub mod rate_limiter;
pub mod raw_path;
pub mod recorder;
pub mod reports;
pub mod responder;
pub mod timeouts;
pub mod upkeep;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

use crate::context::Clock;
use crate::domain::Text;
use crate::domain::rate_limit::RateLimits;
use crate::domain::remedy::Hint;
use crate::domain::usage::IpPrefix;
use crate::error::Error;
use crate::serve::ask::AuthConfig;
use crate::serve::listener::ListenSocket;
use crate::serve::metrics::Metrics;
use crate::serve::rate_limiter::RateLimiter;
use crate::serve::recorder::Recorder;
use crate::serve::reports::{Notice, Reports, Trouble};
use crate::serve::upkeep::Upkeep;
use crate::store::serving::Serving;

/// Enough file descriptors for all connections and for what else is open.
const DESCRIPTORS: u64 = 4096;

/// How it serves.
#[derive(Debug)]
pub struct Config {
    /// How questions are read, and whose.
    pub auth: AuthConfig,
    /// How many answer at the same time.
    pub workers: usize,
    /// Whether uses are counted.
    pub counts: bool,
    /// How much of an address is kept then.
    pub ip_prefix: IpPrefix,
    /// How often a key may ask.
    pub rate_limits: Option<RateLimits>,
    /// Writes a hint out, with its commands.
    pub write_hint: fn(&Hint) -> Hint<String>,
}

/// Where it listens.
#[derive(Debug, Default)]
pub struct ListenSockets {
    /// For gateways.
    pub gateways: Vec<ListenSocket>,
    /// For health and metrics.
    pub admin: Vec<ListenSocket>,
}

/// What lets it end: another thread may ask for that at any time.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Stop(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks it to end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    fn listen(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

/// What all threads have in common.
pub struct Shared<'c> {
    config: Config,
    serving: Arc<Serving>,
    limiter: Option<RateLimiter>,
    recorder: Recorder,
    upkeep: Upkeep,
    metrics: Metrics,
    reports: Reports,
    clock: Clock<'c>,
}

impl Shared<'_> {
    /// Uses that nobody will ever see.
    fn lost(&self, count: u64, why: &str) {
        if count > 0 {
            self.metrics.lost.fetch_add(count, Ordering::Relaxed);
            self.reports.report(Trouble::Lost, count, || why.into());
        }
    }

    /// The store could not be used for something that can wait.
    fn failed(&self, trouble: Trouble, error: &Error) {
        self.metrics.store_errors.fetch_add(1, Ordering::Relaxed);
        self.reports.report(trouble, 1, || error.sentence());
    }
}

/// Answers from the store at `path` until it is stopped.
///
/// # Errors
/// If the store cannot be served to begin with, or what it cannot do without fails. What fails
/// later is told, and tried again.
pub fn serve(
    config: Config,
    listeners: ListenSockets,
    path: &Path,
    actor: &Text,
    clock: Clock<'_>,
    stop: &Stop,
    tell: &mut dyn FnMut(Notice<'_>),
) -> Result<(), Error> {
    allow_descriptors();
    let serving = Arc::new(Serving::begin(path, config.counts, &clock, actor)?);
    let limiter = match config.rate_limits {
        Some(limits) => {
            let recent = serving
                .reader()
                .read(clock(), |view, _| view.recent_uses(clock()))?;
            Some(RateLimiter::new(limits, &recent, clock()))
        }
        None => None,
    };
    let shared = Shared {
        recorder: Recorder::new(config.workers),
        config,
        serving,
        limiter,
        upkeep: Upkeep::default(),
        metrics: Metrics::default(),
        reports: Reports::default(),
        clock,
    };
    for (all, for_admin) in [(&listeners.gateways, false), (&listeners.admin, true)] {
        for listener in all {
            let address = &listener.address;
            tell(Notice::Listening { address, for_admin });
        }
    }
    tell(Notice::Ready { store: path });
    let shared = &shared;
    let stopped = thread::scope(|scope| {
        let answering = scope.spawn(move || {
            let answered = accept::answer(scope, shared, listeners, stop);
            shared.reports.end();
            answered
        });
        let keeping = scope.spawn(move || shared.keep());
        shared.reports.relay(tell);
        let answered = answering.join();
        shared.upkeep.end();
        let kept = keeping.join();
        // What went wrong when the last uses were stored.
        shared.reports.relay(tell);
        kept.and(answered)
    });
    let stopped = stopped.unwrap_or_else(|_| Err(Error::ended_early()));
    tell(Notice::Ended {
        stored: shared.metrics.stored.load(Ordering::Relaxed),
    });
    stopped.and(shared.serving.end(&clock))
}

/// Makes room for all connections, as far as the system lets this process.
fn allow_descriptors() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
    if current.is_some_and(|current| current < most) {
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(most),
                maximum,
            },
        );
    }
}
