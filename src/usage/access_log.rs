//! Access logs: what a line of a gateway's log says about a key.
//!
//! It knows the domain and the formats of four logs. It knows neither the store nor the keys in it: a
//! line names an id, and whether there is such a key is somebody else's question.

pub mod combined;
pub mod instant;
pub mod json;
pub mod lenient;
pub mod lines;
pub mod resume_point;
pub mod source;

use crate::domain::words::words;
use std::cell::Cell;
use std::net::IpAddr;

use crate::domain::usage::Outcome;
use crate::domain::{Endpoint, ScopeSet, Timestamp, allowlist};
pub use crate::usage::access_log::instant::InstantReader;

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
                b'{' => {
                    json::detect(line).or_else(|| json::detect(lenient::mended(line)?.as_bytes()))
                }
                _ => combined::is_one(line).then_some(LogFormat::Nginx),
            })
    }
}

/// A request, as a line of a log tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    pub at: Timestamp,
    /// The key's id, if the line names one.
    pub id: Option<[u8; 10]>,
    /// The client's address, if it is one.
    pub ip: Option<IpAddr>,
    /// The endpoint, if the request is for one of the map's.
    pub endpoint: Option<&'static Endpoint>,
    /// Scopes that were needed, where the log says so; that of the endpoint is not among them.
    pub scopes: ScopeSet,
    pub answer: LoggedAnswer,
}

/// How a request was answered, as far as its line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedAnswer {
    /// With this HTTP status.
    Status(u16),
    /// With a verdict that the log gives itself.
    Outcome(Outcome),
}

/// Why a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError(pub &'static str);

/// The field or header with the client's address, where it is not the peer's.
#[derive(Debug)]
pub struct IpField {
    name: String,
    was_found: Cell<bool>,
}

impl IpField {
    /// The field of this name.
    pub fn new(name: &str) -> Self {
        IpField {
            name: name.into(),
            was_found: Cell::new(false),
        }
    }
}

/// Reads the lines of one log, all in one format.
#[derive(Debug)]
pub struct LineReader {
    format: LogFormat,
    ip_field: Option<IpField>,
    clock: InstantReader,
}

impl LineReader {
    /// A reader of this format. `ip_field` names the field or header that holds the client's
    /// address.
    pub fn new(format: LogFormat, ip_field: Option<&str>) -> Self {
        LineReader {
            format,
            ip_field: ip_field.map(IpField::new),
            clock: InstantReader::default(),
        }
    }

    /// Whether a field should hold the client's address and no line had it.
    pub fn lacks_ip_field(&self) -> bool {
        self.ip_field
            .as_ref()
            .is_some_and(|field| !field.was_found.get())
    }

    /// Reads a line, without its line end; `None` if it tells of something else than a request.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<LogEntry>, ParseError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.read_text(line) {
            // A client can put anything into a path: that does not hide its request.
            Err(problem) => match lenient::mended(line) {
                Some(mended) => self.read_text(mended.as_bytes()),
                None => Err(problem),
            },
            read => read,
        }
    }

    fn read_text(&mut self, line: &[u8]) -> Result<Option<LogEntry>, ParseError> {
        let field = self.ip_field.as_ref();
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

/// The endpoint of a logged request. A `HEAD` needs what a `GET` needs.
fn endpoint(method: &str, target: &str) -> Option<&'static Endpoint> {
    let is_head = method.eq_ignore_ascii_case("HEAD");
    Endpoint::called(if is_head { "GET" } else { method }, target)
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
    let last = text.rsplit_once(',').map_or(text, |(_, last)| last).trim();
    let host = match last.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(host, _)| host),
        None => last
            .split_once(':')
            .filter(|(_, port)| !port.contains(':'))
            .map_or(last, |(host, _)| host),
    };
    let host = host.split_once('%').map_or(host, |(host, _)| host);
    allowlist::parse_address(host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_recognised_by_a_line_that_is_not_unicode() {
        for path in [&b"\xff"[..], b"\\ud800"] {
            let line = [b"{\"time_iso8601\":\"", path, b"\"}\n"].concat();
            assert_eq!(LogFormat::detect(&line), Some(LogFormat::NginxJson));
        }
    }

    #[test]
    fn what_is_not_utf_8_hides_no_request_in_any_format() {
        let lines: [&[u8]; 4] = [
            b"203.0.113.7 - \xff [24/Nov/2026:07:00:00 +0000] \"GET /\xff HTTP/1.1\" 200 17 \"-\" \"-\" k3m9x2q7vd",
            b"{\"time_iso8601\":\"2026-11-24T07:00:00Z\",\"remote_addr\":\"203.0.113.7\",\"request_method\":\"GET\",\"uri\":\"/\xff\",\"status\":200,\"zenflow_key_id\":\"k3m9x2q7vd\"}",
            b"{\"ts\":1795503600,\"request\":{\"remote_ip\":\"203.0.113.7\",\"method\":\"GET\",\"uri\":\"/\xff\",\"headers\":{\"X-Api-Key\":[\"k3m9x2q7vd\"]}},\"status\":200}",
            b"{\"at\":\"2026-11-24T07:00:00Z\",\"key_id\":\"k3m9x2q7vd\",\"ip\":\"203.0.113.7\",\"request\":\"GET /\xff\",\"status\":200}",
        ];
        for (format, line) in LogFormat::ALL.into_iter().zip(lines) {
            let entry = LineReader::new(format, None).read(line).unwrap().unwrap();
            assert_eq!(entry.id.as_ref(), Some(b"k3m9x2q7vd"), "{format:?}");
            assert_eq!(entry.at.to_string(), "2026-11-24T07:00:00Z");
            assert_eq!(entry.ip, Some("203.0.113.7".parse().unwrap()));
            assert_eq!(
                (entry.endpoint, entry.answer),
                (None, LoggedAnswer::Status(200))
            );
        }
    }

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
