//! The details of an event as they are stored: a JSON object from field to
//! `{"before":…,"after":…}`, each `null`, a string or an array of strings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::event::{FieldChange, Value};
use crate::error::Error;
use crate::store::failure::damaged;

/// A change of a field. The order of the two is that of all entries ever written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChange<V> {
    after: V,
    before: V,
}

/// The details that record these changes.
pub fn written(changes: &[FieldChange]) -> String {
    let changes: BTreeMap<&str, StoredChange<&Value>> = changes
        .iter()
        .map(|change| {
            let FieldChange { before, after, .. } = change;
            (&*change.field, StoredChange { after, before })
        })
        .collect();
    serde_json::to_string(&changes).expect("texts by texts are JSON")
}

/// The changes that details record, in the order of the fields.
///
/// # Errors
/// If [`written`] cannot have written them.
pub fn read(details: &str) -> Result<Vec<FieldChange>, Error> {
    let changes: BTreeMap<String, StoredChange<Value>> = serde_json::from_str(details)
        .map_err(|_| damaged("the details of an entry of the log cannot be read"))?;
    Ok(changes
        .into_iter()
        .map(|(field, StoredChange { after, before })| FieldChange {
            field: Cow::Owned(field),
            before,
            after,
        })
        .collect())
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
        assert_eq!(
            written(&changes[1..]),
            r#"{"owner":{"after":"ops","before":null},"scopes":{"after":null,"before":["read","x"]}}"#
        );
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
