//! What can go wrong, and how it is reported: a code of the table in [`code`], one sentence, a hint,
//! and the causes beneath.

pub mod code;

use std::path::Path;

use crate::domain::Invalid;
use crate::domain::path::shown;
use crate::domain::remedy::Hint;

pub use crate::error::code::{Code, EXIT_STATUSES};

/// A failure: its kind, one sentence, and what to do next.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure it is.
    pub code: Code,
    /// What happened, in one line without a full stop.
    pub message: String,
    /// What to do next: a command that works as printed, or a choice.
    pub hint: Option<Hint>,
    /// The cause, if there is one below this failure.
    pub cause: Option<anyhow::Error>,
}

/// The message alone: its causes are those of [`std::error::Error::source`], and both in one line by
/// [`Error::sentence`].
impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl Error {
    /// A failure of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error {
            code,
            message: message.into(),
            hint: None,
            cause: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Something that should be impossible, and happened; the hint asks for a report.
    pub fn unexpected(message: impl Into<String>) -> Self {
        Error::new(Code::Internal, message).hint("please report this")
    }

    /// A thread ended without its result.
    pub fn ended_early() -> Self {
        Error::unexpected("a thread ended early")
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Code::Usage, message)
    }

    /// Input or output failed; `doing` says what was being done: `read standard input`.
    pub fn io(doing: &str, cause: std::io::Error) -> Self {
        Error::new(Code::Io, format!("could not {doing}")).because(cause)
    }

    /// Names the store's file, if that is what the failure is about.
    #[must_use]
    pub fn in_store(mut self, path: &Path) -> Self {
        if self.code.concerns_store() {
            self.message = format!("{}: {}", shown(path), self.message);
        }
        self
    }

    /// The message with its cause, in one line.
    pub fn sentence(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{}: {cause}", self.message),
            None => self.message.clone(),
        }
    }
}

/// A text that is not what it should be is wrong usage, wherever it was typed.
impl From<Invalid> for Error {
    fn from(fault: Invalid) -> Self {
        Error {
            code: Code::Usage,
            message: fault.message,
            hint: fault.hint,
            cause: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_causes_one_after_the_other() {
        let disk = std::io::Error::other("the disk is gone");
        let beneath = anyhow::Error::new(disk).context("cannot sync");
        let error = Error::new(Code::Io, "could not write").because(beneath);
        let mut messages = vec![error.to_string()];
        let mut next = std::error::Error::source(&error);
        while let Some(cause) = next {
            messages.push(cause.to_string());
            next = cause.source();
        }
        assert_eq!(
            messages,
            ["could not write", "cannot sync", "the disk is gone"]
        );
    }
}
