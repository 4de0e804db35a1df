//! Leaked keys: where each stands, what the store says of it, and how bad that is.

mod scan_counts;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::domain::Severity;
use crate::domain::remedy::Remedy;
use crate::domain::rotation;
use crate::domain::tombstone::Tombstone;
use crate::domain::words::words;
use crate::domain::{Digest, Environment, Key, KeyId, Status, Timestamp};

pub use crate::domain::leak::scan_counts::ScanCounts;

words! {
    kind "status";
    /// What the store says of a key that was found.
    pub enum LeakStatus {
        /// It works.
        Active = "active",
        /// It does not work, and can be enabled at any time.
        Disabled = "disabled",
        /// It is not in the store, or there is no store.
        Unknown = "unknown",
        /// It has expired.
        Expired = "expired",
        /// It is revoked.
        Revoked = "revoked",
        /// Its record was pruned. Only the id inside the key tells.
        Pruned = "pruned",
    }
}

impl LeakStatus {
    /// How bad it is that a key of this status is found.
    pub fn severity(self, environment: Environment) -> Severity {
        match (self, environment) {
            (LeakStatus::Active | LeakStatus::Disabled, Environment::Live) => Severity::Error,
            (LeakStatus::Active | LeakStatus::Disabled, Environment::Test)
            | (LeakStatus::Unknown, _) => Severity::Warning,
            (LeakStatus::Expired | LeakStatus::Revoked | LeakStatus::Pruned, _) => Severity::Note,
        }
    }
}

impl From<Status> for LeakStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => LeakStatus::Active,
            Status::Disabled => LeakStatus::Disabled,
            Status::Expired => LeakStatus::Expired,
            Status::Revoked => LeakStatus::Revoked,
        }
    }
}

words! {
    kind "severity";
    /// The least severity that makes a scan fail.
    pub enum FailOn {
        /// Only errors do.
        Error = "error",
        /// Warnings do, too.
        Warning = "warning",
        /// Every finding does.
        Note = "note",
        /// None does.
        Never = "never",
    }
}

impl FailOn {
    /// Whether a finding of this severity makes a scan fail.
    pub fn is_reached_by(self, severity: Severity) -> bool {
        match self {
            FailOn::Error => severity >= Severity::Error,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Note => true,
            FailOn::Never => false,
        }
    }
}

/// A commit that added something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name, in hexadecimal.
    pub id: String,
    /// When it was written, if that is an instant of the years 0 to 9999.
    pub author_date: Option<Timestamp>,
}

/// A version of a file in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The name of its blob, in hexadecimal.
    pub blob: String,
    /// The commit that first added it; none if nothing reaches it, or if it is not committed yet.
    pub commit: Option<Commit>,
}

/// One place of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The hash of the key.
    pub digest: Digest,
    /// The id inside it; an adopted key may have none.
    pub id: Option<KeyId>,
    /// The file, as it was named; of a blob, one path that it has in the repository.
    pub path: Arc<Path>,
    /// The line, from 1.
    pub line: u64,
    /// The first byte in the line, from 1.
    pub column: u64,
    /// The first UTF-16 code unit in the line, from 1.
    pub character: u64,
    /// Which version of the file it is, in a repository.
    pub version: Option<Arc<Version>>,
}

impl Place {
    /// What names the key and the path and reveals neither.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(self.digest.as_bytes());
        hash.update(self.path.as_os_str().as_encoded_bytes());
        Fingerprint(hash.finalize().into())
    }

    /// When the version of the file was written, if that is known.
    pub fn author_date(&self) -> Option<Timestamp> {
        self.version.as_ref()?.commit.as_ref()?.author_date
    }
}

/// The hash of a key's digest and a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the store has of a key that was found.
#[derive(Debug, Clone)]
pub enum LeakedKey {
    /// Its record.
    Stored(Box<Key>),
    /// What is left of the key with the id inside.
    Pruned(Tombstone),
}

/// A key with all its places.
#[derive(Debug, Clone)]
pub struct LeakFinding {
    /// What the store says.
    pub status: LeakStatus,
    /// How bad it is.
    pub severity: Severity,
    /// The id inside the key; an adopted one may have none.
    pub id: Option<KeyId>,
    /// What the store has of it.
    pub key: Option<LeakedKey>,
    /// Where it stands, at one place at least; the oldest first.
    pub places: Vec<Place>,
}

impl LeakFinding {
    /// The finding of a key that stands at these places, one at least.
    pub fn new(key: Option<LeakedKey>, mut places: Vec<Place>, now: Timestamp) -> Self {
        let (status, environment) = match &key {
            Some(LeakedKey::Stored(key)) => (key.status(now).into(), key.environment),
            Some(LeakedKey::Pruned(stone)) => (LeakStatus::Pruned, stone.environment),
            None => (LeakStatus::Unknown, Environment::Live),
        };
        places.sort_by(|one, other| {
            let order = |place: &Place| (place.author_date().is_none(), place.author_date());
            (order(one), &one.path, one.line, one.column).cmp(&(
                order(other),
                &other.path,
                other.line,
                other.column,
            ))
        });
        LeakFinding {
            status,
            severity: status.severity(environment),
            id: places.first().and_then(|place| place.id),
            key,
            places,
        }
    }

    /// The record of the key, if it can still be used.
    pub fn usable_key(&self) -> Option<&Key> {
        match (&self.key, self.status) {
            (Some(LeakedKey::Stored(key)), LeakStatus::Active | LeakStatus::Disabled) => Some(key),
            _ => None,
        }
    }

    /// What should be done about it, if anything can be: replace the key if that is possible, or
    /// else end it.
    pub fn remedy(&self, now: Timestamp) -> Option<Remedy> {
        let key = self.usable_key()?;
        Some(if rotation::check(key, None, now).is_ok() {
            Remedy::RotateAtOnce(key.id)
        } else {
            Remedy::Revoke {
                key: key.id,
                reason: None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::{at, key};

    fn place(path: &str, line: u64, author_date: Option<i64>) -> Place {
        let version = Version {
            blob: "b".into(),
            commit: author_date.map(|seconds| Commit {
                id: "c".into(),
                author_date: Some(at(seconds)),
            }),
        };
        Place {
            digest: Digest::of_key("x"),
            id: None,
            path: Path::new(path).into(),
            line,
            column: 1,
            character: 1,
            version: Some(version.into()),
        }
    }

    #[test]
    fn severity_follows_from_what_the_store_says_and_the_environment() {
        use Environment::{Live, Test};
        use LeakStatus::{Active, Disabled, Expired, Pruned, Revoked, Unknown};
        for (statuses, environment, severity) in [
            (&[Active, Disabled][..], Live, Severity::Error),
            (&[Active, Disabled], Test, Severity::Warning),
            (&[Unknown], Live, Severity::Warning),
            (&[Unknown], Test, Severity::Warning),
            (&[Expired, Revoked, Pruned], Live, Severity::Note),
            (&[Expired, Revoked, Pruned], Test, Severity::Note),
        ] {
            for status in statuses {
                assert_eq!(status.severity(environment), severity, "{status}");
            }
        }
    }

    #[test]
    fn a_scan_fails_on_what_is_as_bad_as_that_or_worse() {
        let reached =
            |fail_on: FailOn| Severity::ALL.map(|severity| fail_on.is_reached_by(severity));
        // In the order of note, warning, error.
        assert_eq!(reached(FailOn::Never), [false, false, false]);
        assert_eq!(reached(FailOn::Error), [false, false, true]);
        assert_eq!(reached(FailOn::Warning), [false, true, true]);
        assert_eq!(reached(FailOn::Note), [true, true, true]);
    }

    #[test]
    fn the_oldest_place_comes_first_and_what_has_no_date_last() {
        let places = vec![
            place("a", 1, None),
            place("c", 2, Some(5)),
            place("c", 1, Some(5)),
            place("b", 9, Some(7)),
        ];
        let finding = LeakFinding::new(None, places, at(10));
        let order: Vec<_> = finding
            .places
            .iter()
            .map(|place| (place.path.to_str().unwrap(), place.line))
            .collect();
        assert_eq!(order, [("c", 1), ("c", 2), ("b", 9), ("a", 1)]);
        assert_eq!(finding.status, LeakStatus::Unknown);
    }

    #[test]
    fn a_key_that_works_is_replaced_or_else_ended_and_any_other_left_alone() {
        let finding = |key: Key| {
            LeakFinding::new(
                Some(LeakedKey::Stored(key.into())),
                vec![place("a", 1, None)],
                at(10),
            )
        };
        let key = key();
        let id = key.id;
        let disabled = Key {
            disabled_at: Some(at(5)),
            ..key.clone()
        };
        let expired = Key {
            expires_at: Some(at(5)),
            ..key.clone()
        };
        assert_eq!(finding(key).remedy(at(10)), Some(Remedy::RotateAtOnce(id)));
        assert_eq!(
            finding(disabled).remedy(at(10)),
            Some(Remedy::Revoke {
                key: id,
                reason: None
            })
        );
        assert_eq!(finding(expired).remedy(at(10)), None);
    }

    #[test]
    fn a_fingerprint_tells_keys_and_paths_apart_and_versions_not() {
        let one = place("a", 1, None);
        assert_eq!(one.fingerprint(), place("a", 7, Some(3)).fingerprint());
        assert_ne!(one.fingerprint(), place("b", 1, None).fingerprint());
        let other = Place {
            digest: Digest::of_key("y"),
            ..one.clone()
        };
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_eq!(one.fingerprint().to_string().len(), 64);
    }
}
