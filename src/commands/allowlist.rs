//! `allowlist`: from where a key may be used.

use clap::{Args, Subcommand};

use crate::cli::args::{Confirmation, OneKey};
use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::help::Examples;
use crate::domain::event::Action;
use crate::domain::{Allowlist, Key, Net, Timestamp};
use crate::error::{Code, Error};
use crate::session::state_error::called;
use crate::session::{Exit, Reading, Session, Writing, impact, state_error};
use crate::store::Lock;
use crate::view::allowlist::KeyAllowlist;
use crate::view::changed::ChangedKey;

/// Restrict a key to addresses and networks
///
/// Entries are addresses or CIDR ranges, IPv4 or IPv6. A key without entries can be used from
/// anywhere, and a change that makes it so asks first. A change that locks out clients first shows
/// how many requests of the last 30 days it would have refused.
#[derive(Debug, Subcommand)]
#[command(add = Examples(&[
    r#"zenflow-keys allowlist add "ERP Integration" 203.0.113.7 2001:db8::/32"#,
    "zenflow-keys allowlist set k3m9x2q7vd 203.0.113.0/24",
    "zenflow-keys allowlist list k3m9x2q7vd",
]))]
pub enum AllowlistCommand {
    /// Add entries
    #[command(add = Examples(&[
        r#"zenflow-keys allowlist add "ERP Integration" 203.0.113.7 2001:db8::/32"#,
    ]))]
    Add(Entries),
    /// Remove entries
    #[command(add = Examples(&[
        "zenflow-keys allowlist remove k3m9x2q7vd 203.0.113.7",
    ]))]
    #[command(mut_arg("nets", |nets| nets.add(Completer::AllowlistEntry)))]
    Remove(Entries),
    /// Replace all entries
    #[command(add = Examples(&[
        "zenflow-keys allowlist set k3m9x2q7vd 203.0.113.0/24",
    ]))]
    Set(Entries),
    /// Remove all entries (any address)
    #[command(add = Examples(&[
        "zenflow-keys allowlist clear k3m9x2q7vd --yes",
    ]))]
    Clear(Clear),
    /// Print the entries, one per line
    #[command(add = Examples(&[
        "zenflow-keys allowlist list k3m9x2q7vd",
    ]))]
    List(ListEntries),
}

/// A key and networks.
#[derive(Debug, Args)]
#[command(mut_arg("key", |key| key.add(Completer::Key(Keys::NotRevoked))))]
pub struct Entries {
    #[command(flatten)]
    which: OneKey,
    /// Addresses or CIDR ranges: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32
    #[arg(index = 2, required = true, value_name = "NET", value_delimiter = ',')]
    nets: Vec<Net>,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// A key whose entries are to go.
#[derive(Debug, Args)]
#[command(mut_arg("key", |key| key.add(Completer::Key(Keys::NotRevoked))))]
pub struct Clear {
    #[command(flatten)]
    which: OneKey,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// A key whose entries are to be printed.
#[derive(Debug, Args)]
pub struct ListEntries {
    #[command(flatten)]
    which: OneKey,
}

impl ListEntries {
    /// Prints the entries.
    pub fn run(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let key = self.which.find(session)?;
        let now = session.now();
        let output = &mut session.output;
        output.show(&KeyAllowlist { key: &key, now })?;
        if key.allowlist.is_empty() {
            output.remark(&format!(
                "{} has no allowlist: it can be used from any address",
                called(&key)
            ));
        }
        Ok(Exit::Done)
    }
}

impl Entries {
    /// Adds the entries.
    pub fn add(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let nets = self.nets;
        let list = |key: &Key| Ok(key.allowlist.with(&nets));
        change(self.which, self.confirmation, list, session)
    }

    /// Lets in these and nobody else.
    pub fn set(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let list = |_: &Key| Ok(self.nets.iter().copied().collect());
        change(self.which, self.confirmation, list, session)
    }

    /// Removes the entries.
    pub fn remove(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let nets = self.nets;
        let list = |key: &Key| without(key, &nets);
        change(self.which, self.confirmation, list, session)
    }
}

impl Clear {
    /// Removes all entries.
    pub fn run(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let none = |_: &Key| Ok(Allowlist::default());
        change(self.which, self.confirmation, none, session)
    }
}

fn without(key: &Key, nets: &[Net]) -> Result<Allowlist, Error> {
    key.allowlist.without(nets).map_err(|absent| {
        Error::new(
            Code::NotThere,
            format!("{absent} is not in the allowlist of {}", called(key)),
        )
        .hint(if key.allowlist.is_empty() {
            "it has no entries".into()
        } else {
            format!("it has {}", key.allowlist)
        })
    })
}

fn change(
    which: OneKey,
    confirmation: Confirmation,
    new_list: impl Fn(&Key) -> Result<Allowlist, Error>,
    session: &mut Writing<'_>,
) -> Result<Exit, Error> {
    let change = |key: &Key, now: Timestamp| {
        state_error::unless_revoked(key, now)?;
        Ok::<_, Error>(Key {
            allowlist: new_list(key)?,
            ..key.clone()
        })
    };
    let before = which.find(session)?;
    let now = session.now();
    let planned = change(&before, now)?;
    if before.allowlist.is_narrowed_by(&planned.allowlist) {
        let impact = impact::of_change(&session.store, &before, Some(&planned), now)?;
        session.output.remark(&impact);
    }
    let mut may_be_opened = confirmation.is_given();
    if before.allowlist.is_opened_by(&planned.allowlist) {
        let question = format!("Let everyone use {}?", called(&before));
        confirmation.ask(&mut session.input, &question)?;
        may_be_opened = true;
    }
    let Session {
        store,
        author,
        output,
        ..
    } = session;
    let mut write = author.write(store, Lock::Immediate)?;
    let now = write.now();
    let before = write.view().known_key(before.id)?;
    let after = change(&before, now)?;
    if before.allowlist.is_opened_by(&after.allowlist) && !may_be_opened {
        return Err(Error::new(
            Code::ConfirmationNeeded,
            "the allowlist was changed meanwhile, and this would open the key to everyone",
        )
        .hint("try again"));
    }
    let changed = write.save(&before, &after, Action::Allowlist)?;
    if changed {
        write.commit()?;
        output.done();
    }
    output.show(&ChangedKey { key: &after, now })?;
    let usable_from = if after.allowlist.is_empty() {
        "any address".into()
    } else {
        after.allowlist.to_string()
    };
    let unchanged = if changed { "" } else { "; no change" };
    output.remark(&format!(
        "{} can be used from {usable_from}{unchanged}",
        called(&after)
    ));
    Ok(Exit::Done)
}
