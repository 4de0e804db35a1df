//! Findings that somebody accepted: events of the audit log, and nothing but these.

use std::collections::BTreeSet;

use crate::domain::event::{Action, FieldChange, Value};
use crate::domain::review::Acceptance;
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::store::details;
use crate::store::failure::damaged;
use crate::store::{ReadTx, WriteTx};

/// The fields of an event; none is a field of a key.
const RULE: &str = "rule";
const UNTIL: &str = "until";
const FACTS: &str = "facts";
const REASON: &str = "reason";

impl ReadTx<'_> {
    /// What was accepted of a key, the newest acceptance of each rule.
    ///
    /// # Errors
    /// If the store cannot be read or an acceptance is damaged.
    pub fn acceptances(&self, id: KeyId) -> Result<Vec<Acceptance>, Error> {
        let sql =
            "SELECT details FROM events WHERE action = 'accept' AND key_id = ?1 ORDER BY seq DESC";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([id.as_str()])?;
        let mut newest: Vec<Acceptance> = Vec::new();
        while let Some(row) = rows.next()? {
            let details: String = row.get(0)?;
            let acceptance = acceptance(&details)
                .ok_or_else(|| damaged(format!("an acceptance of key {id} cannot be read")))?;
            if newest.iter().all(|newer| newer.rule != acceptance.rule) {
                newest.push(acceptance);
            }
        }
        Ok(newest)
    }
}

impl WriteTx<'_> {
    /// Accepts a finding of a key: an event, and no change of the key.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn accept(&mut self, key: &Key, acceptance: &Acceptance) -> Result<(), Error> {
        let set = |field: &'static str, text: &str| FieldChange {
            field: field.into(),
            before: Value::Absent,
            after: Value::Text(text.into()),
        };
        let mut changes = vec![
            set(RULE, &acceptance.rule),
            set(UNTIL, &acceptance.until.to_string()),
            set(REASON, acceptance.reason.as_str()),
        ];
        if !acceptance.facts.is_empty() {
            changes.push(FieldChange {
                field: FACTS.into(),
                before: Value::Absent,
                after: Value::List(acceptance.facts.iter().cloned().collect()),
            });
        }
        self.append(key, Action::Accept, &changes)
    }
}

fn acceptance(details: &str) -> Option<Acceptance> {
    let changes = details::read(details).ok()?;
    let after = |field: &str| {
        let mut changes = changes.iter();
        let change = changes.find(|change| change.field == field);
        change.map_or(&Value::Absent, |change| &change.after)
    };
    let text = |field: &str| match after(field) {
        Value::Text(text) => Some(text),
        Value::Absent | Value::List(_) => None,
    };
    let facts = match after(FACTS) {
        Value::Absent => BTreeSet::new(),
        Value::List(facts) => facts.iter().cloned().collect(),
        Value::Text(_) => return None,
    };
    Some(Acceptance {
        rule: text(RULE)?.to_owned(),
        until: Timestamp::parse(text(UNTIL)?).ok()?,
        facts,
        reason: text(REASON)?.parse().ok()?,
    })
}
