//! `help exit-status`: what the exit statuses mean, by the table that the program goes by.

use clap::Args;

use crate::error::{Code, EXIT_STATUSES, Error};
use crate::session::Exit;
use crate::view::Output;

/// Explain the exit statuses
#[derive(Debug, Args)]
#[command(hide = true, long_about = explanation(), help_template = "{about}")]
pub struct ExitStatus {}

impl ExitStatus {
    /// Explains them.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        output.text(&(explanation() + "\n"))?;
        Ok(Exit::Done)
    }
}

/// The exit statuses, and the codes of errors that come with them.
pub fn explanation() -> String {
    let mut lines = vec!["What the exit statuses mean:".into(), String::new()];
    lines.extend(
        EXIT_STATUSES
            .iter()
            .map(|(status, meaning)| format!("  {status:<6}  {meaning}")),
    );
    lines.extend([
        String::new(),
        "The codes of errors (with --json), with their exit statuses and meanings:".into(),
        String::new(),
    ]);
    lines.extend(Code::ALL.iter().map(|code| {
        let (word, exit, meaning) = code.row();
        format!("  {word:<20}  {exit:<3}  {meaning}")
    }));
    lines.join("\n")
}
