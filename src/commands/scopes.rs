//! `scopes`: ZenFlow's catalogue of scopes.

use clap::Args;

use crate::error::Error;
use crate::session::Exit;
use crate::view::Output;

/// List the scopes and the endpoints that need them
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys scopes
  zenflow-keys scopes --json")]
pub struct Scopes {}

impl Scopes {
    /// Lists them.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        output.scopes()?;
        Ok(Exit::Done)
    }
}
