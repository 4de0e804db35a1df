//! `serve`: answer gateways that ask whether a key may make a request.

use std::num::NonZeroUsize;

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst, Section, Sections, rows};
use crate::cli::remedy;
use crate::domain::path::shown;
use crate::domain::rate_limit::RateLimits;
use crate::domain::usage::IpPrefix;
use crate::domain::{Environment, Net, Timestamp};
use crate::error::Error;
use crate::serve::ask::{AuthConfig, HeaderName, header_name};
use crate::serve::listener::{ListenAddress, ListenSocket};
use crate::serve::raw_path::BasePath;
use crate::serve::reports::{Notice, Trouble};
use crate::serve::{Config, ListenSockets, Stop, serve};
use crate::session::service::{ServiceManager, Termination};
use crate::session::{Exit, Setup};
use crate::view::serve::{ServeEvent, ServeLine};

const DEFAULT: &str = "127.0.0.1:8787";

/// What is where.
const PATHS: [(&str, &str); 6] = [
    ("/auth/nginx", "nginx asks about the original request"),
    ("/auth/forward", "Caddy or Traefik does"),
    ("/auth/envoy/*", "Envoy does"),
    (
        "/auth/nginx/scope/read:orders",
        "the same, for these scopes instead of an endpoint's; also /auth/forward/scope",
    ),
    (
        "POST /v1/check",
        "a question of 'check --batch', and its verdict",
    ),
    (
        "/health/live, /health/ready, /metrics",
        "at the address of --admin alone",
    ),
];

/// What gateways are answered.
const ANSWERS: [(&str, &str); 4] = [
    (
        "200",
        "allowed; X-ZenFlow-Key-Id, -Key-Name, -Env and -Scopes say whose key it is",
    ),
    (
        "401, 403, 429",
        "refused, as ZenFlow's API does; X-ZenFlow-Reason says why",
    ),
    ("500", "the gateway is misconfigured"),
    ("503", "the store cannot be read: nobody is let in"),
];

/// Answer gateways: may this key make this request?
///
/// nginx (auth_request), Caddy (forward_auth), Traefik, Envoy (ext_authz) or a service of your own
/// ask before each request; docs/gateways.md has their configurations. Each answer is judged by
/// what the store holds at that instant, as 'check' judges it: a key that was revoked a millisecond
/// ago is refused. Uses are counted. Everything else, such as 'revoke' or 'backup', works meanwhile.
///
/// It speaks HTTP without TLS: a Unix socket, the loopback address or a private network must keep
/// others away. SIGTERM and Ctrl-C end it; what is under way is still answered.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys serve --listen unix:/run/zenflow-keys/serve.sock",
    "zenflow-keys serve --admin 127.0.0.1:9787 --rate-limit 60/m,1000/h,10000/d",
    "zenflow-keys serve --listen 10.0.0.5:8787 --trusted-proxy 10.0.0.0/24",
]))]
#[command(own_options_first())]
#[command(add = Sections(&[
    Section { title: "Paths", rows: || rows(&PATHS) },
    Section { title: "Answers", rows: || rows(&ANSWERS) },
]))]
pub struct Serve {
    /// Address to listen at: unix:PATH or IP:PORT; by default the sockets that systemd passes, or
    /// 127.0.0.1:8787
    #[arg(long, value_name = "ADDR")]
    listen: Vec<ListenAddress>,
    /// Address for health and metrics: unix:PATH or IP:PORT
    #[arg(long, value_name = "ADDR")]
    admin: Option<ListenAddress>,
    /// Network of proxies that may ask, and whose word on the client's address counts
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    trusted_proxy: Vec<Net>,
    /// What all paths of the API begin with [default: /api/v1]
    #[arg(long, value_name = "BASE")]
    base_path: Option<BasePath>,
    /// Header with the client's address [default: X-Real-IP for nginx, else X-Forwarded-For]
    #[arg(long, value_name = "HEADER", value_parser = header_name)]
    client_ip_from: Option<HeaderName>,
    /// Required environment: live, test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    env: Option<Environment>,
    /// Most requests of a key a minute, an hour and a day: 60/m,1000/h,10000/d
    #[arg(long, value_name = "LIMITS")]
    rate_limit: Option<RateLimits>,
    /// Do not count uses
    #[arg(long)]
    no_record: bool,
    /// Keep only the networks of addresses, by prefix lengths for IPv4 and IPv6: 24,48
    #[arg(long, value_name = "LENGTHS", conflicts_with = "no_record")]
    ip_prefix: Option<IpPrefix>,
    /// Number of workers; by default one a core
    #[arg(long, value_name = "N")]
    workers: Option<NonZeroUsize>,
}

impl Serve {
    /// Answers until it is asked to end.
    pub fn run(self, setup: Setup<'_>) -> Result<Exit, Error> {
        let stop = Stop::default();
        let termination = Termination::listen({
            let stop = stop.clone();
            move || stop.stop()
        })?;
        let listeners = self.listeners()?;
        let config = self.config();
        let path = setup.place()?.path;
        let actor = setup.actor()?;
        let manager = ServiceManager::new(setup.variable);
        let (clock, mut output) = (setup.clock, setup.output);
        let mut told = Ok(());
        let mut tell = |notice: Notice<'_>| {
            match notice {
                Notice::Ready { .. } => manager.notify("READY=1"),
                Notice::Stopping => manager.notify("STOPPING=1"),
                Notice::Listening { .. } | Notice::Trouble { .. } | Notice::Ended { .. } => {}
            }
            let line = output.served(&line(&notice, &words(&notice), clock()));
            if told.is_ok() {
                told = line;
            }
        };
        serve(config, listeners, &path, &actor, clock, &stop, &mut tell)?;
        drop(termination);
        told.map(|()| Exit::Done)
    }

    /// Opens all sockets, and makes sure that only those can come to them who may ask.
    fn listeners(&self) -> Result<ListenSockets, Error> {
        let mut gateways = match self.listen.as_slice() {
            [] => ListenSocket::passed()?,
            named => named
                .iter()
                .map(ListenSocket::open)
                .collect::<Result<_, _>>()?,
        };
        if gateways.is_empty() {
            gateways.push(ListenSocket::open(&DEFAULT.parse()?)?);
        }
        let admin = self
            .admin
            .iter()
            .map(ListenSocket::open)
            .collect::<Result<Vec<_>, _>>()?;
        let open = gateways
            .iter()
            .chain(&admin)
            .find(|listener| listener.is_open_to_networks());
        match open {
            Some(listener) if self.trusted_proxy.is_empty() => Err(Error::usage(format!(
                "others can come to {}, and no proxy is trusted",
                listener.address
            ))
            .hint("name the gateways that may ask: --trusted-proxy 10.0.0.0/24")),
            _ => Ok(ListenSockets { gateways, admin }),
        }
    }

    fn config(self) -> Config {
        let cores = std::thread::available_parallelism();
        let workers = self.workers.or(cores.ok()).map_or(1, NonZeroUsize::get);
        Config {
            auth: AuthConfig {
                base_path: self.base_path.unwrap_or_default(),
                environment: self.env,
                trusted_proxies: self.trusted_proxy,
                client_ip_from: self.client_ip_from,
            },
            workers,
            counts: !self.no_record,
            ip_prefix: self.ip_prefix.unwrap_or(IpPrefix::WHOLE),
            rate_limits: self.rate_limit,
            write_hint: remedy::written,
        }
    }
}

/// A notice in words.
fn words(notice: &Notice<'_>) -> String {
    match notice {
        Notice::Listening {
            address,
            for_admin: false,
        } => format!("listening at {address}"),
        Notice::Listening {
            address,
            for_admin: true,
        } => {
            format!("listening at {address} for health and metrics")
        }
        Notice::Ready { store } => format!("answering from the store {}", shown(store)),
        Notice::Trouble {
            trouble,
            details,
            count,
        } => {
            let what = match trouble {
                Trouble::Store => "the store cannot be used",
                Trouble::Counting => "uses could not be stored and wait",
                Trouble::Lost => "uses were not counted",
                Trouble::Gateway => "a gateway is misconfigured",
                Trouble::UntrustedPeer => "a peer that is no trusted proxy was refused",
                Trouble::Accept => "a connection could not be accepted",
            };
            let times = match count {
                1 => String::new(),
                count => format!(" ({count} times)"),
            };
            format!("{what}: {details}{times}")
        }
        Notice::Stopping => "stopping: requests that are under way are still answered".into(),
        Notice::Ended { stored: 1 } => "ended; 1 use was stored".into(),
        Notice::Ended { stored } => format!("ended; {stored} uses were stored"),
    }
}

fn line<'l>(notice: &Notice<'l>, message: &'l str, at: Timestamp) -> ServeLine<'l> {
    let plain = |event| ServeLine {
        at: at.to_string(),
        event,
        trouble: None,
        address: None,
        count: None,
        message,
    };
    match *notice {
        Notice::Listening { address, .. } => ServeLine {
            address: Some(address),
            ..plain(ServeEvent::Listening)
        },
        Notice::Ready { .. } => plain(ServeEvent::Ready),
        Notice::Trouble { trouble, count, .. } => ServeLine {
            trouble: Some(trouble.as_str()),
            count: Some(count),
            ..plain(ServeEvent::Trouble)
        },
        Notice::Stopping => plain(ServeEvent::Stopping),
        Notice::Ended { stored } => ServeLine {
            count: Some(stored),
            ..plain(ServeEvent::Ended)
        },
    }
}
