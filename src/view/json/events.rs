//! An entry of the audit log, and what came of verifying it.

use serde::Serialize;

use crate::domain::event::Event;
use crate::view::json::text;
use crate::view::key::KeyBody;

/// An entry of the audit log.
#[derive(Serialize)]
pub struct EventBody<'a> {
    seq: i64,
    at: String,
    actor: &'a str,
    action: &'static str,
    key_id: &'a str,
    key_name: &'a str,
    details: serde_json::Value,
    hash: String,
}

impl<'a> EventBody<'a> {
    /// The entry; its details are the JSON that was stored.
    pub fn of(event: &'a Event) -> Self {
        EventBody {
            seq: event.seq,
            at: text(event.at),
            actor: event.actor.as_str(),
            action: event.action.as_str(),
            key_id: event.key_id.as_str(),
            key_name: event.key_name.as_str(),
            details: serde_json::from_str(&event.details).unwrap_or_default(),
            hash: text(event.hash),
        }
    }
}

/// `log --verify`.
#[derive(Serialize)]
pub struct Verified {
    /// Whether the chain is whole.
    pub ok: bool,
    /// How many events there are.
    pub events: u64,
    /// The newest, as `SEQ:HASH`.
    pub head: String,
    /// The first that is not right.
    pub first_bad: Option<BadEvent>,
}

/// What is wrong with an entry.
#[derive(Serialize)]
pub struct BadEvent {
    /// Which.
    pub seq: i64,
    /// What.
    pub problem: &'static str,
}

/// The columns of an event in CSV: those of JSON.
pub const EVENT_COLUMNS: [&str; 8] = [
    "seq", "at", "actor", "action", "key_id", "key_name", "details", "hash",
];

impl EventBody<'_> {
    /// The cells of a row of CSV, in the order of [`EVENT_COLUMNS`]. The details stay JSON.
    pub fn cells(&self) -> [String; 8] {
        [
            text(self.seq),
            self.at.clone(),
            self.actor.into(),
            self.action.into(),
            self.key_id.into(),
            self.key_name.into(),
            text(&self.details),
            self.hash.clone(),
        ]
    }
}

/// `show`.
#[derive(Serialize)]
pub struct KeyReportBody<'a> {
    /// The key.
    pub key: KeyBody<'a>,
    /// Its rotation chain, oldest first, itself included.
    pub chain: Vec<KeyBody<'a>>,
    /// What it may call.
    pub endpoints: Vec<&'static str>,
    /// What was done to it lately, newest first.
    pub events: Vec<EventBody<'a>>,
}
