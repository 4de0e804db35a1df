//! `rotate`: the new key, and the one that it replaces.

use serde::Serialize;

use crate::domain::{Key, Timestamp};
use crate::view::View;
use crate::view::key::KeyBody;
use crate::view::text::theme::Theme;

/// What came of `rotate`.
pub struct RotatedKey<'a> {
    /// The new key.
    pub key: &'a Key,
    /// The secret, unless there is none or it went to a file.
    pub api_key: Option<&'a str>,
    /// The old key.
    pub replaces: &'a Key,
    /// As of when the state of the keys is shown.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct RotatedBody<'a> {
    key: KeyBody<'a>,
    api_key: Option<&'a str>,
    replaces: KeyBody<'a>,
}

impl View for RotatedKey<'_> {
    fn json(&self) -> impl Serialize {
        RotatedBody {
            key: KeyBody::new(self.key, self.now),
            api_key: self.api_key,
            replaces: KeyBody::new(self.replaces, self.now),
        }
    }

    /// Nothing: a secret is delivered alone on its line, and all else are remarks.
    fn human(&self, _: &Theme) -> Vec<String> {
        Vec::new()
    }
}
