//! Lists of keys and of events, written as they come.

use serde::Serialize;

use super::json::{EventBody, KeyBody};
use super::{Format, Output, human, json, table};
use crate::domain::event::Event;
use crate::domain::{Key, Timestamp};
use crate::error::Error;

/// A list of keys, written as they come; only a table for people waits for all of them, to know its widths.
pub struct KeyList {
    rows: Vec<Key>,
    count: u64,
    now: Timestamp,
    ids_only: bool,
}

impl KeyList {
    /// Begins the list.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn begin(output: &mut Output<'_>, ids_only: bool, now: Timestamp) -> Result<Self, Error> {
        match output.manner.format {
            Format::Json => begin_array(output, "keys")?,
            Format::Csv if !ids_only => output.csv(json::KEY_COLUMNS)?,
            _ => {}
        }
        Ok(KeyList { rows: Vec::new(), count: 0, now, ids_only })
    }

    /// Adds a key.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, output: &mut Output<'_>, key: Key) -> Result<(), Error> {
        self.count += 1;
        match output.manner.format {
            Format::Json => add_to_array(output, self.count, &KeyBody::of(&key, self.now)),
            _ if self.ids_only => output.line(key.id.as_str()),
            Format::Jsonl => output.json(&KeyBody::of(&key, self.now)),
            Format::Csv => output.csv(KeyBody::of(&key, self.now).cells().each_ref().map(String::as_str)),
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
        match output.manner.format {
            Format::Json => output.line("]}")?,
            Format::Human if !self.rows.is_empty() => {
                let manner = output.manner;
                table::keys(&self.rows, self.now, manner.out, manner.width).iter().try_for_each(|line| output.line(line))?;
            }
            _ => {}
        }
        Ok(self.count)
    }
}

/// A list of events, written as they come.
pub struct EventList {
    count: u64,
    now: Timestamp,
}

impl EventList {
    /// Begins the list.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn begin(output: &mut Output<'_>, now: Timestamp) -> Result<Self, Error> {
        match output.manner.format {
            Format::Json => begin_array(output, "events")?,
            Format::Csv => output.csv(json::EVENT_COLUMNS)?,
            _ => {}
        }
        Ok(EventList { count: 0, now })
    }

    /// Adds an event.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, output: &mut Output<'_>, event: &Event) -> Result<(), Error> {
        self.count += 1;
        match output.manner.format {
            Format::Json => add_to_array(output, self.count, &EventBody::of(event)),
            Format::Jsonl => output.json(&EventBody::of(event)),
            Format::Csv => output.csv(EventBody::of(event).cells().each_ref().map(String::as_str)),
            Format::Human => {
                let lines = human::event(event, self.now, output.manner.out);
                lines.iter().try_for_each(|line| output.line(line))
            }
        }
    }

    /// Ends the list; returns how many events it had.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(self, output: &mut Output<'_>) -> Result<u64, Error> {
        if output.manner.format == Format::Json {
            output.line("]}")?;
        }
        Ok(self.count)
    }
}

fn begin_array(output: &mut Output<'_>, field: &str) -> Result<(), Error> {
    let written = write!(output.stdout, "{{\"schema_version\":{},\"{field}\":[", json::SCHEMA_VERSION);
    output.forgive(written)
}

fn add_to_array(output: &mut Output<'_>, place: u64, item: &impl Serialize) -> Result<(), Error> {
    if output.reader_is_gone {
        return Ok(());
    }
    let comma = if place > 1 { output.stdout.write_all(b",") } else { Ok(()) };
    let written = comma.and_then(|()| json::write(output.stdout, item));
    output.forgive(written)
}
