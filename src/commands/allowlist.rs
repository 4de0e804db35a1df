//! `allowlist`: from where a key may be used.

use clap::{Args, Subcommand};

use crate::cli::HELP;
use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyRef, OnOpenRotation};
use crate::domain::event::Action;
use crate::domain::{Allowlist as Nets, Environment, Key, Net, Timestamp};
use crate::error::{Code, Error};
use crate::session::Author;
use crate::session::impact;
use crate::session::input::Input;
use crate::session::state_error;
use crate::session::state_error::called;
use crate::store::{Lock, Store};
use crate::view::Output;

/// Set the addresses from which a key may be used
///
/// Addresses or CIDR ranges, IPv4 and IPv6. A key without entries can be used from anywhere;
/// a change that opens a key to everyone asks first. A change that locks somebody out first shows
/// how many requests of the last 30 days it would have refused.
#[derive(Debug, Subcommand)]
#[command(after_long_help = "Examples:
  zenflow-keys allowlist add \"ERP Integration\" 203.0.113.7 2001:db8::/32
  zenflow-keys allowlist set k3m9x2q7vd 203.0.113.0/24
  zenflow-keys allowlist list k3m9x2q7vd")]
pub enum Allowlist {
    /// Add entries
    #[command(help_template = HELP, after_long_help = "Example:\n  zenflow-keys allowlist add \"ERP Integration\" 203.0.113.7 2001:db8::/32")]
    Add(Entries),
    /// Remove entries
    #[command(help_template = HELP, after_long_help = "Example:\n  zenflow-keys allowlist remove k3m9x2q7vd 203.0.113.7")]
    #[command(mut_arg("nets", |nets| nets.add(Completer::AllowlistEntry)))]
    Remove(Entries),
    /// Replace all entries
    #[command(help_template = HELP, after_long_help = "Example:\n  zenflow-keys allowlist set k3m9x2q7vd 203.0.113.0/24")]
    Set(Entries),
    /// Remove all entries (any address)
    #[command(help_template = HELP, after_long_help = "Example:\n  zenflow-keys allowlist clear k3m9x2q7vd --yes")]
    Clear(Whole),
    /// Print the entries, one a line
    #[command(help_template = HELP, after_long_help = "Example:\n  zenflow-keys allowlist list k3m9x2q7vd")]
    List(List),
}

/// A key and networks.
#[derive(Debug, Args)]
pub struct Entries {
    #[command(flatten)]
    which: Which,
    /// Addresses or CIDR ranges: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32
    #[arg(required = true, value_name = "NET", value_delimiter = ',')]
    nets: Vec<Net>,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

/// A key.
#[derive(Debug, Args)]
pub struct Whole {
    #[command(flatten)]
    which: Which,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

/// A key whose entries are to be printed.
#[derive(Debug, Args)]
#[command(mut_arg("key", |key| key.add(Completer::Key(Keys::Any))))]
pub struct List {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    /// Id, display form, name, prefix of an id, or - for the key itself on standard input
    #[arg(add = Completer::Key(Keys::NotRevoked))]
    key: KeyRef,
    /// Narrow a name to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    env: Option<Environment>,
}

impl List {
    /// Prints the entries.
    pub fn run(
        self,
        store: &Store,
        now: Timestamp,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let wanted = self.which.key.read(input)?;
        let key = store.read(|view| {
            key_ref::find(view, &wanted, self.which.env, OnOpenRotation::Newest, now)
        })?;
        output.allowlist(&key, now)?;
        if key.allowlist.is_empty() {
            output.remark(&format!(
                "{} has no allowlist: it can be used from any address",
                called(&key)
            ));
        }
        Ok(())
    }
}

impl Allowlist {
    /// Changes the allowlist.
    pub fn run(
        self,
        store: &mut Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        match self {
            Allowlist::List(list) => list.run(store, author.now(), input, output),
            Allowlist::Clear(Whole { which, yes }) => {
                which.change(yes, |_| Ok(Nets::default()), store, author, input, output)
            }
            Allowlist::Add(Entries { which, nets, yes }) => which.change(
                yes,
                |key| Ok(key.allowlist.with(&nets)),
                store,
                author,
                input,
                output,
            ),
            Allowlist::Set(Entries { which, nets, yes }) => which.change(
                yes,
                |_| Ok(nets.iter().copied().collect()),
                store,
                author,
                input,
                output,
            ),
            Allowlist::Remove(Entries { which, nets, yes }) => {
                which.change(yes, |key| without(key, &nets), store, author, input, output)
            }
        }
    }
}

fn without(key: &Key, nets: &[Net]) -> Result<Nets, Error> {
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

impl Which {
    fn change(
        self,
        yes: bool,
        new_list: impl Fn(&Key) -> Result<Nets, Error>,
        store: &mut Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let change = |key: &Key, now: Timestamp| match key.is_revoked(now) {
            true => Err(state_error::revoked(key)),
            false => Ok(Key {
                allowlist: new_list(key)?,
                ..key.clone()
            }),
        };
        let wanted = self.key.read(input)?;
        let before = store.read(|view| {
            key_ref::find(
                view,
                &wanted,
                self.env,
                OnOpenRotation::Newest,
                author.now(),
            )
        })?;
        let planned = change(&before, author.now())?;
        if before.allowlist.is_narrowed_by(&planned.allowlist) {
            output.remark(&impact::told(store, &before, Some(&planned), author.now())?);
        }
        if before.allowlist.is_opened_by(&planned.allowlist) {
            input.confirm(yes, &format!("Let everyone use {}?", called(&before)))?;
        }
        let mut write = author.write(store, Lock::Immediate)?;
        let now = write.now();
        let before = write.view().known_key(before.id)?;
        let after = change(&before, now)?;
        if before.allowlist.is_opened_by(&after.allowlist) && after.allowlist != planned.allowlist {
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
        output.key_now(&after, now)?;
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
        Ok(())
    }
}
