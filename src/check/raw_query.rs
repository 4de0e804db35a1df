//! The shape of a line of `check --batch`: an object with known fields, each once. What the fields
//! mean is not known here.
//!
//! Nothing is copied that need not be: a text without escapes stays where it was read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use zeroize::Zeroize;

use crate::check::query::LONGEST_WORD;
use crate::domain::Invalid;
use crate::domain::nearest::nearest;

const FIELDS: [&str; 7] = ["key", "scope", "request", "ip", "env", "at", "ref"];

/// The fields of a line as they stand there.
#[derive(Default)]
pub struct RawQuery<'l> {
    pub key: FieldValue<'l>,
    pub scope: FieldValue<'l>,
    pub request: FieldValue<'l>,
    pub ip: FieldValue<'l>,
    pub env: FieldValue<'l>,
    pub at: FieldValue<'l>,
    pub reference: Option<&'l RawValue>,
    pub fault: Option<Invalid>,
}

impl RawQuery<'_> {
    /// Escapes in a key made a copy of it necessary.
    pub fn wipe(&mut self) {
        if let FieldValue::Text(Cow::Owned(key)) = &mut self.key {
            key.zeroize();
        }
    }
}

/// A value of JSON, as far as fields can have it.
#[derive(Default)]
pub enum FieldValue<'l> {
    #[default]
    Null,
    Text(Cow<'l, str>),
    Texts(Vec<Cow<'l, str>>),
    Other,
}

impl FieldValue<'_> {
    pub fn text(&self, field: &str) -> Result<Option<&str>, Invalid> {
        match self {
            FieldValue::Null => Ok(None),
            FieldValue::Text(text) => Ok(Some(text)),
            FieldValue::Texts(_) | FieldValue::Other => {
                Err(Invalid::new(format!("{field}: not a string")))
            }
        }
    }

    pub fn words(&self, field: &str) -> Result<Option<impl Iterator<Item = &str>>, Invalid> {
        match self {
            FieldValue::Null => Ok(None),
            FieldValue::Text(text) => {
                Ok(Some(std::slice::from_ref(text).iter().map(AsRef::as_ref)))
            }
            FieldValue::Texts(texts) => Ok(Some(texts.as_slice().iter().map(AsRef::as_ref))),
            FieldValue::Other => Err(Invalid::new(format!(
                "{field}: neither a string nor an array of strings"
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for RawQuery<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = RawQuery<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// A fault in one field does not keep the others from being read: the answer to a faulty line
    /// has its `ref`.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawQuery<'de>, A::Error> {
        let mut fields = RawQuery::default();
        let mut seen = 0_u8;
        while let Some(name) = map.next_key_seed(FieldName)? {
            let place = match name {
                Ok(place) => place,
                Err(fault) => {
                    fields.fault.get_or_insert(fault);
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if seen & (1 << place) != 0 {
                fields.fault.get_or_insert_with(|| {
                    Invalid::new(format!("field '{}' stands there twice", FIELDS[place]))
                });
            }
            seen |= 1 << place;
            let value = match place {
                0 => &mut fields.key,
                1 => &mut fields.scope,
                2 => &mut fields.request,
                3 => &mut fields.ip,
                4 => &mut fields.env,
                5 => &mut fields.at,
                _ => {
                    fields.reference = Some(map.next_value()?);
                    continue;
                }
            };
            *value = map.next_value()?;
        }
        Ok(fields)
    }
}

/// The name of a field: its place in [`FIELDS`], or why it is none.
struct FieldName;

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Result<usize, Invalid>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Result<usize, Invalid>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let unknown = || match (name.len() <= LONGEST_WORD).then(|| nearest(name, FIELDS)) {
            None => Invalid::new("unknown field"),
            Some(Some(near)) => {
                Invalid::new(format!("unknown field '{name}'; did you mean '{near}'?"))
            }
            Some(None) => Invalid::new(format!("unknown field '{name}'"))
                .hint(format!("there are {}", FIELDS.join(", "))),
        };
        Ok(FIELDS
            .iter()
            .position(|field| *field == name)
            .ok_or_else(unknown))
    }
}

impl<'de> Deserialize<'de> for FieldValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = FieldValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<FieldValue<'de>, E> {
        Ok(FieldValue::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<FieldValue<'de>, A::Error> {
        let mut texts = Some(Vec::new());
        while let Some(item) = items.next_element()? {
            match (item, &mut texts) {
                (FieldValue::Text(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(FieldValue::Other, FieldValue::Texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<FieldValue<'de>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(FieldValue::Other)
    }
}
