//! `scopes` and `presets`: ZenFlow's catalogue.

use clap::Args;

/// List the scopes and the endpoints that need them
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys scopes
  zenflow-keys scopes --json")]
pub struct Scopes {}

/// List the presets and their scopes
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys presets
  zenflow-keys presets --json")]
pub struct Presets {}
