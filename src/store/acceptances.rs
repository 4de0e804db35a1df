//! Findings that somebody accepted: events of the audit log, and nothing but these.

use std::collections::BTreeSet;

use crate::domain::event::{Action, FieldChange, Value};
use crate::domain::review::Acceptance;
use crate::domain::{Key, KeyId, Text, Timestamp};
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
    /// What was accepted of a key and not reopened since, the newest acceptance of each rule.
    ///
    /// # Errors
    /// If the store cannot be read or an acceptance is damaged.
    pub fn acceptances(&self, id: KeyId) -> Result<Vec<Acceptance>, Error> {
        // Most keys have no acceptance, which their index says at once.
        let sql = "SELECT action, details FROM events WHERE EXISTS (SELECT 1 FROM events WHERE key_id = ?1 AND action = 'accept') \
                   AND key_id = ?1 AND action IN ('accept', 'reopen') ORDER BY seq DESC";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([id.as_str()])?;
        let unreadable = || damaged(format!("an acceptance of key {id} cannot be read"));
        let (mut rules, mut newest) = (BTreeSet::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let (action, details): (String, String) = (row.get(0)?, row.get(1)?);
            let changes = details::read(&details).map_err(|_| unreadable())?;
            let is_acceptance = action == Action::Accept.as_str();
            let rule = match change(&changes, RULE) {
                Some((_, Value::Text(rule))) if is_acceptance => rule,
                Some((Value::Text(rule), _)) if !is_acceptance => rule,
                _ => return Err(unreadable()),
            };
            if rules.insert(rule.clone()) && is_acceptance {
                newest.push(acceptance(&changes).ok_or_else(unreadable)?);
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

    /// Takes an acceptance back: an event, and no change of the key.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn reopen(
        &mut self,
        key: &Key,
        acceptance: &Acceptance,
        reason: Option<&Text>,
    ) -> Result<(), Error> {
        let no_longer = |field: &'static str, text: &str| FieldChange {
            field: field.into(),
            before: Value::Text(text.into()),
            after: Value::Absent,
        };
        let mut changes = vec![
            no_longer(RULE, &acceptance.rule),
            no_longer(UNTIL, &acceptance.until.to_string()),
        ];
        changes.extend(reason.map(|reason| FieldChange {
            field: REASON.into(),
            before: Value::Text(acceptance.reason.to_string()),
            after: Value::Text(reason.to_string()),
        }));
        self.append(key, Action::Reopen, &changes)
    }
}

/// What a field was before, and is after.
fn change<'c>(changes: &'c [FieldChange], field: &str) -> Option<(&'c Value, &'c Value)> {
    let change = changes.iter().find(|change| change.field == field)?;
    Some((&change.before, &change.after))
}

fn acceptance(changes: &[FieldChange]) -> Option<Acceptance> {
    let after = |field| change(changes, field).map_or(&Value::Absent, |(_, after)| after);
    let text = |field| match after(field) {
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
