//! Arguments that several commands share.

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::key_ref::{self, KeyRef, OnOpenRotation};
use crate::domain::{Environment, Key, KeyId};
use crate::error::Error;
use crate::session::Session;
use crate::session::input::Input;

/// `<KEY>` and `--env`. A command for which other keys come into question names their completer
/// with `mut_arg`.
#[derive(Debug, Args)]
pub struct OneKey {
    /// Id, display form, name, prefix of an id, or - to read the key itself from standard input
    // The place is named because mut_arg would move it behind other operands.
    #[arg(index = 1, value_name = "KEY", add = Completer::Key(Keys::Any))]
    pub key: KeyRef,
    /// Narrow a name to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    pub env: Option<Environment>,
}

impl OneKey {
    /// The key that is meant; during a rotation a name means the newer one.
    pub fn find<A>(self, session: &mut Session<'_, A>) -> Result<Key, Error> {
        let wanted = self.key.read(&mut session.input)?;
        let now = session.now();
        session
            .store
            .read(|view| key_ref::find(view, &wanted, self.env, OnOpenRotation::Newest, now))
    }
}

/// `<KEY>…` and `--env`.
#[derive(Debug, Args)]
pub struct SeveralKeys {
    /// Ids, display forms, names, prefixes of ids, or - to read the key itself from standard input
    #[arg(required = true, value_name = "KEY", add = Completer::Key(Keys::Any))]
    keys: Vec<KeyRef>,
    /// Narrow names to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    env: Option<Environment>,
}

impl SeveralKeys {
    /// The keys that are meant, each once.
    pub fn find<A>(
        self,
        session: &mut Session<'_, A>,
        meaning: OnOpenRotation,
    ) -> Result<Vec<KeyId>, Error> {
        let wanted = key_ref::read_all(self.keys, &mut session.input)?;
        let now = session.now();
        session
            .store
            .read(|view| key_ref::find_all(view, &wanted, self.env, meaning, now))
    }
}

/// `--yes`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Confirmation {
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Confirmation {
    /// Passes if `--yes` was given or the person at the terminal agrees.
    pub fn ask(self, input: &mut Input<'_>, question: &str) -> Result<(), Error> {
        input.confirm(self.yes, question)
    }

    /// Whether `--yes` agreed to whatever the command will find.
    pub fn is_given(self) -> bool {
        self.yes
    }

    /// Passes if [`Confirmation::ask`] can be answered.
    pub fn unless_nobody_can_agree(self, input: &Input<'_>, question: &str) -> Result<(), Error> {
        input.unless_nobody_can_agree(self.yes, question)
    }
}
