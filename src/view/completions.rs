//! `completions`: a script that teaches a shell this program.

use serde::Serialize;

use crate::view::View;
use crate::view::text::theme::Theme;

/// The script of a shell.
#[derive(Debug, Serialize)]
pub struct CompletionScript<'a> {
    /// The word for the shell.
    pub shell: &'a str,
    /// What the shell is to read.
    pub script: &'a str,
}

impl View for CompletionScript<'_> {
    fn json(&self) -> impl Serialize {
        self
    }

    fn human(&self, _: &Theme) -> Vec<String> {
        self.script.lines().map(str::to_owned).collect()
    }
}
