//! Lists of keys and of events. Lines are written as they come; a JSON document is held back until it is whole, so that a failure leaves
//! standard output empty, and a table until its widths are known.

use serde::Serialize;

use super::json::{self, EventBody, KeyBody};
use super::{Format, Output, human, table};
use crate::domain::event::Event;
use crate::domain::{Key, Timestamp};
use crate::error::Error;

/// A document with one array.
struct Array {
    document: Vec<u8>,
    is_empty: bool,
}

impl Array {
    fn new(field: &str) -> Self {
        let document = format!("{{\"schema_version\":{},\"{field}\":[", json::SCHEMA_VERSION).into_bytes();
        Array { document, is_empty: true }
    }

    fn add(&mut self, item: &impl Serialize) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_empty) {
            self.document.push(b',');
        }
        json::write(&mut self.document, item).map_err(|e| Error::io("write JSON", e))
    }

    fn end(mut self, output: &mut Output<'_>) -> Result<(), Error> {
        self.document.extend(b"]}\n");
        output.bytes(&self.document)
    }
}

/// A list of keys.
pub struct KeyList {
    rows: Vec<Key>,
    array: Array,
    count: u64,
    now: Timestamp,
    ids_only: bool,
}

impl KeyList {
    /// An empty list. With `ids_only` it has nothing but ids.
    pub fn new(ids_only: bool, now: Timestamp) -> Self {
        KeyList { rows: Vec::new(), array: Array::new("keys"), count: 0, now, ids_only }
    }

    /// Adds a key.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, output: &mut Output<'_>, key: Key) -> Result<(), Error> {
        self.count += 1;
        match output.manner.format {
            _ if self.ids_only => output.line(key.id.as_str()),
            Format::Json => self.array.add(&KeyBody::of(&key, self.now)),
            Format::Jsonl => output.json(&KeyBody::of(&key, self.now)),
            Format::Csv => {
                if self.count == 1 {
                    output.csv(json::KEY_COLUMNS)?;
                }
                output.csv(KeyBody::of(&key, self.now).cells().each_ref().map(String::as_str))
            }
            Format::Human => {
                self.rows.push(key);
                Ok(())
            }
        }
    }

    /// Ends the list; returns how many keys it had.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(self, output: &mut Output<'_>) -> Result<u64, Error> {
        let manner = output.manner;
        match manner.format {
            Format::Json => self.array.end(output)?,
            Format::Csv if self.count == 0 => output.csv(json::KEY_COLUMNS)?,
            Format::Human if !self.rows.is_empty() => {
                table::keys(&self.rows, self.now, manner.out, manner.width).iter().try_for_each(|line| output.line(line))?;
            }
            _ => {}
        }
        Ok(self.count)
    }
}

/// A list of events.
pub struct EventList {
    array: Array,
    count: u64,
    now: Timestamp,
}

impl EventList {
    /// An empty list.
    pub fn new(now: Timestamp) -> Self {
        EventList { array: Array::new("events"), count: 0, now }
    }

    /// Adds an event.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, output: &mut Output<'_>, event: &Event) -> Result<(), Error> {
        self.count += 1;
        match output.manner.format {
            Format::Json => self.array.add(&EventBody::of(event)),
            Format::Jsonl => output.json(&EventBody::of(event)),
            Format::Csv => {
                if self.count == 1 {
                    output.csv(json::EVENT_COLUMNS)?;
                }
                output.csv(EventBody::of(event).cells().each_ref().map(String::as_str))
            }
            Format::Human => {
                let lines = human::event(event, self.now, output.manner.out, output.manner.width);
                lines.iter().try_for_each(|line| output.line(line))
            }
        }
    }

    /// Ends the list; returns how many events it had.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(self, output: &mut Output<'_>) -> Result<u64, Error> {
        match output.manner.format {
            Format::Json => self.array.end(output)?,
            Format::Csv if self.count == 0 => output.csv(json::EVENT_COLUMNS)?,
            _ => {}
        }
        Ok(self.count)
    }
}
