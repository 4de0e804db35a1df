//! `scopes`: ZenFlow's catalogue of scopes.

use clap::Args;

use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::error::Error;
use crate::session::Exit;
use crate::view::Output;
use crate::view::scopes::ScopeCatalogue;

/// List the scopes and the endpoints that need them
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys scopes",
    "zenflow-keys scopes --json",
]))]
#[command(own_options_first())]
pub struct Scopes {}

impl Scopes {
    /// Lists them.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        output.show(&ScopeCatalogue)?;
        Ok(Exit::Done)
    }
}
