//! nginx's `combined` format with the key's id at the end:
//!
//! `203.0.113.7 - - [24/Nov/2026:07:00:00 +0000] "GET /orders HTTP/1.1" 200 17 "-" "curl/8.5"
//! k3m9x2q7vd`
//!
//! nginx escapes quotes and control characters inside its fields, so a quote ends a field. Most of
//! all lines come this way: nothing is allocated.

use std::net::{IpAddr, Ipv4Addr};

use memchr::{memchr, memrchr};

use crate::domain::{Endpoint, ScopeSet};
use crate::usage::access_log::{InstantReader, LogEntry, LoggedAnswer, ParseError, id};

/// The length of `24/Nov/2026:07:00:00 +0000`.
const TIME: usize = 26;

/// Whether this line is of the format, with an id or `-` at its end or without one.
pub fn is_one(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    read(line, &mut InstantReader::default()).is_ok()
        || (line.ends_with(b"\"")
            && read(&[line, b" -"].concat(), &mut InstantReader::default()).is_ok())
}

/// Reads a line without its line end.
pub fn read(line: &[u8], clock: &mut InstantReader) -> Result<LogEntry, ParseError> {
    let at = memrchr(b' ', line).ok_or(ParseError("this is not a line of an access log"))?;
    let id = match &line[at + 1..] {
        b"-" => None,
        text => Some(id(text).ok_or(ParseError("there is no key id at the end"))?),
    };
    let ip = memchr(b' ', line)
        .map(|at| &line[..at])
        .ok_or(ParseError("there is no address"))?;
    // nginx escapes quotes in what a client writes, so the first one begins the request, whatever
    // the name of the user before the time is.
    let quote = memchr(b'"', line).ok_or(ParseError("there is no request"))?;
    let time = line[..quote]
        .strip_suffix(b"] ")
        .and_then(|before| before.split_at_checked(before.len().checked_sub(TIME)?))
        .filter(|(before, _)| before.ends_with(b"["))
        .ok_or(ParseError("there is no time"))?
        .1;
    let rest = &line[quote + 1..];
    let end = memchr(b'"', rest).ok_or(ParseError("there is no request"))?;
    let (request, rest) = (&rest[..end], &rest[end + 1..]);
    Ok(LogEntry {
        at: clock.read(time)?,
        id,
        ip: address(ip),
        endpoint: endpoint(request),
        scopes: ScopeSet::EMPTY,
        answer: LoggedAnswer::Status(status(rest)?),
    })
}

/// ` 200 …`
fn status(rest: &[u8]) -> Result<u16, ParseError> {
    match rest {
        [
            b' ',
            a @ b'0'..=b'9',
            b @ b'0'..=b'9',
            c @ b'0'..=b'9',
            b' ',
            ..,
        ] => Ok(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0')),
        _ => Err(ParseError("there is no status")),
    }
}

/// `GET /orders HTTP/1.1`; a path that nginx has decoded can hold spaces.
fn endpoint(request: &[u8]) -> Option<&'static Endpoint> {
    let method_end = memchr(b' ', request)?;
    let path_end = memrchr(b' ', request)
        .filter(|at| *at > method_end)
        .unwrap_or(request.len());
    let (method, path) = (&request[..method_end], &request[method_end + 1..path_end]);
    crate::usage::access_log::endpoint(
        std::str::from_utf8(method).ok()?,
        std::str::from_utf8(path).ok()?,
    )
}

fn address(text: &[u8]) -> Option<IpAddr> {
    match ipv4(text) {
        Some(ip) => Some(ip.into()),
        None => crate::usage::access_log::address(std::str::from_utf8(text).ok()?),
    }
}

/// Four numbers with dots between. [`crate::usage::access_log::address`] would read it too, many times slower.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut parts, mut place, mut digits) = ([0_u16; 4], 0, 0);
    for byte in text {
        match byte {
            b'0'..=b'9' if digits < 3 && !(digits > 0 && parts[place] == 0) => {
                parts[place] = parts[place] * 10 + u16::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && place < 3 => (place, digits) = (place + 1, 0),
            _ => return None,
        }
    }
    let [a, b, c, d] = parts.map(u8::try_from);
    (place == 3 && digits > 0).then_some(Ipv4Addr::new(a.ok()?, b.ok()?, c.ok()?, d.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"203.0.113.7 - - [24/Nov/2026:07:00:00 +0000] "GET /orders/17 HTTP/1.1" 200 17 "-" "curl/8.5" k3m9x2q7vd"#;

    fn entry(line: &str) -> Result<LogEntry, &'static str> {
        read(line.as_bytes(), &mut InstantReader::default()).map_err(|problem| problem.0)
    }

    #[test]
    fn a_line_is_read() {
        let entry = entry(LINE).unwrap();
        assert_eq!(entry.at.to_string(), "2026-11-24T07:00:00Z");
        assert_eq!(entry.id.as_ref(), Some(b"k3m9x2q7vd"));
        assert_eq!(entry.ip, Some("203.0.113.7".parse().unwrap()));
        assert_eq!(entry.endpoint.unwrap().pattern, "GET /orders/:id");
        assert_eq!(entry.answer, LoggedAnswer::Status(200));
        assert!(is_one(LINE.as_bytes()) && is_one(format!("{LINE}\r").as_bytes()));
    }

    #[test]
    fn addresses_of_every_kind_are_read() {
        for (text, ip) in [
            ("2001:db8::7", Some("2001:db8::7")),
            ("::ffff:203.0.113.7", Some("203.0.113.7")),
            ("0.0.0.0", Some("0.0.0.0")),
            ("255.255.255.255", Some("255.255.255.255")),
            ("unix:", None),
        ] {
            assert_eq!(
                entry(&LINE.replacen("203.0.113.7", text, 1)).unwrap().ip,
                ip.map(|ip| ip.parse().unwrap()),
                "{text}"
            );
        }
        for text in [
            "203.0.113",
            "203.0.113.256",
            "203.0.113.07",
            "203.0.113.7.",
            "1.2.3.4.5",
            ".1.2.3",
            "1..2.3",
            "host",
            "0203.0.113.7",
            "",
        ] {
            assert!(ipv4(text.as_bytes()).is_none(), "{text}");
        }
        let host = entry(&LINE.replacen("203.0.113.7", "host.example", 1)).unwrap();
        assert_eq!(host.ip, None, "who, when and status are readable");
    }

    #[test]
    fn the_name_of_a_user_hides_nothing() {
        for user in [
            "[",
            "a [b] c",
            "[24/Nov/2026:07:00:00 +0000] x",
            "\\x22 200",
        ] {
            let line = LINE.replacen("- - [", &format!("- {user} ["), 1);
            assert_eq!(entry(&line), entry(LINE), "{user}");
        }
    }

    #[test]
    fn a_request_that_is_strange_is_no_endpoint_and_still_a_use() {
        for request in [
            "",
            "-",
            "GET",
            "GET /orders/a b HTTP/1.1",
            "\\x16\\x03",
            "GET /nowhere HTTP/1.1",
            "é",
        ] {
            let strange = LINE.replace("GET /orders/17 HTTP/1.1", request);
            let pattern = entry(&strange)
                .unwrap()
                .endpoint
                .map(|endpoint| endpoint.pattern);
            assert_eq!(pattern.is_some(), request.contains("a b"), "{request}");
        }
    }

    #[test]
    fn a_head_needs_what_a_get_needs() {
        let head = LINE.replace("GET /", "HEAD /");
        assert_eq!(entry(&head), entry(LINE));
    }

    #[test]
    fn a_request_without_a_key_is_told_from_a_line_without_the_field() {
        assert_eq!(entry(&LINE.replace("k3m9x2q7vd", "-")).unwrap().id, None);
        let without = LINE.trim_end_matches(" k3m9x2q7vd");
        assert_eq!(entry(without), Err("there is no key id at the end"));
        assert!(is_one(without.as_bytes()));
    }

    #[test]
    fn a_line_that_is_cut_or_garbled_is_refused() {
        for end in 0..LINE.len() {
            assert!(entry(&LINE[..end]).is_err(), "{}", &LINE[..end]);
        }
        for (from, to) in [
            (" 200 ", " 2x0 "),
            (" 200 ", " 20 "),
            ("[24", "(24"),
            ("] \"", "] "),
            ("24/Nov", "24/Nob"),
        ] {
            assert!(entry(&LINE.replacen(from, to, 1)).is_err(), "{from} {to}");
        }
        assert!(!is_one(b"hello") && !is_one(b"") && !is_one(b"{}"));
    }
}
