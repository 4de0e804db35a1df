//! How a command that did its work ended.

use crate::domain::verdict::ApiRefusal;

/// What the exit status says of a command that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done.
    Done,
    /// Part of the input could not be read; the rest is done.
    Incomplete,
    /// Something was found that the command was to look for.
    Findings,
    /// The key may not make the request.
    Refused(ApiRefusal),
}

impl Exit {
    /// The exit status.
    pub fn status(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Incomplete => 1,
            Exit::Findings => 7,
            Exit::Refused(refusal) => refusal.exit(),
        }
    }

    /// [`Exit::Findings`] if there is something to see.
    pub fn findings_if(found: bool) -> Self {
        if found { Exit::Findings } else { Exit::Done }
    }
}
