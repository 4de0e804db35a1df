//! `allowlist list`: the entries of an allowlist, one a line.

use serde::Serialize;

use crate::domain::{Key, Timestamp};
use crate::view::View;
use crate::view::key::KeyDocument;
use crate::view::text::theme::Theme;

/// The allowlist of a key.
#[derive(Debug)]
pub struct KeyAllowlist<'a> {
    /// The key.
    pub key: &'a Key,
    /// As of when its state is shown.
    pub now: Timestamp,
}

impl View for KeyAllowlist<'_> {
    fn json(&self) -> impl Serialize {
        KeyDocument::new(self.key, self.now)
    }

    fn human(&self, _: &Theme) -> Vec<String> {
        let entries = self.key.allowlist.entries();
        entries.iter().map(ToString::to_string).collect()
    }
}
