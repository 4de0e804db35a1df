//! Findings that are known and accepted: a file of fingerprints, one a line.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use crate::domain::leak::LeakFinding;
use crate::domain::path::{shown, shown_exactly};
use crate::domain::remedy::{Hint, Remedy};
use crate::error::{Code, Error};
use crate::view::text::escape::visible;

/// What a baseline begins with.
pub const FIRST_LINE: &str = "# zenflow-keys scan baseline, version 1";
/// So many hexadecimal digits a fingerprint has.
const DIGITS: usize = 64;

/// The fingerprints of findings that do not count.
#[derive(Debug, Default)]
pub struct Baseline(HashSet<String>);

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, or is no baseline.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |message: String| {
            Error::new(Code::Io, message)
                .hint(Hint::from("write a baseline: ").then(Remedy::WriteBaseline))
        };
        let text = fs::read(path)
            .map_err(|cause| failed(format!("cannot read {}", shown(path))).because(cause))?;
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(failed(format!("{} is not a baseline", shown(path))));
        }
        let mut fingerprints = HashSet::new();
        for (number, line) in lines.enumerate() {
            let entry = line.split_once('#').map_or(line, |(entry, _)| entry).trim();
            if entry.is_empty() {
                continue;
            }
            if entry.len() != DIGITS || !entry.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(failed(format!(
                    "line {} of {} does not hold a fingerprint",
                    number + 2,
                    shown(path)
                )));
            }
            fingerprints.insert(entry.to_ascii_lowercase());
        }
        Ok(Baseline(fingerprints))
    }

    /// Takes away what does not count. Returns how many keys and paths that were.
    pub fn take_from(&self, findings: &mut Vec<LeakFinding>) -> u64 {
        let mut taken = BTreeSet::new();
        for finding in &mut *findings {
            finding.places.retain(|place| {
                let fingerprint = place.fingerprint();
                let is_known = self.0.contains(&fingerprint.to_string());
                if is_known {
                    taken.insert(fingerprint);
                }
                !is_known
            });
        }
        findings.retain(|finding| !finding.places.is_empty());
        taken.len() as u64
    }
}

/// The file for these findings.
pub fn written(findings: &[LeakFinding]) -> String {
    let mut entries = BTreeMap::new();
    for finding in findings {
        let id = finding
            .id
            .map_or_else(|| "-".to_owned(), |id| id.to_string());
        for place in &finding.places {
            entries
                .entry(place.fingerprint())
                .or_insert_with(|| format!("{id} {}", visible(&shown_exactly(&place.path))));
        }
    }
    let mut text = format!("{FIRST_LINE}\n");
    for (fingerprint, comment) in entries {
        text.push_str(&format!("{fingerprint}  # {comment}\n"));
    }
    text
}
