//! Access logs: what a line of a gateway's log says about a key.
//!
//! It knows the domain and the forms of four logs. It knows neither the store nor the keys in it: a
//! line names an id, and whether there is such a key is somebody else's question.

pub mod combined;
pub mod instant;
pub mod json;
pub mod lines;
pub mod resume_point;
pub mod source;

use crate::domain::words::words;
use std::net::IpAddr;

use crate::domain::usage::Outcome;
use crate::domain::{Endpoint, ScopeSet, Timestamp, allowlist};
pub use crate::usage::access_log::instant::Clock;

words! {
    kind "log format";
    /// How a log is written.
    pub enum LogFormat {
        /// nginx's `combined`, with the key's id as one more field at the end.
        Nginx = "nginx",
        /// nginx with `escape=json`: an object a line, its fields called like nginx's variables.
        NginxJson = "nginx-json",
        /// Caddy's JSON access log.
        Caddy = "caddy",
        /// An object a line with `at`, `key_id`, `ip`, `request` or `scope`, and `status` or `outcome`.
        JsonLines = "json-lines",
    }
}

impl LogFormat {
    /// The format of a log that begins with these lines: the first that one of them reads as.
    pub fn detect(beginning: &[u8]) -> Option<LogFormat> {
        beginning
            .split(|byte| *byte == b'\n')
            .take(100)
            .find_map(|line| match line.first()? {
                b'{' => crate::usage::access_log::json::detect(line),
                _ => combined::is_one(line).then_some(LogFormat::Nginx),
            })
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The key's id, if the line names one.
    pub id: Option<[u8; 10]>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The endpoint, if the request is for one of the map's.
    pub endpoint: Option<&'static Endpoint>,
    /// Scopes that were needed, where the log says so; that of the endpoint is not among them.
    pub scopes: ScopeSet,
    /// The answer.
    pub answer: Answer,
}

/// How a request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// With this HTTP status.
    Status(u16),
    /// With a verdict that the log gives itself.
    Outcome(Outcome),
}

/// Why a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError(pub &'static str);

/// Reads lines of one format.
#[derive(Debug)]
pub struct Reader {
    format: LogFormat,
    /// The field with the client's address, if it is not the peer's.
    ip_field: Option<String>,
    clock: Clock,
}

impl Reader {
    /// A reader of this format. `ip_field` names the field or header that holds the client's
    /// address.
    pub fn new(format: LogFormat, ip_field: Option<&str>) -> Self {
        Reader {
            format,
            ip_field: ip_field.map(str::to_owned),
            clock: Clock::default(),
        }
    }

    /// Reads a line, without its line end; `None` if it tells of something else than a request.
    ///
    /// # Errors
    /// If it is not of the format.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<Entry>, ParseError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.read_text(line) {
            // A client can put anything into a path: that does not hide its request.
            Err(_) if std::str::from_utf8(line).is_err() => {
                self.read_text(String::from_utf8_lossy(line).as_bytes())
            }
            read => read,
        }
    }

    fn read_text(&mut self, line: &[u8]) -> Result<Option<Entry>, ParseError> {
        let field = self.ip_field.as_deref();
        match self.format {
            LogFormat::Nginx => combined::read(line, &mut self.clock).map(Some),
            LogFormat::NginxJson => crate::usage::access_log::json::nginx(line, field).map(Some),
            LogFormat::Caddy => crate::usage::access_log::json::caddy(line, field),
            LogFormat::JsonLines => {
                crate::usage::access_log::json::json_lines(line, field).map(Some)
            }
        }
    }
}

/// The id that a field holds, if it looks like one.
fn id(text: &[u8]) -> Option<[u8; 10]> {
    text.try_into()
        .ok()
        .filter(|id: &[u8; 10]| id.iter().all(u8::is_ascii_alphanumeric))
}

/// The client's address: alone, or the last of a list, since a proxy appends the peer that it saw
/// itself. Some add a port or a zone to it. What is no address is unknown: a client may have
/// written it, and must not hide its use that way.
fn address(text: &str) -> Option<IpAddr> {
    let last = text.rsplit(',').next().unwrap_or_default().trim();
    let host = match last.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => last
            .split_once(':')
            .filter(|(_, port)| !port.contains(':'))
            .map_or(last, |(host, _)| host),
    };
    let host = host.split('%').next().unwrap_or_default();
    allowlist::parse_address(host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_its_port_or_zone_and_what_is_none_is_unknown() {
        for (text, ip) in [
            ("203.0.113.7:4711", Some("203.0.113.7")),
            ("198.51.100.1, 203.0.113.7", Some("203.0.113.7")),
            ("[2001:db8::7]:4711", Some("2001:db8::7")),
            ("[2001:db8::7]", Some("2001:db8::7")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("2001:db8::7", Some("2001:db8::7")),
            ("203.0.113.7, \u{fffd}", None),
            ("unknown", None),
            ("unix:", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(address(text), ip.map(|ip| ip.parse().unwrap()), "{text}");
        }
    }
}
