//! What a person or a pipe says to a command: keys on standard input, answers to questions.

use std::io::{ErrorKind, Read};

use zeroize::Zeroizing;

use crate::context::{Prompt, Streams};
use crate::domain::Presented;
use crate::domain::presented::LONGEST_INPUT;
use crate::error::{Code, Error};

/// Standard input, and somebody to ask if there is a terminal.
pub struct Input<'a> {
    pub(crate) stdin: &'a mut dyn Read,
    pub(crate) streams: Streams,
    pub(crate) prompt: &'a mut dyn Prompt,
}

impl Input<'_> {
    /// Whether somebody can be asked: standard input and standard error are terminals.
    pub fn is_interactive(&self) -> bool {
        self.streams.stdin_is_terminal && self.streams.stderr_is_terminal
    }

    /// The person to ask; only where [`Input::is_interactive`].
    pub fn prompt(&mut self) -> &mut dyn Prompt {
        self.prompt
    }

    /// Passes if `yes` was given or there is somebody to ask.
    pub fn unless_nobody_can_agree(&self, yes: bool, question: &str) -> Result<(), Error> {
        if yes || self.is_interactive() {
            return Ok(());
        }
        Err(Error::new(
            Code::ConfirmationNeeded,
            format!("this needs a confirmation: {question}"),
        )
        .hint("add --yes"))
    }

    /// Passes if `yes` was given or the person agrees.
    pub fn confirm(&mut self, yes: bool, question: &str) -> Result<(), Error> {
        self.unless_nobody_can_agree(yes, question)?;
        if yes {
            return Ok(());
        }
        agree(self.prompt, question, false).map_err(|error| match error.code {
            Code::Declined => error.hint("add --yes to do it without being asked"),
            _ => error,
        })
    }

    /// Reads an API key from standard input; at a terminal it is asked for without echo.
    pub fn presented_key(&mut self) -> Result<Presented, Error> {
        if self.is_interactive() {
            let typed = self
                .prompt
                .secret("API key (not shown)")
                .map_err(unanswered)?;
            return Ok(Presented::from_bytes(typed.as_bytes()));
        }
        read_key(self.stdin).map_err(|e| Error::io("read standard input", e))
    }
}

/// Reads a key, and no more than is needed to see that there is none.
pub fn read_key(source: &mut dyn Read) -> std::io::Result<Presented> {
    // Room for all of it at once: a buffer that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * LONGEST_INPUT));
    source
        .take(LONGEST_INPUT as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(Presented::from_bytes(&bytes))
}

/// Passes if the person agrees; Enter alone means `default`.
pub fn agree(prompt: &mut dyn Prompt, question: &str, default: bool) -> Result<(), Error> {
    if prompt.confirm(question, default).map_err(unanswered)? {
        Ok(())
    } else {
        Err(Error::new(Code::Declined, "declined; nothing was changed"))
    }
}

/// What an interruption at a question is told as.
pub fn interrupted() -> Error {
    Error::new(Code::Interrupted, "interrupted; nothing was changed")
}

/// A question that was not answered.
pub fn unanswered(cause: std::io::Error) -> Error {
    if cause.kind() == ErrorKind::Interrupted {
        interrupted()
    } else {
        Error::io("ask at the terminal", cause)
    }
}
