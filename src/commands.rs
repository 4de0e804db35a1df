//! From a command line to a command: what holds for all of them, and the one place that names each.

pub mod allowlist;
pub mod backup;
pub mod check;
pub mod completions;
pub mod create;
pub mod doctor;
pub mod exit_status;
pub mod list;
pub mod log;
pub mod man;
pub mod prune;
pub mod review;
pub mod revoke;
pub mod rotate;
pub mod scopes;
pub mod show;
pub mod suggest;
pub mod switch;
pub mod update;
pub mod usage;
pub mod warning;

use std::ffi::OsString;

use clap::builder::StyledStr;

use crate::check::batch::when_free;
use crate::cli::{Cli, Command, remedy};
use crate::context::{Context, Variable};
use crate::domain::{Text, Timestamp};
use crate::error::{Code, Error};
use crate::session::input::{Input, interrupted};
use crate::session::place::{Place, place};
use crate::session::{Author, remark_on};
use crate::store;
use crate::store::{Access, Store};
use crate::view::json::Version;
use crate::view::text::theme::Theme;
use crate::view::{Output, failure};

/// Runs the command that the arguments name, and returns the exit status.
pub fn run(args: &[OsString], context: Context<'_>) -> u8 {
    let Context {
        clock,
        entropy,
        variable,
        user,
        stdin,
        stdout,
        stderr,
        streams,
        prompt,
    } = context;
    let words: Vec<_> = args
        .iter()
        .skip(1)
        .map(|arg| arg.to_string_lossy())
        .collect();
    let secret = crate::cli::usage_error::secret_among(&words)
        .or_else(|| crate::cli::usage_error::secret_in_environment(variable));
    let parsed = match secret {
        Some(error) => Err(crate::cli::usage_error::Wrong::Error(error)),
        None if words.is_empty() => Err(crate::cli::usage_error::Wrong::Nothing(
            crate::cli::whole().render_help(),
        )),
        None => {
            crate::cli::parse(args).map_err(|error| crate::cli::usage_error::explain(error, &words))
        }
    };
    let options = match &parsed {
        Ok(cli) => crate::cli::options(&cli.global, variable, streams),
        Err(_) => crate::cli::usage_error::options(&words, variable, streams),
    };
    let mut output = Output::new(stdout, stderr, options);
    let done = match parsed {
        Ok(cli) => {
            prompt.on_interruption(failure(&interrupted(), None, options));
            let mut input = Input {
                stdin,
                streams,
                prompt,
            };
            let world = World {
                clock,
                variable,
                user,
                entropy,
                stdout_is_lost: streams.stdout_is_lost,
            };
            dispatch(cli, world, &mut input, &mut output)
        }
        Err(crate::cli::usage_error::Wrong::Help(help)) => {
            output.text(&painted(&help, options.out)).map(|()| 0)
        }
        Err(crate::cli::usage_error::Wrong::Nothing(help)) => {
            output.usage(&painted(&help, options.err));
            Ok(Code::Usage.exit())
        }
        Err(crate::cli::usage_error::Wrong::Version) => output.version(version()).map(|()| 0),
        Err(crate::cli::usage_error::Wrong::Error(error)) => Err(error),
    };
    match done.and_then(|status| output.flush().map(|()| status)) {
        Ok(status) => status,
        Err(error) => {
            if error.code != Code::DeliveryFailed {
                // What was found before it failed. Not a key that was not made, which would still
                // be there.
                let _ = output.flush();
            }
            output.failure(&error, error.hint.as_ref().map(remedy::written).as_ref());
            error.code.exit()
        }
    }
}

fn painted(help: &StyledStr, look: Theme) -> String {
    if look.color {
        help.ansi().to_string()
    } else {
        help.to_string()
    }
}

/// Of the program, of the SQLite in it, and of the stores that it writes.
fn version() -> Version {
    Version {
        version: env!("CARGO_PKG_VERSION"),
        sqlite: store::sqlite_version(),
        store_schema: store::SCHEMA_VERSION,
    }
}

/// What commands are given of the outside world, besides the two ways to talk.
struct World<'a> {
    clock: &'a (dyn Fn() -> Timestamp + Sync),
    variable: Variable<'a>,
    user: &'a dyn Fn() -> String,
    entropy: &'a mut dyn crate::domain::Entropy,
    stdout_is_lost: bool,
}

fn dispatch(
    cli: Cli,
    world: World<'_>,
    input: &mut Input<'_>,
    output: &mut Output<'_>,
) -> Result<u8, Error> {
    let Cli { global, command } = cli;
    if output.format().is_for_lists()
        && !matches!(
            command,
            Command::List(_) | Command::Log(_) | Command::Usage(usage::Usage::Report(_))
        )
    {
        return Err(Error::usage("jsonl and csv are for lists")
            .hint("use --format json, or --json for short"));
    }
    match command {
        Command::Scopes(_) => return output.scopes().map(|()| 0),
        Command::Presets(_) => return output.presets().map(|()| 0),
        Command::Completions(completions) => return completions.run(output).map(|()| 0),
        Command::Man(man) => return man.run(output).map(|()| 0),
        Command::ExitStatus(_) => {
            return output
                .text(&(exit_status::explanation() + "\n"))
                .map(|()| 0);
        }
        _ => {}
    }
    let place = place(global.db, world.variable)?;
    act(command, &place, global.actor, world, input, output)
        .map_err(|error| error.in_store(&place.path))
}

/// Runs a command that uses the store. What opens the store for a command is also what it may do
/// with it.
fn act(
    command: Command,
    place: &Place,
    actor: Option<Text>,
    world: World<'_>,
    input: &mut Input<'_>,
    output: &mut Output<'_>,
) -> Result<u8, Error> {
    let World {
        clock,
        variable,
        user,
        entropy,
        stdout_is_lost,
    } = world;
    let path = &place.path;
    let read = |output: &mut Output<'_>| opened(Store::open(path, Access::Read)?, output);
    let write = |output: &mut Output<'_>| opened(Store::open_to_write(path, clock)?, output);
    let unless_dry = |dry_run: bool, output: &mut Output<'_>| {
        if dry_run { read(output) } else { write(output) }
    };
    let author = || Author::new(clock, actor, variable, user);
    match command {
        Command::List(list) => list.run(&read(output)?, clock(), output)?,
        Command::Show(show) => show.run(&read(output)?, clock(), input, output)?,
        Command::Log(log) => return log.run(&read(output)?, clock(), input, output),
        Command::Backup(backup) => backup.run(&read(output)?, output)?,
        Command::Doctor(doctor) => return doctor.run(path, clock(), output),
        Command::Usage(usage::Usage::Import(import)) => {
            return import.run(&mut write(output)?, &author()?, input, output);
        }
        Command::Usage(usage::Usage::Report(report)) => {
            report.run(&read(output)?, clock(), input, output)?
        }
        Command::Check(check) if check.batch && !check.record => {
            let store = when_free(|| Store::open(path, Access::Read))?;
            let store = opened(store, output)?;
            return check.batch(clock)?.answer(store, input, output);
        }
        Command::Check(check) if check.batch => {
            let author = author()?;
            let store = when_free(|| Store::open_to_write(path, clock))?;
            let store = opened(store, output)?;
            return check
                .batch(clock)?
                .answer_and_record(store, &author, input, output);
        }
        Command::Suggest(suggest) => suggest.run(&read(output)?, clock(), input, output)?,
        Command::Review(review) => return review.run(&read(output)?, clock(), input, output),
        Command::Check(check) if !check.record => {
            let question = check.question(clock(), variable, input)?;
            return question.answer(&read(output)?, clock, output);
        }
        Command::Check(check) => {
            let author = author()?;
            let question = check.question(clock(), variable, input)?;
            return question.answer_and_record(&mut write(output)?, &author, output);
        }
        Command::Allowlist(allowlist::Allowlist::List(list)) => {
            list.run(&read(output)?, clock(), input, output)?
        }
        Command::Create(create) => {
            let author = author()?;
            let create = create.complete(path, stdout_is_lost, author.now(), input)?;
            create.check(path, author.now(), stdout_is_lost)?;
            let mut store = Store::open_or_create(path, place.is_default, entropy, clock)?;
            remark_on(&store, output);
            create.run(&mut store, &author, entropy, stdout_is_lost, output)?;
        }
        Command::Rotate(rotate) => rotate.run(
            &mut write(output)?,
            &author()?,
            entropy,
            stdout_is_lost,
            input,
            output,
        )?,
        Command::Update(update) => update.run(&mut write(output)?, &author()?, input, output)?,
        Command::Revoke(revoke) => {
            let mut store = unless_dry(revoke.dry_run, output)?;
            revoke.run(&mut store, &author()?, input, output)?;
        }
        Command::Prune(prune) => {
            let mut store = unless_dry(prune.dry_run, output)?;
            prune.run(&mut store, &author()?, input, output)?;
        }
        Command::Disable(disable) => {
            let mut store = unless_dry(disable.is_dry_run(), output)?;
            disable.run(&mut store, &author()?, input, output)?;
        }
        Command::Enable(enable) => {
            let mut store = unless_dry(enable.is_dry_run(), output)?;
            enable.run(&mut store, &author()?, input, output)?;
        }
        Command::Allowlist(allowlist) => {
            allowlist.run(&mut write(output)?, &author()?, input, output)?
        }
        Command::Scopes(_)
        | Command::Presets(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::ExitStatus(_) => {}
    }
    Ok(0)
}

/// Says what is remarkable about a store that was opened.
fn opened(store: Store, output: &mut Output<'_>) -> Result<Store, Error> {
    remark_on(&store, output);
    Ok(store)
}
