//! The lines of `serve`.

use serde::{Serialize, Serializer};

use crate::domain::words::words;

words! {
    kind "event";
    /// What happened.
    pub enum ServeEvent {
        /// It listens at an address.
        Listening = "listening",
        /// It answers from the store.
        Ready = "ready",
        /// Something went wrong.
        Trouble = "trouble",
        /// No more connections.
        Stopping = "stopping",
        /// The end.
        Ended = "ended",
    }
}

impl Serialize for ServeEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Something that happened while it serves.
#[derive(Debug, Serialize)]
pub struct ServeLine<'a> {
    /// When it was told.
    pub at: String,
    /// What happened.
    pub event: ServeEvent,
    /// What kind of trouble.
    pub trouble: Option<&'static str>,
    /// Where it listens.
    pub address: Option<&'a str>,
    /// How often there was trouble; how many uses were stored.
    pub count: Option<u64>,
    /// The same in words.
    pub message: &'a str,
}
