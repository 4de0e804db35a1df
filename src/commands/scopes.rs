//! `scopes` and `presets`: ZenFlow's catalogue.

use clap::Args;

/// List all scopes, what they grant, and the endpoints that need them
#[derive(Debug, Args)]
pub struct Scopes {}

/// List the presets and their scopes
#[derive(Debug, Args)]
pub struct Presets {}
