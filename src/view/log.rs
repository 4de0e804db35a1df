//! `log`: the events of the audit log, one after another, and what came of verifying it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::event::{Action, Event, FieldChange, Value};
use crate::error::Error;
use crate::view::json::JsonArray;
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::time::exact_and_relative;
use crate::view::text::wrap::wrap_hanging;
use crate::view::{Format, Output, View};

/// An event with all its fields.
#[derive(Serialize)]
pub struct EventBody<'a> {
    seq: i64,
    at: String,
    actor: &'a str,
    action: &'static str,
    key_id: &'a str,
    key_name: &'a str,
    details: BTreeMap<&'a str, ChangeBody<'a>>,
    hash: String,
}

/// A change of a field.
#[derive(Serialize)]
struct ChangeBody<'a> {
    after: &'a Value,
    before: &'a Value,
}

impl<'a> EventBody<'a> {
    /// The event.
    pub fn new(event: &'a Event) -> Self {
        EventBody {
            seq: event.seq,
            at: event.at.to_string(),
            actor: event.actor.as_str(),
            action: event.action.as_str(),
            key_id: event.key_id.as_str(),
            key_name: event.key_name.as_str(),
            details: event
                .changes
                .iter()
                .map(|change| {
                    let FieldChange { before, after, .. } = change;
                    (&*change.field, ChangeBody { after, before })
                })
                .collect(),
            hash: event.hash.to_string(),
        }
    }
}

/// The columns of an event in CSV: those of JSON.
pub const EVENT_COLUMNS: [&str; 8] = [
    "seq", "at", "actor", "action", "key_id", "key_name", "details", "hash",
];

impl EventBody<'_> {
    /// The cells of a row of CSV, in the order of [`EVENT_COLUMNS`]. The details stay JSON.
    pub fn cells(&self) -> [String; 8] {
        [
            self.seq.to_string(),
            self.at.clone(),
            self.actor.into(),
            self.action.into(),
            self.key_id.into(),
            self.key_name.into(),
            serde_json::to_string(&self.details).expect("texts by texts are JSON"),
            self.hash.clone(),
        ]
    }
}

/// A list of events.
pub struct EventList {
    array: JsonArray,
    count: u64,
    now: Timestamp,
}

impl EventList {
    /// An empty list.
    pub fn new(now: Timestamp) -> Self {
        EventList {
            array: JsonArray::new("events"),
            count: 0,
            now,
        }
    }

    /// Adds an event.
    pub fn add(&mut self, output: &mut Output<'_>, event: &Event) -> Result<(), Error> {
        self.count += 1;
        match output.options.format {
            Format::Json | Format::Sarif => self.array.add(&EventBody::new(event)),
            Format::Jsonl => output.json(&EventBody::new(event)),
            Format::Csv => {
                if self.count == 1 {
                    output.csv(EVENT_COLUMNS)?;
                }
                output.csv(EventBody::new(event).cells().each_ref().map(String::as_str))
            }
            Format::Human => {
                let lines = event_lines(event, self.now, &output.options.out);
                lines.iter().try_for_each(|line| output.line(line))
            }
        }
    }

    /// Ends the list; returns how many events it had.
    pub fn end(self, output: &mut Output<'_>) -> Result<u64, Error> {
        match output.options.format {
            Format::Json | Format::Sarif => self.array.end(output)?,
            Format::Csv if self.count == 0 => output.csv(EVENT_COLUMNS)?,
            _ => {}
        }
        Ok(self.count)
    }
}

/// An event: what, to which key, by whom, when; then each change.
pub(crate) fn event_lines(event: &Event, now: Timestamp, theme: &Theme) -> Vec<String> {
    let head = format!(
        "{:>4}  {}  {}  {} ({})  by {}",
        event.seq,
        theme.label(&exact_and_relative(event.at, now)),
        theme.strong(event.action.as_str()),
        visible(event.key_name.as_str()),
        event.key_id,
        visible(event.actor.as_str())
    );
    let is_new = matches!(event.action, Action::Create | Action::Rotate);
    let changes =
        changes(&event.changes, is_new).map(|change| format!("        {}", visible(&change)));
    std::iter::once(head)
        .chain(changes)
        .flat_map(|line| wrap_hanging(&line, 8, theme.width))
        .collect()
}

/// The changes of an event: `field: before -> after`, or `field: after` where there was nothing.
/// The hash of a row is for `doctor` to compare, and says nothing to people; a new key's name
/// stands in the event already.
fn changes(changes: &[FieldChange], is_new: bool) -> impl Iterator<Item = String> {
    let text = |value: &Value| match value {
        Value::Absent => "-".to_owned(),
        Value::Text(text) => text.clone(),
        Value::List(texts) => texts.join(" "),
    };
    changes
        .iter()
        .filter(move |change| change.field != "row_hash" && !(is_new && change.field == "name"))
        .map(move |change| match &change.before {
            Value::Absent => format!("{}: {}", change.field, text(&change.after)),
            before => format!(
                "{}: {} -> {}",
                change.field,
                text(before),
                text(&change.after)
            ),
        })
}

/// What came of recomputing the chain of the log.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// Whether the chain is whole.
    pub ok: bool,
    /// How many events there are.
    pub events: u64,
    /// The newest, as `SEQ:HASH`.
    pub head: String,
    /// The first that is not right.
    pub first_bad: Option<BadEvent>,
}

/// What is wrong with an event.
#[derive(Debug, Serialize)]
pub struct BadEvent {
    /// Its number.
    pub seq: i64,
    /// What is wrong.
    pub problem: &'static str,
}

impl View for AuditReport {
    fn json(&self) -> impl Serialize {
        self
    }

    fn human(&self, theme: &Theme) -> Vec<String> {
        match &self.first_bad {
            None => vec![
                format!(
                    "{} {} events, the chain is whole",
                    theme.good(theme.pick("✓", "ok")),
                    self.events
                ),
                format!("head {}", self.head),
            ],
            Some(bad) => vec![format!(
                "{} entry {}: {}",
                theme.bad(theme.pick("✗", "BAD")),
                bad.seq,
                bad.problem
            )],
        }
    }
}
