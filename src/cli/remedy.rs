//! What to do about a failure or a finding, as a command line that can be copied into a shell.

use std::path::Path;

use crate::cli::shell::command;
use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};

/// A hint with its commands written out.
pub fn written(hint: &Hint) -> Hint<String> {
    hint.map(command_line)
}

/// The command line. What the reader has to put in stands in capitals.
pub fn command_line(remedy: &Remedy) -> String {
    match remedy {
        Remedy::CreateExample => "zenflow-keys create \"ERP Integration\" --preset erp-sync".into(),
        Remedy::CreateStore => command(&["create", "NAME", "--preset", "read-only"]),
        Remedy::ListKeys => command(&["list", "--all"]),
        Remedy::ListPresets => command(&["presets"]),
        Remedy::ListScopes => command(&["scopes"]),
        Remedy::Help(path) => {
            let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
            words.push("--help");
            command(&words)
        }
        Remedy::Check => command(&["check"]),
        Remedy::Show(key) => command(&["show", key.as_str()]),
        Remedy::Enable(key) => command(&["enable", key.as_str()]),
        Remedy::Disable(key) => command(&["disable", key.as_str()]),
        Remedy::Revoke { key, reason: None } => command(&["revoke", key.as_str()]),
        Remedy::Revoke {
            key,
            reason: Some(reason),
        } => command(&["revoke", key.as_str(), "--reason", reason]),
        Remedy::CancelRevocation(key) => command(&["revoke", key.as_str(), "--cancel"]),
        Remedy::Rotate(key) => command(&["rotate", key.as_str()]),
        Remedy::ScanFiles => command(&["scan", "PATH"]),
        Remedy::DeclareSafe(path) => {
            format!("git config --global --add safe.directory {}", quoted(path))
        }
        Remedy::WriteBaseline => command(&["scan", "--write-baseline", "FILE"]),
        Remedy::RotateAtOnce(key) => command(&["rotate", key.as_str(), "--overlap", "0"]),
        Remedy::FinishRotation(key) => command(&["rotate", key.as_str(), "--finish"]),
        Remedy::Rename => command(&["update", "ID", "--name", "NAME"]),
        Remedy::SetExpiry(key) => command(&["update", key.as_str(), "--expires", "90d"]),
        Remedy::ChangeScopes { key, add, remove } => {
            let (add, remove) = (add.words().join(","), remove.words().join(","));
            let mut words = vec!["update", key.as_str()];
            for (option, scopes) in [("--add-scope", &add), ("--remove-scope", &remove)] {
                if !scopes.is_empty() {
                    words.extend([option, scopes]);
                }
            }
            command(&words)
        }
        Remedy::SetAllowlist { key, allowlist } => {
            let entries: Vec<String> = allowlist
                .entries()
                .iter()
                .map(ToString::to_string)
                .collect();
            let mut words = vec!["allowlist", "set", key.as_str()];
            words.extend(entries.iter().map(String::as_str));
            command(&words)
        }
        Remedy::ReviewByRule(rule) => command(&["review", "--only", rule, "--json"]),
        Remedy::Suggest(key) => command(&["suggest", key.as_str()]),
        Remedy::ReportUsage { key, by } => {
            command(&["usage", "report", key.as_str(), "--by", by.as_str()])
        }
        Remedy::ReadLog => command(&["log"]),
        Remedy::VerifyLog => command(&["log", "--verify"]),
        Remedy::Doctor { deep: false } => command(&["doctor"]),
        Remedy::Doctor { deep: true } => command(&["doctor", "--deep"]),
        Remedy::BackUp => command(&["backup", "FILE"]),
        Remedy::RunAsOwner => "sudo -u OWNER zenflow-keys ...".into(),
        Remedy::MakePrivate(path) => format!("chmod 600 {}", quoted(path)),
        Remedy::StopSharing(path) => format!("chmod go-w {}", quoted(path)),
        Remedy::MakeDirectory(Some(path)) => format!("mkdir -m 700 {}", quoted(path)),
        Remedy::MakeDirectory(None) => "mkdir -m 700 DIRECTORY".into(),
        Remedy::ChangeOwner { path, user } => format!("chown {user} {}", quoted(path)),
        Remedy::MoveAway(path) => format!("mv {} DIRECTORY", quoted(path)),
        Remedy::SetAside(path) => {
            let mut aside = path.clone().into_os_string();
            aside.push(".old");
            format!("mv -n {} {}", quoted(path), quoted(Path::new(&aside)))
        }
        Remedy::ListUsers(path) => format!("fuser -v {}", quoted(path)),
        Remedy::LeaveWal(path) => {
            format!("sqlite3 {} 'PRAGMA journal_mode=DELETE'", quoted(path))
        }
        Remedy::ReadEvents { store, from } => format!(
            "sqlite3 {} 'SELECT * FROM events WHERE seq >= {from}'",
            quoted(store)
        ),
        Remedy::SetClock => "timedatectl set-ntp true".into(),
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", shown(path).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{KeyId, ScopeSet};

    fn key() -> KeyId {
        "k3m9x2q7vd".parse().unwrap()
    }

    #[test]
    fn scopes_that_need_not_change_are_not_named() {
        let change = |add: ScopeSet| {
            command_line(&Remedy::ChangeScopes {
                key: key(),
                add,
                remove: "admin".parse().unwrap(),
            })
        };
        assert_eq!(
            change("read:orders read:stock".parse().unwrap()),
            "zenflow-keys update k3m9x2q7vd --add-scope read:orders,read:stock --remove-scope admin"
        );
        assert_eq!(
            change(ScopeSet::EMPTY),
            "zenflow-keys update k3m9x2q7vd --remove-scope admin"
        );
    }

    #[test]
    fn an_allowlist_is_set_as_a_whole() {
        let remedy = Remedy::SetAllowlist {
            key: key(),
            allowlist: "203.0.113.0/24 2001:db8::1".parse().unwrap(),
        };
        assert_eq!(
            command_line(&remedy),
            "zenflow-keys allowlist set k3m9x2q7vd 203.0.113.0/24 2001:db8::1"
        );
    }

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        let remedy = Remedy::MakePrivate("/srv/it's the store/keys.db".into());
        assert_eq!(
            command_line(&remedy),
            r"chmod 600 '/srv/it'\''s the store/keys.db'"
        );
    }

    #[test]
    fn a_hint_is_written_with_its_command_in_its_place() {
        let hint = Hint::from("enable it first: ")
            .then(Remedy::Enable(key()))
            .then(", or wait");
        assert_eq!(
            written(&hint).to_string(),
            "enable it first: zenflow-keys enable k3m9x2q7vd, or wait"
        );
    }
}
