//! `completions`: scripts that teach a shell this program.

use clap::Args;

use crate::cli::completion::shell::Shell;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::error::Error;
use crate::session::Exit;
use crate::view::Output;
use crate::view::completions::CompletionScript;

/// Print a completion script for a shell
///
/// It completes commands, options, scopes and presets, and the names and ids of the keys in the
/// store. Instructions for installing it go to standard error.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "source <(zenflow-keys completions bash)",
    "zenflow-keys completions zsh --quiet > ~/.zfunc/_zenflow-keys",
    "zenflow-keys completions fish --quiet > ~/.config/fish/completions/zenflow-keys.fish",
]))]
#[command(own_options_first())]
pub struct Completions {
    /// Shell: bash, zsh, fish, powershell, elvish
    #[arg(value_name = "SHELL", add = Completer::Shell)]
    shell: Shell,
}

impl Completions {
    /// Prints the script, and how to install it.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        output.show(&CompletionScript {
            shell: self.shell.as_str(),
            script: self.shell.script(),
        })?;
        output.remark("Install it, then open a new shell:");
        output.command(&format!("  {}", self.shell.installation()));
        Ok(Exit::Done)
    }
}
