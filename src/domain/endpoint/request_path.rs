//! Whether the path of a request is that of an endpoint, as every server on the way reads it.

use crate::domain::endpoint::{BASE_PATH, BASE_URL};

/// How many segments of a path match those of a pattern literally, or `None` if it is not of the
/// pattern, in which `:name` stands for any one segment. Whole logs are read with it, so it gives up
/// at the first character that differs.
pub(super) fn literal_segments(pattern: &str, path: &str) -> Option<usize> {
    let (mut pattern, mut path) = (pattern.as_bytes(), path.as_bytes());
    let mut literal = 0;
    while let ([b'/', expected @ ..], [b'/', found @ ..]) = (pattern, path) {
        if let [b':', ..] = expected {
            let segment;
            (_, pattern) = cut(expected);
            (segment, path) = cut(found);
            if segment.is_empty() || leaves_its_place(segment) {
                return None;
            }
        } else {
            let same = expected
                .iter()
                .zip(found)
                .take_while(|(a, b)| a == b && **a != b'/')
                .count();
            (pattern, path) = (&expected[same..], &found[same..]);
            if !matches!(pattern, [] | [b'/', ..]) || !matches!(path, [] | [b'/', ..]) {
                return None;
            }
            literal += 1;
        }
    }
    (pattern.is_empty() && path.is_empty()).then_some(literal)
}

/// A segment and what follows it.
fn cut(path: &[u8]) -> (&[u8], &[u8]) {
    path.split_at(
        path.iter()
            .position(|byte| *byte == b'/')
            .unwrap_or(path.len()),
    )
}

/// The path below the API's, without query and trailing slash.
pub(super) fn path_of(target: &str) -> &str {
    let below = target
        .strip_prefix(BASE_URL)
        .or_else(|| target.strip_prefix(BASE_PATH))
        .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    let path = below.unwrap_or(target);
    let path = path.find(['?', '#']).map_or(path, |end| &path[..end]);
    path.strip_suffix('/').unwrap_or(path)
}

/// Whether `.` or `..` stands between separators, each escaped or not: a server may resolve them
/// into another path than the one that is judged here. Some separate with `\` too, and some cut a
/// segment at `;` first.
fn leaves_its_place(segment: &[u8]) -> bool {
    if !segment.iter().any(|byte| matches!(byte, b'.' | b'%')) {
        return false;
    }
    let plain = String::from_utf8_lossy(segment).to_ascii_lowercase();
    let plain = plain
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "\\")
        .replace("%3b", ";");
    plain
        .split(['/', '\\', ';'])
        .any(|step| matches!(step, "." | ".."))
}
