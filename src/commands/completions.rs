//! `completions`: scripts that teach a shell this program.

use clap::Args;

use crate::cli::completion::shell::Shell;
use crate::cli::completion::values::Completer;
use crate::error::Error;
use crate::session::Exit;
use crate::view::Output;

/// Print a completion script for a shell
///
/// The script asks the program itself, so that commands, options, scopes and presets are completed,
/// and the names and ids of the keys in the store. How to install it is said on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  source <(zenflow-keys completions bash)
  zenflow-keys completions zsh --quiet > ~/.zfunc/_zenflow-keys
  zenflow-keys completions fish --quiet > ~/.config/fish/completions/zenflow-keys.fish")]
pub struct Completions {
    /// bash, zsh, fish, powershell, elvish
    #[arg(value_name = "SHELL", add = Completer::Shell)]
    shell: Shell,
}

impl Completions {
    /// Prints the script, and how to install it.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        output.script(self.shell.as_str(), self.shell.script())?;
        output.remark("Install it, then open a new shell:");
        output.command(&format!("  {}", self.shell.installation()));
        Ok(Exit::Done)
    }
}
