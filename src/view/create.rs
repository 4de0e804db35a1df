//! `create`: the new key, or the one that has its name already.

use serde::Serialize;

use crate::domain::{Key, Timestamp};
use crate::view::View;
use crate::view::key::KeyBody;
use crate::view::text::theme::Theme;

/// What came of `create`.
pub struct CreatedKey<'a> {
    /// Whether a key was made.
    pub created: bool,
    /// The key that was made, or that has the name already.
    pub key: &'a Key,
    /// The secret, unless there is none or it went to a file.
    pub api_key: Option<&'a str>,
    /// As of when the state of the key is shown.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct CreatedBody<'a> {
    created: bool,
    key: KeyBody<'a>,
    api_key: Option<&'a str>,
}

impl View for CreatedKey<'_> {
    fn json(&self) -> impl Serialize {
        CreatedBody {
            created: self.created,
            key: KeyBody::new(self.key, self.now),
            api_key: self.api_key,
        }
    }

    /// Nothing: a secret is delivered alone on its line, and all else are remarks.
    fn human(&self, _: &Theme) -> Vec<String> {
        Vec::new()
    }
}
