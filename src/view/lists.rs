//! Lists of keys and of events. Lines are written as they come; a JSON document is held back until
//! it is whole, so that a failure leaves standard output empty, and a table until its widths are
//! known; a long one is cut into several.

use serde::Serialize;

use crate::domain::event::Event;
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::view::json;
use crate::view::json::EventBody;
use crate::view::pages::{Form, Pages};
use crate::view::text::table;
use crate::view::{Format, Output, human};

/// A document with one array.
struct Array {
    document: Vec<u8>,
    is_empty: bool,
}

impl Array {
    fn new(field: &str) -> Self {
        let document = format!(
            "{{\"schema_version\":{},\"{field}\":[",
            json::SCHEMA_VERSION
        )
        .into_bytes();
        Array {
            document,
            is_empty: true,
        }
    }

    fn add(&mut self, item: &impl Serialize) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_empty) {
            self.document.push(b',');
        }
        json::write(&mut self.document, item).map_err(|e| Error::io("write JSON", e))
    }

    /// Adds items that stand in JSON already.
    fn add_items(&mut self, items: Vec<u8>) -> Result<(), Error> {
        self.document.extend(items);
        Ok(())
    }

    fn end(mut self, output: &mut Output<'_>) -> Result<(), Error> {
        self.document.extend(b"]}\n");
        output.bytes(&self.document)
    }
}

/// How many rows a table has at most. More than anybody reads; the memory that a list takes ends
/// here.
const LONGEST_TABLE: usize = 5000;

/// A list of keys.
pub struct KeyList {
    /// The rows of the table that is to come; of anything else only how many there were is
    /// remembered.
    rows: Vec<Key>,
    array: Array,
    pages: Pages,
    count: u64,
    form: Form,
}

impl KeyList {
    /// An empty list. With `ids_only` it has nothing but ids.
    pub fn new(ids_only: bool, output: &Output<'_>, now: Timestamp) -> Self {
        let form = Form {
            ids_only,
            format: output.options.format,
            now,
        };
        KeyList {
            rows: Vec::new(),
            array: Array::new("keys"),
            pages: Pages::new(form),
            count: 0,
            form,
        }
    }

    /// Adds a page of keys.
    pub fn add(&mut self, output: &mut Output<'_>, page: Vec<Key>) -> Result<(), Error> {
        let is_first = self.count == 0;
        self.count += page.len() as u64;
        match self.form.format {
            _ if page.is_empty() => Ok(()),
            Format::Human if !self.form.ids_only => {
                self.rows.extend(page);
                if self.rows.len() < LONGEST_TABLE {
                    Ok(())
                } else {
                    self.table(output)
                }
            }
            Format::Json => self.pages.add(page, |text| self.array.add_items(text)),
            format => {
                if is_first && format == Format::Csv {
                    output.csv(json::KEY_COLUMNS)?;
                }
                self.pages.add(page, |text| output.block(&text))
            }
        }
    }

    /// Ends the list; returns how many keys it had.
    pub fn end(mut self, output: &mut Output<'_>) -> Result<u64, Error> {
        match self.form.format {
            Format::Json => {
                self.pages.end(|text| self.array.add_items(text))?;
                self.array.end(output)?;
            }
            Format::Csv if self.count == 0 => output.csv(json::KEY_COLUMNS)?,
            Format::Human if !self.rows.is_empty() => self.table(output)?,
            _ => self.pages.end(|text| output.block(&text))?,
        }
        Ok(self.count)
    }

    /// Writes the rows there are as a table; the next one begins with a title line again.
    fn table(&mut self, output: &mut Output<'_>) -> Result<(), Error> {
        let options = output.options;
        let lines = table::keys(&self.rows, self.form.now, options.out, options.width);
        self.rows.clear();
        lines.iter().try_for_each(|line| output.line(line))
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
        EventList {
            array: Array::new("events"),
            count: 0,
            now,
        }
    }

    /// Adds an event.
    pub fn add(&mut self, output: &mut Output<'_>, event: &Event) -> Result<(), Error> {
        self.count += 1;
        match output.options.format {
            Format::Json | Format::Sarif => self.array.add(&EventBody::of(event)),
            Format::Jsonl => output.json(&EventBody::of(event)),
            Format::Csv => {
                if self.count == 1 {
                    output.csv(json::EVENT_COLUMNS)?;
                }
                output.csv(EventBody::of(event).cells().each_ref().map(String::as_str))
            }
            Format::Human => {
                let lines = human::event(event, self.now, output.options.out, output.options.width);
                lines.iter().try_for_each(|line| output.line(line))
            }
        }
    }

    /// Ends the list; returns how many events it had.
    pub fn end(self, output: &mut Output<'_>) -> Result<u64, Error> {
        match output.options.format {
            Format::Json | Format::Sarif => self.array.end(output)?,
            Format::Csv if self.count == 0 => output.csv(json::EVENT_COLUMNS)?,
            _ => {}
        }
        Ok(self.count)
    }
}
