//! What a key must be to be selected, in SQL.

use rusqlite::types::Value;

use crate::domain::selection::Filter;
use crate::domain::usage::CredibleTimes;
use crate::domain::{Environment, Scope, Status, Text, Timestamp};
use crate::store::keys::NOT_OVER;

/// The key has a successor.
const REPLACED: &str = "k.id IN (SELECT rotated_from FROM keys WHERE rotated_from IS NOT NULL)";
/// The index that SQLite makes for the first UNIQUE column of the table.
pub(super) const KEYS_BY_ID: &str = "sqlite_autoindex_keys_1";
/// Its last use was early enough, or has a time that nobody believes and then tells nothing.
const MAYBE_UNUSED: &str =
    "(coalesce(k.last_used_at, -1) <= :unused_since OR coalesce(k.last_used_at, -1) > :latest)";
/// And so was the last one that is believed, and its making.
const UNUSED: &str = "k.created_at <= :unused_since AND (coalesce(k.last_used_at, -1) <= :latest OR NOT EXISTS \
     (SELECT 1 FROM usage u WHERE u.key = k.seq AND u.outcome = 'allowed' AND u.last_at > :unused_since AND u.last_at <= :latest))";

/// Conditions that must all hold, with the values of their parameters.
pub(super) struct Conditions {
    all: Vec<String>,
    pub(super) values: Vec<(&'static str, Value)>,
    /// Indexes that may leave few keys, each with the condition that it serves.
    pub(super) indexes: Vec<(&'static str, &'static str)>,
}

impl Conditions {
    pub(super) fn of(filter: &Filter, now: Timestamp) -> Self {
        let mut conditions = Conditions {
            all: vec!["true".into()],
            values: Vec::new(),
            indexes: Vec::new(),
        };
        conditions.add_status(filter, now);
        if let Some(environment) = filter.environment {
            // The literal lets SQLite use the index of the few test keys.
            conditions.add(match environment {
                Environment::Live => "k.environment = 'live'",
                Environment::Test => "k.environment = 'test'",
            });
        }
        for scope in filter.scopes.iter() {
            conditions.add(&format!(
                "(k.scopes = '{admin}' OR instr(' ' || k.scopes || ' ', ' {scope} ') OR instr(' ' || k.scopes || ' ', ' {admin} '))",
                admin = Scope::Admin
            ));
        }
        if let Some(preset) = filter.preset {
            conditions.add("k.scopes = :scopes");
            conditions.bind(":scopes", preset.scopes.to_string());
        }
        if let Some(text) = &filter.text {
            conditions.add("instr(k.name_folded, :text) > 0");
            conditions.bind(":text", text.clone());
        }
        if let Some(glob) = &filter.name {
            conditions.add("k.name_folded GLOB :glob");
            conditions.bind(":glob", glob.clone());
            // A literal beginning bounds the names; GLOB with a parameter would look at all of
            // them.
            let beginning: String = glob.chars().take_while(|c| !"*?[".contains(*c)).collect();
            conditions.add("k.name_folded >= :beginning");
            conditions.bind(":beginning", beginning.clone());
            conditions.add("k.name_folded < :beyond");
            conditions.bind(":beyond", format!("{beginning}\u{10ffff}"));
        }
        if let Some(owner) = &filter.owner {
            conditions.add("k.owner = :owner");
            conditions.bind(":owner", Text::as_str(owner).to_owned());
        }
        if let Some(instant) = filter.expires_by {
            conditions.needs_now(now);
            conditions.add("coalesce(k.expires_at, 253402300800) > :now AND coalesce(k.expires_at, 253402300800) <= :expires_by");
            conditions.bind(":expires_by", instant.unix());
        }
        if let Some(instant) = filter.created_by {
            conditions.add("k.created_at <= :created_by");
            conditions
                .indexes
                .push(("keys_by_creation", "k.created_at <= :created_by"));
            conditions.bind(":created_by", instant.unix());
        }
        if let Some(instant) = filter.unused_since {
            conditions.indexes.push(("keys_by_use", MAYBE_UNUSED));
            conditions.add(MAYBE_UNUSED);
            conditions.add(UNUSED);
            conditions.bind(":unused_since", instant.unix());
            conditions.bind(":latest", CredibleTimes::at(now).latest().unix());
        }
        if filter.no_expiry {
            conditions.add("coalesce(k.expires_at, 253402300800) = 253402300800");
        }
        if filter.no_allowlist {
            conditions.add("k.allowed_ips = ''");
        }
        if filter.revocation_scheduled {
            conditions.needs_now(now);
            conditions.add("k.revoked_at > :now");
            conditions
                .indexes
                .push(("keys_by_revocation", "k.revoked_at > :now"));
        }
        if filter.being_replaced {
            conditions.needs_now(now);
            conditions.add("(k.revoked_at IS NULL OR k.revoked_at > :now)");
            conditions.add(REPLACED);
            conditions.indexes.push((KEYS_BY_ID, REPLACED));
        }
        conditions
    }

    fn add_status(&mut self, filter: &Filter, now: Timestamp) {
        if !filter.statuses.is_empty() {
            let states: Vec<String> = filter
                .statuses
                .iter()
                .map(|status| format!("({})", in_state(*status)))
                .collect();
            self.needs_now(now);
            if let [status] = filter.statuses[..] {
                self.indexes.extend(index_of(status));
            }
            self.add(&format!("({})", states.join(" OR ")));
        } else if !filter.all {
            self.needs_now(now);
            self.add(NOT_OVER);
        }
    }

    fn needs_now(&mut self, now: Timestamp) {
        self.bind(":now", now.unix());
    }

    pub(super) fn add(&mut self, condition: &str) {
        self.all.push(condition.into());
    }

    pub(super) fn bind(&mut self, name: &'static str, value: impl Into<Value>) {
        if !self.values.iter().any(|(bound, _)| *bound == name) {
            self.values.push((name, value.into()));
        }
    }

    pub(super) fn sql(&self) -> String {
        self.all.join(" AND ")
    }

    pub(super) fn bound(&self) -> Vec<(&str, &dyn rusqlite::ToSql)> {
        self.values
            .iter()
            .map(|(name, value)| (*name, value as &dyn rusqlite::ToSql))
            .collect()
    }
}

/// The index of the keys in a state, among others, if there is one, with what all of them have in
/// common.
fn index_of(status: Status) -> Option<(&'static str, &'static str)> {
    match status {
        Status::Revoked => Some(("keys_by_revocation", "k.revoked_at <= :now")),
        Status::Expired => Some((
            "keys_by_expiry",
            "coalesce(k.expires_at, 253402300800) <= :now",
        )),
        Status::Disabled => Some(("keys_disabled", "k.disabled_at IS NOT NULL")),
        Status::Active => None,
    }
}

/// [`Key::status`] in SQL.
fn in_state(status: Status) -> String {
    match status {
        Status::Revoked => "k.revoked_at <= :now".into(),
        Status::Expired => "coalesce(k.expires_at, 253402300800) <= :now AND (k.revoked_at IS NULL OR k.revoked_at > :now)".into(),
        Status::Disabled => format!("k.disabled_at IS NOT NULL AND {NOT_OVER}"),
        Status::Active => format!("k.disabled_at IS NULL AND {NOT_OVER}"),
    }
}
