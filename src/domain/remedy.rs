//! What to do about a failure or a finding, as data. Its command line stands in `cli/remedy.rs`.

use std::borrow::Cow;
use std::fmt::{Display, Formatter, Result};
use std::path::PathBuf;

use crate::domain::usage::GroupBy;
use crate::domain::{Allowlist, KeyId, ScopeSet};

/// One thing to do, that is one command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "most are commands, whose help says what they do"
)]
pub enum Remedy {
    /// Create any key, to see how.
    CreateExample,
    /// Create the first key, and so the store.
    CreateStore,
    ListKeys,
    ListPresets,
    ListScopes,
    /// Ask for help on this command; of no words, on the program.
    Help(Vec<String>),
    Check,
    Show(KeyId),
    Enable(KeyId),
    Disable(KeyId),
    Revoke {
        key: KeyId,
        reason: Option<String>,
    },
    CancelRevocation(KeyId),
    Rotate(KeyId),
    /// Rotate it and let the old one end at once.
    RotateAtOnce(KeyId),
    FinishRotation(KeyId),
    /// Give one of several keys another name.
    Rename,
    /// Let a key without an expiry expire.
    SetExpiry(KeyId),
    ChangeScopes {
        key: KeyId,
        add: ScopeSet,
        remove: ScopeSet,
    },
    SetAllowlist {
        key: KeyId,
        allowlist: Allowlist,
    },
    Suggest(KeyId),
    /// See what one rule finds, each finding with what to do.
    ReviewByRule(&'static str),
    ReportUsage {
        key: KeyId,
        by: GroupBy,
    },
    ReadLog,
    VerifyLog,
    Doctor {
        deep: bool,
    },
    BackUp,
    /// Run the same command as another user.
    RunAsOwner,
    /// Let nobody else read or write the file.
    MakePrivate(PathBuf),
    /// Let nobody else write the directory.
    StopSharing(PathBuf),
    /// Make a directory that nobody else can enter; which one may be left to the reader.
    MakeDirectory(Option<PathBuf>),
    ChangeOwner {
        path: PathBuf,
        user: u32,
    },
    MoveAway(PathBuf),
    /// Give the file a name under which nothing looks for it.
    SetAside(PathBuf),
    /// Find out who has the file open.
    ListUsers(PathBuf),
    LeaveWal(PathBuf),
    /// Read the events of the store's log from this number on, as they are stored.
    ReadEvents {
        store: PathBuf,
        from: i64,
    },
    SetClock,
    ScanFiles,
    /// Let git work in a repository of another user.
    DeclareSafe(PathBuf),
    WriteBaseline,
}

/// A sentence in which there may be remedies; those are commands to be copied, and stay whole where
/// the words around them are wrapped. `C` is [`Remedy`], or `String` once the commands are written
/// out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint<C = Remedy>(Vec<HintPart<C>>);

/// A part of a hint. Between two parts there is nothing, not even a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HintPart<C> {
    /// To be read.
    Words(Cow<'static, str>),
    /// To be done.
    Command(C),
}

impl<C> Hint<C> {
    /// What it consists of.
    pub fn parts(&self) -> &[HintPart<C>] {
        &self.0
    }

    /// Goes on with words or with a remedy.
    #[must_use]
    pub fn then(mut self, part: impl Into<HintPart<C>>) -> Self {
        self.0.push(part.into());
        self
    }

    /// The hint with its commands in another form.
    pub fn map<D>(&self, write: impl Fn(&C) -> D) -> Hint<D> {
        let part = |part: &HintPart<C>| match part {
            HintPart::Words(words) => HintPart::Words(words.clone()),
            HintPart::Command(command) => HintPart::Command(write(command)),
        };
        Hint(self.0.iter().map(part).collect())
    }
}

impl<C> From<&'static str> for HintPart<C> {
    fn from(words: &'static str) -> Self {
        HintPart::Words(words.into())
    }
}

impl<C> From<String> for HintPart<C> {
    fn from(words: String) -> Self {
        HintPart::Words(words.into())
    }
}

impl From<Remedy> for HintPart<Remedy> {
    fn from(remedy: Remedy) -> Self {
        HintPart::Command(remedy)
    }
}

impl<C> From<&'static str> for Hint<C> {
    fn from(words: &'static str) -> Self {
        Hint(vec![words.into()])
    }
}

impl<C> From<String> for Hint<C> {
    fn from(words: String) -> Self {
        Hint(vec![words.into()])
    }
}

impl From<Remedy> for Hint {
    fn from(remedy: Remedy) -> Self {
        Hint(vec![remedy.into()])
    }
}

impl Display for Hint<String> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.iter().try_for_each(|part| match part {
            HintPart::Words(words) => f.write_str(words),
            HintPart::Command(command) => f.write_str(command),
        })
    }
}
