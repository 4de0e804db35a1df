//! SARIF 2.1.0 (OASIS), for code scanning: one rule for each severity, one result for each key and
//! path.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;

use crate::domain::Severity;
use crate::domain::leak::{LeakFinding, LeakedKey, Place};
use crate::domain::path::{shown, shown_exactly};
use crate::view::scan::{ScanReport, version};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// More locations of one result are left out: code scanning takes no more.
const MOST_LOCATIONS: usize = 1000;
/// What stands in a path of a URI as it is (RFC 3986, 2.3); a colon does not, as it could end a
/// scheme.
const IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The rules, in the order of [`Severity::ALL`]: the id, and what it means.
const RULES: [(&str, &str); 3] = [
    (
        "leaked-key-note",
        "A key that no longer works: it is expired, revoked or pruned",
    ),
    (
        "leaked-key-warning",
        "A test key that still works, or a key that the store does not know",
    ),
    ("leaked-key-error", "A live key that still works"),
];

/// A log of one run.
#[derive(Serialize)]
pub struct SarifLog {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Vec<ResultBody>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<RuleBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleBody {
    id: &'static str,
    short_description: SarifMessage,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct SarifMessage {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: SarifMessage,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultBody {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: SarifMessage,
    locations: Vec<Location>,
    partial_fingerprints: Fingerprints,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "keyAndPath/v1")]
    key_and_path: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    message: SarifMessage,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    start_column: u64,
}

impl SarifLog {
    /// What a scan found.
    pub fn of(report: &ScanReport) -> Self {
        let rule = |(place, (id, meaning)): (usize, (&'static str, &str))| RuleBody {
            id,
            short_description: SarifMessage {
                text: meaning.into(),
            },
            default_configuration: Configuration {
                level: Severity::ALL[place].as_str(),
            },
        };
        let notification = |(what, why): &(String, String)| Notification {
            level: "error",
            message: SarifMessage {
                text: format!("could not read {what}: {why}"),
            },
        };
        SarifLog {
            schema: SCHEMA,
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "zenflow-keys",
                        version: env!("CARGO_PKG_VERSION"),
                        rules: RULES.into_iter().enumerate().map(rule).collect(),
                    },
                },
                column_kind: "utf16CodeUnits",
                invocations: [Invocation {
                    execution_successful: report.unreadable.is_empty(),
                    tool_execution_notifications: report
                        .unreadable
                        .iter()
                        .map(notification)
                        .collect(),
                }],
                results: report.findings.iter().flat_map(results).collect(),
            }],
        }
    }
}

/// One result for each path of a key.
fn results(finding: &LeakFinding) -> Vec<ResultBody> {
    let mut places: Vec<&Place> = finding.places.iter().collect();
    // Stable, so that the oldest place of a path stays its first.
    places.sort_by(|one, other| one.path.cmp(&other.path));
    let of_path = places.chunk_by(|one, other| one.path == other.path);
    of_path
        .map(|places| ResultBody {
            rule_id: RULES[finding.severity as usize].0,
            rule_index: finding.severity as usize,
            level: finding.severity.as_str(),
            message: SarifMessage {
                text: message(finding),
            },
            locations: places
                .iter()
                .take(MOST_LOCATIONS)
                .map(|place| location(place))
                .collect(),
            partial_fingerprints: Fingerprints {
                key_and_path: places[0].fingerprint().to_string(),
            },
        })
        .collect()
}

fn message(finding: &LeakFinding) -> String {
    let id = finding.id.map(|id| id.to_string());
    match (&finding.key, finding.status) {
        (Some(LeakedKey::Stored(key)), status) => format!(
            "The API key '{}' ({}) stands here in clear; it is {status}.",
            key.name, key.id
        ),
        (Some(LeakedKey::Pruned(stone)), _) => format!(
            "An API key stands here in clear; its id is that of '{}' ({}), which was pruned.",
            stone.name, stone.id
        ),
        (None, _) => format!(
            "The API key {} stands here in clear; no store that was asked knows it.",
            id.as_deref().unwrap_or("without an id")
        ),
    }
}

fn location(place: &Place) -> Location {
    let text = version(place).unwrap_or_else(|| "the file as it is".into());
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(&place.path),
            },
            region: Region {
                start_line: place.line,
                start_column: place.character,
            },
        },
        message: SarifMessage { text },
    }
}

/// The path as a reference, with its bytes as they are. One that holds a key is masked first.
fn uri(path: &Path) -> String {
    let exact = shown_exactly(path);
    let bytes = path.as_os_str().as_encoded_bytes();
    let holds_key = shown(path) != path.to_string_lossy();
    let bytes = if holds_key { exact.as_bytes() } else { bytes };
    let encoded = percent_encode(bytes, IN_PATHS).to_string();
    if path.is_absolute() {
        format!("file://{encoded}")
    } else {
        encoded
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_path_is_a_reference_with_its_own_bytes() {
        let uri = |bytes: &[u8]| uri(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(uri(b"src/a.rs"), "src/a.rs");
        assert_eq!(uri(b"a b/c:d%#?"), "a%20b/c%3Ad%25%23%3F");
        assert_eq!(uri(b"/srv/\xff\xc3\xa9"), "file:///srv/%FF%C3%A9");
        let key = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
        assert_eq!(uri(format!("a/{key}.txt").as_bytes()), "a/%5BAPI%20key%5D");
        assert_eq!(
            uri(&[b"\xff/", key.as_bytes()].concat()),
            "%5CxFF/%5BAPI%20key%5D"
        );
    }
}
