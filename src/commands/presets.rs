//! `presets`: ZenFlow's catalogue of presets.

use clap::Args;

use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::error::Error;
use crate::session::Exit;
use crate::view::Output;
use crate::view::presets::PresetCatalogue;

/// List the presets and their scopes
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys presets",
    "zenflow-keys presets --json",
]))]
#[command(own_options_first())]
pub struct Presets {}

impl Presets {
    /// Lists them.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        output.show(&PresetCatalogue)?;
        Ok(Exit::Done)
    }
}
