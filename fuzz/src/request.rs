//! A request finds the endpoint whose segments it has, however it is written, and never one that a
//! server could resolve it away from.

use zenflow_keys::domain::Endpoint;
use zenflow_keys::domain::endpoint::{BASE_URL, ENDPOINTS};

use super::Choices;

pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(endpoint) = find(&text) {
        fits(&text, endpoint);
    }
    a_written_request_is_found(&mut Choices(bytes));
}

fn find(request: &str) -> Option<&'static str> {
    request
        .parse::<&Endpoint>()
        .ok()
        .map(|endpoint| endpoint.pattern)
}

/// What was found has the method and the literal segments of the request, and no segment of it is a
/// step to somewhere else.
fn fits(request: &str, pattern: &str) {
    let (method, target) = request.trim().split_once(' ').unwrap();
    let path = target.trim_start().split(['?', '#']).next().unwrap();
    let found: Vec<&str> = pattern.split_once(" /").unwrap().1.split('/').collect();
    let asked: Vec<&str> = path
        .trim_end_matches('/')
        .rsplit('/')
        .take(found.len())
        .collect();
    assert!(pattern.starts_with(&format!("{} ", method.to_ascii_uppercase())));
    for (asked, found) in asked.into_iter().rev().zip(found) {
        assert!(
            found == asked || found.starts_with(':'),
            "{request:?} is {pattern}"
        );
        assert!(
            !asked.is_empty() && !escapes(asked),
            "{request:?} is {pattern}"
        );
    }
}

/// Whether a server that decodes a segment before it resolves the path would leave it.
fn escapes(segment: &str) -> bool {
    let mut decoded = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if b"./\\;".contains(&byte) => (decoded.push(byte), rest = &tail[2..]).1,
            _ => (decoded.push(*first), rest = tail).1,
        }
    }
    decoded
        .split(|byte| b"/\\;".contains(byte))
        .any(|step| step == b"." || step == b"..")
}

/// A pattern with its parameters filled in and dressed as clients write it, or anything with as
/// many segments.
fn a_written_request_is_found(choices: &mut Choices<'_>) {
    let endpoint = choices.one(&ENDPOINTS.each_ref());
    let (method, pattern) = endpoint.pattern.split_once(' ').unwrap();
    let path: Vec<String> = pattern
        .split('/')
        .skip(1)
        .map(|segment| filled(segment, choices))
        .collect();
    if path
        .iter()
        .any(|segment| segment.is_empty() || escapes(segment))
    {
        return;
    }
    let expected = model(method, &path);
    let method = if choices.byte() & 1 == 0 {
        method.into()
    } else {
        method.to_lowercase()
    };
    let base = choices.one(&["", "/api/v1", BASE_URL]);
    let end = choices.one(&["", "/", "?q=/orders", "#x", "/?a=1#b", "?"]);
    let request = format!("{method} {base}/{}{end}", path.join("/"));
    assert_eq!(find(&request), expected, "{request:?}");
}

fn filled(segment: &str, choices: &mut Choices<'_>) -> String {
    if !segment.starts_with(':') {
        return segment.into();
    }
    match choices.byte() & 3 {
        0 => choices
            .one(&[
                "sku",
                "barcode",
                "bulk",
                "movements",
                "status",
                "product",
                "cancel",
                "adjustment",
            ])
            .into(),
        1 => choices
            .one(&[
                "1", "a%20b", "%2e%2e", "..", "...", ".", "a%2F..", "..;x", "%", "%2", "A%2F1",
            ])
            .into(),
        _ => choices
            .text(12)
            .chars()
            .filter(|c| !"/?#".contains(*c) && !c.is_whitespace())
            .collect(),
    }
}

/// Of the patterns that have these segments, the one that says more of them literally.
fn model(method: &str, path: &[String]) -> Option<&'static str> {
    let fitting = ENDPOINTS
        .iter()
        .map(|endpoint| endpoint.pattern)
        .filter(|pattern| {
            let (own_method, own_path) = pattern.split_once(" /").unwrap();
            let own: Vec<&str> = own_path.split('/').collect();
            own_method == method
                && own.len() == path.len()
                && own
                    .iter()
                    .zip(path)
                    .all(|(own, asked)| own.starts_with(':') || own == asked)
        });
    fitting.min_by_key(|pattern| pattern.matches(':').count())
}
