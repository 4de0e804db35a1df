//! `completions`: scripts that teach a shell this program; and what the program answers when such a
//! script asks.

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::domain::words::words;
use crate::error::Error;
use crate::view::Output;

pub use crate::cli::completion::answer::{Protocol, answer};

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

words! {
    kind "shell";
    /// A shell that can be taught.
    pub enum Shell {
        /// GNU bash 4 or newer.
        Bash = "bash",
        /// Z shell.
        Zsh = "zsh",
        /// fish.
        Fish = "fish",
        /// PowerShell 7.
        PowerShell = "powershell",
        /// Elvish.
        Elvish = "elvish",
    }
}

impl Shell {
    /// The script.
    pub fn script(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../completions/zenflow-keys.bash"),
            Shell::Zsh => include_str!("../../completions/_zenflow-keys"),
            Shell::Fish => include_str!("../../completions/zenflow-keys.fish"),
            Shell::PowerShell => include_str!("../../completions/_zenflow-keys.ps1"),
            Shell::Elvish => include_str!("../../completions/zenflow-keys.elv"),
        }
    }

    /// What a file with the script is called, by the custom of the shell.
    pub fn file_name(self) -> &'static str {
        match self {
            Shell::Bash => "zenflow-keys.bash",
            Shell::Zsh => "_zenflow-keys",
            Shell::Fish => "zenflow-keys.fish",
            Shell::PowerShell => "_zenflow-keys.ps1",
            Shell::Elvish => "zenflow-keys.elv",
        }
    }

    /// The one command after which every new shell completes.
    fn installation(self) -> &'static str {
        match self {
            Shell::Bash => "echo 'source <(zenflow-keys completions bash --quiet)' >> ~/.bashrc",
            Shell::Zsh => {
                "echo 'autoload -Uz compinit && compinit; source <(zenflow-keys completions zsh --quiet)' >> ~/.zshrc"
            }
            Shell::Fish => {
                "echo 'zenflow-keys completions fish --quiet | source' >> ~/.config/fish/config.fish"
            }
            Shell::PowerShell => {
                "Add-Content $PROFILE 'zenflow-keys completions powershell --quiet | Out-String | Invoke-Expression'"
            }
            Shell::Elvish => {
                "echo 'eval (zenflow-keys completions elvish --quiet | slurp)' >> ~/.config/elvish/rc.elv"
            }
        }
    }
}

impl Completions {
    /// Prints the script, and how to install it.
    pub fn run(self, output: &mut Output<'_>) -> Result<(), Error> {
        output.script(self.shell.as_str(), self.shell.script())?;
        output.remark("Install it, then open a new shell:");
        output.command(&format!("  {}", self.shell.installation()));
        Ok(())
    }
}
