//! `completions`: scripts that teach a shell this program.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Error;
use crate::output::Output;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys completions bash > ~/.local/share/bash-completion/completions/zenflow-keys
  zenflow-keys completions fish > ~/.config/fish/completions/zenflow-keys.fish")]
pub struct Completions {
    /// bash, zsh, fish, powershell, elvish
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn run(self, output: &mut Output<'_>) -> Result<(), Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "zenflow-keys", &mut script);
        output.text(&String::from_utf8_lossy(&script))
    }
}
