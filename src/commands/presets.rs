//! `presets`: ZenFlow's catalogue of presets.

use clap::Args;

use crate::error::Error;
use crate::session::Exit;
use crate::view::Output;

/// List the presets and their scopes
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys presets
  zenflow-keys presets --json")]
pub struct Presets {}

impl Presets {
    /// Lists them.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        output.presets()?;
        Ok(Exit::Done)
    }
}
