//! The shells that can be taught this program, and their scripts.

use crate::domain::words::words;

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
            Shell::Bash => include_str!("../../../completions/zenflow-keys.bash"),
            Shell::Zsh => include_str!("../../../completions/_zenflow-keys"),
            Shell::Fish => include_str!("../../../completions/zenflow-keys.fish"),
            Shell::PowerShell => include_str!("../../../completions/_zenflow-keys.ps1"),
            Shell::Elvish => include_str!("../../../completions/zenflow-keys.elv"),
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
    pub fn installation(self) -> &'static str {
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
