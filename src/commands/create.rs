//! `create`: a new key.

pub mod dialogue;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::shell::command;
use crate::commands::warning::Warning;
use crate::context::Streams;
use crate::domain::event::Action;
use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::domain::{
    Allowlist, ApiKey, Environment, Expiry, Key, Name, Net, Preset, Scope, ScopeSet, Text,
    TextOrNone, Timestamp,
};
use crate::error::Error;
use crate::session::input::Input;
use crate::session::{Exit, Issuer, Issuing, Session, Setup, delivery, state_error};
use crate::store::{Lock, exists};
use crate::view::create::CreatedKey;
use crate::view::text::escape::visible;
use crate::view::text::time::exact_and_relative;
use crate::view::{Format, Output};

/// Create a key and print it, once
///
/// Standard output gets the key and nothing else; only its hash is stored. At a terminal, the
/// command asks for the settings step by step if NAME or the scopes are missing. The first key
/// creates the store.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"zenflow-keys create "ERP Integration" --preset erp-sync --expires 90d --allow-ip 203.0.113.0/24"#,
    "KEY=$(zenflow-keys create reports --scope read:orders,read:stock --owner finance)",
    "zenflow-keys create deploy --preset read-only --if-absent --out /run/secrets/zenflow-key",
]))]
#[command(own_options_first())]
pub struct Create {
    /// Name, such as "ERP Integration"
    name: Option<Name>,
    /// Preset of scopes: read-only, erp-sync, stock-sync, full-access
    #[arg(short, long, value_name = "PRESET", add = Completer::Preset)]
    preset: Vec<&'static Preset>,
    /// Scopes, separated by commas or given one by one: read:orders,write:orders
    #[arg(short, long, value_name = "SCOPE", add = Completer::Scope, value_delimiter = ',')]
    scope: Vec<Scope>,
    /// Environment: live, test
    #[arg(long, value_name = "ENV", add = Completer::Environment, default_value = Environment::Live.as_str())]
    env: Environment,
    /// Expiry: 90d, 6mo, 2026-12-31, a time such as 2026-12-31T09:30:00Z, or never
    #[arg(short, long, value_name = "WHEN", add = Completer::Duration)]
    expires: Option<Expiry>,
    /// Addresses or CIDR ranges from which it may be used (default: any address)
    #[arg(long, value_name = "NET", value_delimiter = ',')]
    allow_ip: Vec<Net>,
    /// Person or team responsible
    #[arg(long, value_name = "TEXT", add = Completer::Owner)]
    owner: Option<TextOrNone>,
    /// Free-text note
    #[arg(long, value_name = "TEXT")]
    note: Option<TextOrNone>,
    /// Succeed without creating anything if a usable key already has this name
    #[arg(long)]
    if_absent: bool,
    /// Write the key to this new file instead of standard output
    #[arg(short, long, value_name = "FILE", add = Completer::File)]
    out: Option<PathBuf>,
}

/// The settings of a key that is going to be made.
#[derive(Debug)]
pub struct PlannedKey {
    pub(crate) name: Name,
    pub(crate) environment: Environment,
    pub(crate) scopes: ScopeSet,
    pub(crate) expiry: Expiry,
    pub(crate) allowlist: Allowlist,
    owner: Option<Text>,
    note: Option<Text>,
    if_absent: bool,
    out: Option<PathBuf>,
}

impl Create {
    /// Makes the key, and the store for it if there is none.
    pub fn run(self, mut setup: Setup<'_>) -> Result<Exit, Error> {
        let now = setup.now();
        let store = setup.place()?.path;
        let plan = self.complete(&store, now, &mut setup.input)?;
        plan.check(&store, setup.now(), &setup.input.streams)?;
        plan.run(&mut setup.issuing_in_any_store()?)
    }

    /// Completes the settings, by asking if there is somebody to ask.
    fn complete(
        self,
        store: &Path,
        now: Timestamp,
        input: &mut Input<'_>,
    ) -> Result<PlannedKey, Error> {
        let out = delivery::out_file(self.out);
        if !self.if_absent {
            delivery::unless_stdout_is_lost(&input.streams, out.as_deref())?;
            delivery::check_out(out.as_deref(), store)?;
        }
        let scopes: ScopeSet = self.scope.into_iter().collect();
        let scopes = self
            .preset
            .iter()
            .fold(scopes, |scopes, preset| scopes.with(preset.scopes));
        let allowlist: Allowlist = self.allow_ip.into_iter().collect();
        let plan = |name, scopes, expiry, allowlist| PlannedKey {
            name,
            environment: self.env,
            scopes,
            expiry,
            allowlist,
            owner: self.owner.and_then(|owner| owner.0),
            note: self.note.and_then(|note| note.0),
            if_absent: self.if_absent,
            out,
        };
        match self.name {
            Some(name) if !scopes.is_empty() => Ok(plan(
                name,
                scopes,
                self.expires.unwrap_or(Expiry::Never),
                allowlist,
            )),
            name if input.is_interactive() => {
                let prompt = input.prompt();
                let answers = dialogue::ask(name, scopes, self.expires, allowlist, now, prompt)?;
                let plan = plan(
                    answers.name,
                    answers.scopes,
                    answers.expiry,
                    answers.allowlist,
                );
                dialogue::confirm(&plan, now, prompt)?;
                Ok(plan)
            }
            Some(_) => Err(
                Error::usage("no scopes given: use --preset or --scope").hint(
                    Hint::from("--preset read-only, or --scope read:orders; '")
                        .then(Remedy::ListPresets)
                        .then("' and 'scopes' list them"),
                ),
            ),
            None => Err(Error::usage("missing <NAME>").hint(Remedy::CreateExample)),
        }
    }
}

impl PlannedKey {
    /// Finds what is wrong before a store is made for it.
    fn check(&self, store: &Path, now: Timestamp, streams: &Streams) -> Result<(), Error> {
        self.expiry.expires_at(now)?;
        if !exists(store) {
            delivery::unless_stdout_is_lost(streams, self.out.as_deref())?;
            delivery::check_out(self.out.as_deref(), store)?;
        }
        Ok(())
    }

    /// Makes the key.
    fn run(self, session: &mut Issuing<'_>) -> Result<Exit, Error> {
        let Session {
            store,
            author: Issuer { author, entropy },
            input,
            output,
            ..
        } = session;
        let mut write = author.write(store, Lock::Exclusive)?;
        let now = write.now();
        if let Some(holder) = write
            .view()
            .name_holder(&self.name, self.environment, &[], now)?
        {
            drop(write);
            return self.already_there(&holder, now, output);
        }
        delivery::unless_stdout_is_lost(&input.streams, self.out.as_deref())?;
        let id = delivery::draw_id(write.view(), *entropy)?;
        let key = Key {
            id,
            name: self.name,
            environment: self.environment,
            scopes: self.scopes,
            allowlist: self.allowlist,
            owner: self.owner,
            note: self.note,
            created_at: now,
            expires_at: self.expiry.expires_at(now)?,
            disabled_at: None,
            revocation: None,
            rotated_from: None,
            rotated_to: None,
            last_use: None,
        };
        let api_key =
            ApiKey::draw(key.environment, id, *entropy).map_err(delivery::no_randomness)?;
        write.insert(&key, &api_key.digest(), Action::Create)?;
        delivery::deliver(write, &api_key, self.out.as_deref(), output, |secret| {
            CreatedKey {
                created: true,
                key: &key,
                api_key: secret,
                now,
            }
        })?;
        advise(&key, self.out.as_deref(), now, output);
        Ok(Exit::Done)
    }

    fn already_there(
        &self,
        holder: &Key,
        now: Timestamp,
        output: &mut Output<'_>,
    ) -> Result<Exit, Error> {
        if !self.if_absent {
            return Err(state_error::name_taken(holder));
        }
        output.show(&CreatedKey {
            created: false,
            key: holder,
            api_key: None,
            now,
        })?;
        output.remark(&format!(
            "{} already exists; no change",
            state_error::called(holder)
        ));
        Ok(Exit::Done)
    }
}

/// What to do with a new key, and what ZenFlow's documentation advises.
fn advise(key: &Key, out: Option<&Path>, now: Timestamp, output: &mut Output<'_>) {
    if output.format() != Format::Human {
        return;
    }
    let ends = key
        .expires_at
        .map_or_else(|| "never".into(), |at| exact_and_relative(at, now));
    output.remark(&format!(
        "Created {}, {}, expires {ends}",
        state_error::called(key),
        key.environment
    ));
    output.remark(&format!("  scopes     {}", key.scopes.words().join(", ")));
    if !key.allowlist.is_empty() {
        output.remark(&format!("  allowlist  {}", key.allowlist));
    }
    where_to_keep(out, output);
    let scope = key.scopes.words().first().copied().unwrap_or_default();
    let from = key
        .allowlist
        .entries()
        .first()
        .map(|_| " --ip ADDRESS")
        .unwrap_or_default();
    let options = format!("--scope {scope}{from}");
    match out.map(|path| path.to_str().filter(|path| visible(path) == **path)) {
        None => output.command(&format!(
            "Check it: printf %s \"$KEY\" | zenflow-keys check {options}"
        )),
        Some(Some(path)) => output.command(&format!(
            "Check it: {} {options}",
            command(&["check", "--key-file", path])
        )),
        // A command that names a file with hidden characters could not be copied.
        Some(None) => {}
    }
    Warning::of(key).for_each(|warning| output.warn(&warning.to_string()));
}

/// Where a key that was just shown belongs.
pub(crate) fn where_to_keep(out: Option<&Path>, output: &mut Output<'_>) {
    match out {
        Some(path) => output.remark(&format!("The key is in {}; it will not be shown again", visible(&shown(path)))),
        None => output.remark("Save it now: it will not be shown again. Keep it in an environment variable or a secret store, not in code."),
    }
}
