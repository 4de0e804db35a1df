//! The commands: one file each, and the one place that names them all.

pub mod allowlist;
pub mod backup;
pub mod check;
pub mod completions;
pub mod create;
pub mod disable;
pub mod doctor;
pub mod enable;
pub mod exit_status;
pub mod list;
pub mod log;
pub mod man;
pub mod presets;
pub mod program;
pub mod prune;
pub mod review;
pub mod revoke;
pub mod rotate;
pub mod scan;
pub mod scopes;
pub mod serve;
pub mod show;
pub mod suggest;
pub mod update;
pub mod usage;
pub mod warning;

use clap::{Parser, Subcommand};

use crate::cli::Global;
use crate::cli::help::Examples;
use crate::commands::allowlist::AllowlistCommand;
use crate::commands::usage::Usage;
use crate::error::Error;
use crate::session::{Exit, Setup};
use crate::view::Format;

/// Administer ZenFlow API keys in a local store
///
/// Create, list, rotate, revoke and check keys, offline, in one SQLite file. A key is shown once;
/// only its hash is stored. The hosted ZenFlow API does not read this store: keys created here work
/// wherever the store is consulted, such as in your own gateway or in a deployment step that runs
/// 'zenflow-keys check'.
#[derive(Debug, Parser)]
#[command(name = "zenflow-keys", version, max_term_width = 100)]
#[command(add = Examples(&[
    r#"KEY=$(zenflow-keys create "ERP Integration" --preset erp-sync --expires 90d)"#,
    "zenflow-keys list",
    r#"printf %s "$KEY" | zenflow-keys check --request "POST /orders""#,
    r#"zenflow-keys rotate "ERP Integration""#,
]))]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
#[allow(
    missing_docs,
    reason = "a comment here would replace the help of the command"
)]
pub enum Command {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Rotate(rotate::Rotate),
    Revoke(revoke::Revoke),
    Disable(disable::Disable),
    Enable(enable::Enable),
    #[command(subcommand)]
    Allowlist(AllowlistCommand),
    Check(check::Check),
    Serve(serve::Serve),
    Scopes(scopes::Scopes),
    Presets(presets::Presets),
    Log(log::Log),
    Backup(backup::Backup),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Usage(Usage),
    Review(review::Review),
    Suggest(suggest::Suggest),
    Prune(prune::Prune),
    Scan(scan::Scan),
    Completions(completions::Completions),
    Man(man::Man),
    ExitStatus(exit_status::ExitStatus),
}

impl Command {
    /// Whether its output can be a list, one object or row a line.
    fn prints_a_list(&self) -> bool {
        matches!(
            self,
            Command::List(_)
                | Command::Log(_)
                | Command::Usage(Usage::Report(_))
                | Command::Scan(_)
        )
    }

    /// Does it. What opens the store for a command is also what it may do with it.
    pub fn run(self, mut setup: Setup<'_>) -> Result<Exit, Error> {
        if setup.output.format().is_for_lists() && !self.prints_a_list() {
            return Err(Error::usage("jsonl and csv are for lists")
                .hint("use --format json, or --json for short"));
        }
        if setup.output.format() == Format::Sarif && !matches!(self, Command::Scan(_)) {
            return Err(Error::usage("sarif is for what 'scan' finds")
                .hint("use --format json, or --json for short"));
        }
        match self {
            Command::Create(create) => create.run(setup),
            Command::List(list) => list.run(&mut setup.reading()?),
            Command::Show(show) => show.run(&mut setup.reading()?),
            Command::Update(update) => update.run(&mut setup.writing()?),
            Command::Rotate(rotate) => rotate.run(&mut setup.issuing()?),
            Command::Revoke(revoke) if revoke.dry_run => revoke.preview(&mut setup.reading()?),
            Command::Revoke(revoke) => revoke.run(&mut setup.writing()?),
            Command::Disable(disable) if disable.dry_run => disable.preview(&mut setup.reading()?),
            Command::Disable(disable) => disable.run(&mut setup.writing()?),
            Command::Enable(enable) if enable.dry_run => enable.preview(&mut setup.reading()?),
            Command::Enable(enable) => enable.run(&mut setup.writing()?),
            Command::Allowlist(AllowlistCommand::Add(entries)) => {
                entries.add(&mut setup.writing()?)
            }
            Command::Allowlist(AllowlistCommand::Remove(entries)) => {
                entries.remove(&mut setup.writing()?)
            }
            Command::Allowlist(AllowlistCommand::Set(entries)) => {
                entries.set(&mut setup.writing()?)
            }
            Command::Allowlist(AllowlistCommand::Clear(clear)) => clear.run(&mut setup.writing()?),
            Command::Allowlist(AllowlistCommand::List(list)) => list.run(&mut setup.reading()?),
            Command::Check(check) => check.run(setup),
            Command::Serve(serve) => serve.run(setup),
            Command::Scopes(scopes) => scopes.run(&mut setup.output),
            Command::Presets(presets) => presets.run(&mut setup.output),
            Command::Log(log) => log.run(&mut setup.reading()?),
            Command::Backup(backup) => backup.run(&mut setup.reading()?),
            Command::Doctor(doctor) => doctor.run(setup),
            Command::Usage(Usage::Import(import)) => import.run(&mut setup.writing()?),
            Command::Usage(Usage::Report(report)) => report.run(&mut setup.reading()?),
            Command::Review(review) if review.decides() => review.decide(&mut setup.writing()?),
            Command::Review(review) => review.run(&mut setup.reading()?),
            Command::Suggest(suggest) => suggest.run(&mut setup.reading()?),
            Command::Prune(prune) if prune.dry_run => prune.preview(&mut setup.reading()?),
            Command::Prune(prune) => prune.run(&mut setup.writing()?),
            Command::Scan(scan) => scan.run(setup),
            Command::Completions(completions) => completions.run(&mut setup.output),
            Command::Man(man) => man.run(setup),
            Command::ExitStatus(exit_status) => exit_status.run(&mut setup.output),
        }
    }
}
