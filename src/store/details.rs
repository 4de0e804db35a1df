//! The details of an event as they are stored: a JSON object from field to
//! `{"before":…,"after":…}`, each `null`, a string or an array of strings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use crate::domain::event::{FieldChange, Value};
use crate::error::Error;
use crate::store::failure::damaged;

/// The details that record these changes.
pub fn written(changes: &[FieldChange]) -> String {
    let json = |value: &Value| match value {
        Value::Absent => serde_json::Value::Null,
        Value::Text(text) => text.as_str().into(),
        Value::List(list) => list.as_slice().into(),
    };
    let fields = changes.iter().map(|change| {
        (
            change.field.clone().into_owned(),
            serde_json::json!({ "before": json(&change.before), "after": json(&change.after) }),
        )
    });
    serde_json::Value::Object(fields.collect()).to_string()
}

/// The changes that details record, in the order of the fields.
///
/// # Errors
/// If [`written`] cannot have written them.
pub fn read(details: &str) -> Result<Vec<FieldChange>, Error> {
    let changes: BTreeMap<String, StoredChange> = serde_json::from_str(details)
        .map_err(|_| damaged("the details of an entry of the log cannot be read"))?;
    Ok(changes
        .into_iter()
        .map(|(field, change)| FieldChange {
            field: Cow::Owned(field),
            before: change.before.0,
            after: change.after.0,
        })
        .collect())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChange {
    before: StoredValue,
    after: StoredValue,
}

struct StoredValue(Value);

impl<'de> Deserialize<'de> for StoredValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChangeVisitor).map(StoredValue)
    }
}

struct ChangeVisitor;

impl<'de> Visitor<'de> for ChangeVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("null, a string or an array of strings")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Absent)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(text) = texts.next_element()? {
            list.push(text);
        }
        Ok(Value::List(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_nothing_else() {
        let change = |field: &'static str, before, after| FieldChange {
            field: field.into(),
            before,
            after,
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let changes = [
            change("name", text("a \"b\" é"), text("")),
            change("owner", Value::Absent, text("ops")),
            change(
                "scopes",
                Value::List(vec!["read".into(), "x".into()]),
                Value::Absent,
            ),
        ];
        assert_eq!(read(&written(&changes)).unwrap(), changes);
        assert_eq!(read("{}").unwrap(), []);
        for wrong in [
            "",
            "x",
            "null",
            "[]",
            "{} {}",
            r#"{"name":null}"#,
            r#"{"name":{"before":null}}"#,
            r#"{"name":{"before":null,"after":1}}"#,
            r#"{"name":{"before":null,"after":[1]}}"#,
            r#"{"name":{"before":null,"after":"x","now":"y"}}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
