//! A command that there is not: the near one, or the one that does what the word means elsewhere.

use clap::Command;

use crate::domain::nearest::nearest;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::Error;

/// A command under the words that other programs have for it.
pub struct Synonyms {
    /// The command below which they are typed; none for the program itself.
    pub below: &'static str,
    /// The words that lead to the command, behind the name of the program.
    pub command: &'static str,
    /// What it does, behind "to".
    purpose: &'static str,
    pub words: &'static [&'static str],
}

pub const SYNONYMS: [Synonyms; 16] = [
    Synonyms {
        below: "",
        command: "create",
        purpose: "create a key",
        words: &["new", "add", "generate", "gen", "issue", "make", "init"],
    },
    Synonyms {
        below: "",
        command: "list",
        purpose: "list keys",
        words: &["ls", "keys", "search", "find", "export"],
    },
    Synonyms {
        below: "",
        command: "show",
        purpose: "show a key, or find out which key one is",
        words: &[
            "get", "info", "inspect", "describe", "view", "cat", "whoami",
        ],
    },
    Synonyms {
        below: "",
        command: "update",
        purpose: "change or rename a key",
        words: &["rename", "mv", "edit", "set", "modify", "extend", "renew"],
    },
    Synonyms {
        below: "",
        command: "rotate",
        purpose: "replace a key with a new one",
        words: &["replace", "roll", "regenerate", "refresh"],
    },
    Synonyms {
        below: "",
        command: "revoke",
        purpose: "end a key for good",
        words: &["delete", "del", "rm", "remove", "destroy", "expire", "kill"],
    },
    Synonyms {
        below: "",
        command: "disable",
        purpose: "switch a key off for a while",
        words: &["pause", "suspend", "deactivate", "block", "lock", "off"],
    },
    Synonyms {
        below: "",
        command: "enable",
        purpose: "switch a disabled key on again",
        words: &["resume", "activate", "unblock", "unlock", "on"],
    },
    Synonyms {
        below: "",
        command: "check",
        purpose: "check a key",
        words: &["verify", "validate", "test", "auth", "authorize"],
    },
    Synonyms {
        below: "",
        command: "log",
        purpose: "read the audit log",
        words: &["history", "audit", "events", "logs"],
    },
    Synonyms {
        below: "",
        command: "usage import",
        purpose: "count uses from access logs",
        words: &["import"],
    },
    Synonyms {
        below: "",
        command: "usage report",
        purpose: "report recorded uses",
        words: &["report", "stats"],
    },
    Synonyms {
        below: "",
        command: "doctor",
        purpose: "examine the store",
        words: &["status", "health", "fsck", "repair"],
    },
    Synonyms {
        below: "",
        command: "prune",
        purpose: "remove keys that ended long ago",
        words: &["purge", "clean", "cleanup", "gc", "vacuum"],
    },
    Synonyms {
        below: "allowlist",
        command: "allowlist remove",
        purpose: "remove entries",
        words: &["rm", "delete", "del"],
    },
    Synonyms {
        below: "allowlist",
        command: "allowlist list",
        purpose: "list the entries",
        words: &["ls", "show", "get"],
    },
];

/// The error for `word`, which is no command below `parent`. `path` are the words that lead to the
/// parent, behind the name of the program; none for the program itself.
pub fn error(parent: &Command, path: &[String], word: &str) -> Error {
    let message = format!("unknown command '{word}'");
    let parent_path = path.join(" ");
    // Such a word is typed on purpose: what it looks like does not matter.
    if let Some(meant) = synonym(&parent_path, word) {
        return Error::usage(message).hint(
            Hint::from(format!("to {}, see '", meant.purpose))
                .then(Remedy::Help(
                    meant.command.split(' ').map(Into::into).collect(),
                ))
                .then("'"),
        );
    }
    let known = parent.get_subcommands().filter(|one| !one.is_hide_set());
    let message = match nearest(word, known.map(Command::get_name)) {
        Some(near) => format!("{message}; did you mean '{near}'?"),
        None => message,
    };
    Error::usage(message).hint(
        Hint::from("'")
            .then(Remedy::Help(path.to_vec()))
            .then("' lists the commands"),
    )
}

fn synonym(parent: &str, word: &str) -> Option<&'static Synonyms> {
    SYNONYMS
        .iter()
        .find(|one| one.below == parent && one.words.contains(&word))
}
