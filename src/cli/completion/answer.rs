//! The answer to a shell that asks what can be completed.
//!
//! The shell's script sets [`VARIABLE`] and writes the command line to standard input. Each line of
//! the answer is a candidate; for bash what it is to insert, for other shells the whole word, a tab
//! and a description. A line of a tab and `files` hands over to the shell's own completion of
//! files. Whatever goes wrong, the answer is only shorter: a person who presses TAB wants no error.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::sync::Arc;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::cli::completion::bash_line::BashLine;
use crate::cli::completion::request::CompletionRequest;
use crate::cli::completion::values::{Completer, MoreFormats};
use crate::context::Context;
use crate::domain::Timestamp;

/// The variable by which a script says that it asks, and by which [`Protocol`].
const VARIABLE: &str = "ZENFLOW_KEYS_COMPLETE";

/// Marks the candidate that stands for files.
const FILES: &str = "files";

/// The longest command line that is read.
const LONGEST: u64 = 1 << 20;

/// How a script asks, and what it wants in return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The characters at which bash breaks words, and the line; what bash is to insert.
    Bash,
    /// The words; whole words, with descriptions.
    Words,
}

impl Protocol {
    /// The protocol of the completion script that asks, if one does.
    ///
    /// The scripts set the variable, pass no argument and write to standard input. Anybody else
    /// who has the variable set, by mistake or by malice, must get what the command line says: an
    /// exit status of 0 for a command that did not run can mean that a key is allowed.
    pub fn requested(args: &[OsString], context: &Context<'_>) -> Option<Self> {
        if args.len() > 1 || context.streams.stdin_is_terminal {
            return None;
        }
        match (context.variable)(VARIABLE)?.to_str()? {
            "bash" => Some(Protocol::Bash),
            "words" => Some(Protocol::Words),
            _ => None,
        }
    }
}

/// The definition of the whole program.
type Program = fn() -> Command;

/// Writes the candidates for the command line on standard input.
pub fn answer(protocol: Protocol, program: Program, context: Context<'_>) {
    let Context {
        clock,
        variable,
        stdin,
        stdout,
        ..
    } = context;
    let mut asked = Vec::new();
    if stdin.take(LONGEST).read_to_end(&mut asked).is_err() {
        return;
    }
    let asked = String::from_utf8_lossy(&asked);
    let asked = asked.strip_suffix('\n').unwrap_or(&asked);
    let mut parts: Vec<String> = asked
        .strip_suffix('\0')
        .unwrap_or(asked)
        .split('\0')
        .map(str::to_owned)
        .collect();
    let mut line = None;
    if protocol == Protocol::Bash {
        let [breaks, typed] = parts.as_slice() else {
            return;
        };
        let parsed = BashLine::parse(typed, breaks);
        parts.clone_from(&parsed.words);
        line = Some(parsed);
    }
    let lines: Vec<String> = match &line {
        Some(line) if line.is_redirected => vec![files()],
        _ => candidates(program, &parts, clock(), variable)
            .iter()
            .filter_map(|candidate| shown(candidate, line.as_ref()))
            .collect(),
    };
    // A shell that does not listen has lost interest.
    let _ = lines
        .iter()
        .try_for_each(|line| writeln!(stdout, "{line}"))
        .and_then(|()| stdout.flush());
}

fn files() -> String {
    format!("\t{FILES}")
}

fn shown(candidate: &CompletionCandidate, line: Option<&BashLine>) -> Option<String> {
    if is_files(candidate) {
        return Some(files());
    }
    let value = candidate.get_value().to_str()?;
    match line {
        Some(line) => line.replacement(value),
        None => {
            let help = candidate
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            Some(format!(
                "{value}\t{}",
                help.lines().next().unwrap_or_default()
            ))
        }
    }
}

fn is_files(candidate: &CompletionCandidate) -> bool {
    candidate.get_id().is_some_and(|id| id == FILES)
}

/// What can stand in the place of the last word.
fn candidates(
    program: Program,
    words: &[String],
    now: Timestamp,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Vec<CompletionCandidate> {
    let Some(current) = words.last() else {
        return Vec::new();
    };
    let request = Arc::new(CompletionRequest::new(words, now, variable));
    let mut command = with_completers(program(), program, &request);
    // Behind one hyphen the engine offers letters in the place of the options that have one.
    let arguments: Vec<OsString> = words
        .iter()
        .map(|word| {
            if word == "-" {
                "--".into()
            } else {
                word.into()
            }
        })
        .collect();
    let mut found = complete(&mut command, arguments, words.len() - 1, None).unwrap_or_default();
    let is_option =
        |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().starts_with('-');
    if !current.starts_with('-') && takes_operands(&command, words) {
        found.retain(|candidate| !is_option(candidate));
    }
    let is_letter =
        |candidate: &CompletionCandidate| is_option(candidate) && candidate.get_value().len() == 2;
    found.retain(|candidate| !is_letter(candidate) || current.len() == 2);
    if found.iter().any(is_files) {
        found.retain(is_files);
    }
    found
}

/// Whether the command that the words name has operands or subcommands; the options of one that has
/// neither are offered unasked.
fn takes_operands(command: &Command, words: &[String]) -> bool {
    let named = words.iter().skip(1).fold(command, |command, word| {
        command.find_subcommand(word).unwrap_or(command)
    });
    named.has_subcommands() || named.get_positionals().next().is_some()
}

/// The commands below the one that these words name.
fn commands(program: &Command, path: &[&str]) -> Vec<CompletionCandidate> {
    let parent = path
        .iter()
        .try_fold(program, |command, word| command.find_subcommand(word));
    parent
        .into_iter()
        .flat_map(Command::get_subcommands)
        .filter(|command| command.get_name() != "help")
        .map(|command| {
            CompletionCandidate::new(command.get_name()).help(command.get_about().cloned())
        })
        .collect()
}

/// Lets the completer of each argument of a command and of its subcommands answer.
fn with_completers(
    command: Command,
    program: Program,
    request: &Arc<CompletionRequest>,
) -> Command {
    let name = command.get_name().to_owned();
    let formats = command.get::<MoreFormats>().copied();
    let with_value: Arc<[String]> = options_with_values(&command).into();
    let command = command.mut_args(|arg| {
        let Some(completer) = arg.get::<Completer>().copied() else {
            return arg;
        };
        let (request, with_value, name) =
            (Arc::clone(request), Arc::clone(&with_value), name.clone());
        arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
            let typed = typed.to_string_lossy();
            let operands = || request.operands(&name, &with_value);
            let mut offered = match completer {
                Completer::File => {
                    return vec![CompletionCandidate::new("").id(Some(FILES.into()))];
                }
                // A name is offered whatever its case.
                Completer::Key(keys) => {
                    return request.keys(keys.filter(|option| request.has(option)), &typed);
                }
                Completer::Owner => request.owners(&typed),
                Completer::AllowlistEntry => request.allowlist_entries(&operands()),
                Completer::Command => commands(&program(), &operands()),
                words => words.words(formats),
            };
            offered.retain(|word| {
                let word = word.get_value().to_string_lossy();
                word.starts_with(&*typed)
                    && !(completer.is_for_several() && request.is_chosen(&word))
            });
            offered
        }))
    });
    command.mut_subcommands(|subcommand| with_completers(subcommand, program, request))
}

/// The options of a command that have a value, as they are typed.
fn options_with_values(command: &Command) -> Vec<String> {
    command
        .get_opts()
        .filter(|option| option.get_action().takes_values())
        .flat_map(|option| {
            let long = option.get_long().map(|long| format!("--{long}"));
            long.into_iter()
                .chain(option.get_short().map(|short| format!("-{short}")))
        })
        .collect()
}
