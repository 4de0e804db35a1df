//! `scan`: find leaked keys, and say whose they are and whether they still work.

mod revocation;
mod watch;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::cli::completion::values::{Completer, MoreFormats};
use crate::cli::help::{Examples, OwnOptionsFirst, Section, Sections, rows};
use crate::cli::remedy;
use crate::commands::scan::revocation::Revocations;
use crate::commands::scan::watch::{WatchedInput, watched};
use crate::domain::leak::FailOn;
use crate::domain::path::{shown, shown_exactly};
use crate::error::{Code, Error};
use crate::leak::baseline::{self, Baseline};
use crate::leak::changes::{search_since, search_staged};
use crate::leak::exclude::Exclude;
use crate::leak::files::{Files, search_input};
use crate::leak::findings::{findings, known_keys};
use crate::leak::git::Git;
use crate::leak::history::limits::Limits;
use crate::leak::history::search_history;
use crate::leak::{KnownKeys, Progress, Survey};
use crate::session::{Exit, Setup};
use crate::store::files::{Destination, Kind};
use crate::store::{Store, missing};
use crate::view::Format;
use crate::view::scan::{STANDARD_INPUT, ScanReport};
use crate::view::text::escape::visible;

/// It reveals nothing, and belongs into the repository.
const BASELINE: Kind = Kind {
    name: "a baseline of this program",
    first_line: baseline::FIRST_LINE,
    mode: 0o644,
};

const SEVERITIES: [(&str, &str); 3] = [
    ("error", "a live key that is active or disabled"),
    (
        "warning",
        "a test key that is active or disabled, or a key that the store does not know",
    ),
    ("note", "a key that is expired, revoked or pruned"),
];

/// Find leaked keys in files, in a repository or on standard input
///
/// A key is recognised by its form and checksum, in ASCII and UTF-16, also in binary and compressed
/// files; the store says whose it is and whether it still works. No key is ever shown. Without a
/// path it looks at everything below the current directory: hidden files and what git ignores too,
/// but not inside .git. A line that also holds 'zenflow-keys:allow' is left alone. Exit status 7 if
/// there is a finding as bad as --fail-on says, else 1 if something could not be read.
#[derive(Debug, Args)]
#[command(add = MoreFormats::Leaks)]
#[command(mut_arg("yes", |yes| yes.requires("revoke")))]
#[command(add = Examples(&[
    "zenflow-keys scan",
    "zenflow-keys scan /srv /var/log --exclude '*.iso'",
    "zenflow-keys scan --staged",
    "zenflow-keys scan --history",
    "zenflow-keys scan --since origin/main --format sarif > leaks.sarif",
    "git log -p | zenflow-keys scan - --revoke",
]))]
#[command(own_options_first())]
#[command(add = Sections(&[Section { title: "Severities", rows: || rows(&SEVERITIES) }]))]
pub struct Scan {
    /// Files and directories; - for standard input; by default the current directory
    #[arg(value_name = "PATH", add = Completer::File)]
    paths: Vec<PathBuf>,
    /// Look at what the next commit would add, in the repository around the current directory
    #[arg(long, conflicts_with_all = ["paths", "since"])]
    staged: bool,
    /// Look at every version of every file in a repository, reachable or not
    ///
    /// PATH is the repository, by default that around the current directory.
    #[arg(long, conflicts_with_all = ["staged", "since"])]
    history: bool,
    /// Look at what the commits since this one add, up to HEAD: for a pull request
    #[arg(
        long,
        value_name = "REV",
        conflicts_with = "paths",
        allow_hyphen_values = true
    )]
    since: Option<OsString>,
    /// Leave out what matches, in the syntax of gitignore (repeatable)
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Leave out what git ignores
    #[arg(long, conflicts_with_all = ["staged", "since", "history"])]
    gitignore: bool,
    /// Exit with 7 if there is a finding this bad: error, warning, note, never
    #[arg(long, value_name = "SEVERITY", add = Completer::FailOn, default_value = FailOn::Warning.as_str())]
    fail_on: FailOn,
    /// Do not count the findings in this file
    #[arg(long, value_name = "FILE", add = Completer::File)]
    baseline: Option<PathBuf>,
    /// Write all findings to this file, for --baseline
    ///
    /// A baseline that this command wrote before is replaced; any other file is refused.
    #[arg(long, value_name = "FILE", add = Completer::File)]
    write_baseline: Option<PathBuf>,
    /// Revoke the usable keys that were found, after asking
    #[arg(long)]
    revoke: bool,
    #[command(flatten)]
    revocation: Revocations,
}

impl Scan {
    /// Scans.
    pub fn run(self, mut setup: Setup<'_>) -> Result<Exit, Error> {
        let exclude = Arc::new(Exclude::new(&self.exclude).map_err(|problem| {
            Error::usage(format!("--exclude is not a gitignore pattern: {problem}"))
        })?);
        if self.paths.len() > 1 && self.paths.iter().any(|path| is_standard_input(path)) {
            return Err(Error::usage("'-' cannot be combined with paths")
                .hint("run the command once for each"));
        }
        if self.history && self.paths.len() > 1 {
            return Err(Error::usage("--history searches one repository at a time")
                .hint("run the command once for each"));
        }
        let store = setup.store_if_any()?;
        if self.revoke && store.is_none() {
            return Err(missing());
        }
        let accepted = self.baseline.as_deref().map(Baseline::read).transpose()?;
        if let Some(path) = &self.write_baseline {
            // Refused before the work is done.
            place_of(path, store.as_ref())?.must_be_free_or(BASELINE)?;
        }
        let known = known_keys(store.as_ref())?;
        let started = setup.now();
        let (survey, nothing) = self.survey(&mut setup, exclude, &known)?;
        let now = setup.now();
        let mut found = findings(survey.places, store.as_ref(), now)?;
        let written = self
            .write_baseline
            .as_ref()
            .map(|path| (path, baseline::written(&found)));
        let baseline = accepted.map_or(0, |accepted| accepted.take_from(&mut found));
        let report = ScanReport {
            findings: found,
            counts: survey.counts,
            baseline,
            unreadable: survey
                .unreadable
                .iter()
                .map(|one| (shown_exactly(&one.what), one.why.clone()))
                .collect(),
            has_store: store.is_some(),
            usage_since: match &store {
                Some(store) => store.read(|view| view.usage_since())?,
                None => None,
            },
            seconds: now.unix().saturating_sub(started.unix()).unsigned_abs(),
            nothing,
            command_line: remedy::command_line,
        };
        let leaked = self.revocation.of(&report.findings)?;
        if self.revoke && setup.output.format() != Format::Human {
            // A program gets the document or the failure, not both.
            self.revocation.unless_nobody_can_agree(&leaked, &setup)?;
        }
        setup.output.scanned(&report, now)?;
        if let Some((path, text)) = written {
            place_of(path, store.as_ref())?.replace(BASELINE, text.as_bytes())?;
            setup
                .output
                .remark(&format!("Baseline written to {}", visible(&shown(path))));
        }
        if let (true, Some(store)) = (self.revoke, store) {
            self.revocation.revoke(&leaked, store, setup)?;
        }
        Ok(self.exit(&report))
    }

    fn exit(&self, report: &ScanReport) -> Exit {
        let fails = |severity| self.fail_on.is_reached_by(severity);
        if report.findings.iter().any(|one| fails(one.severity)) {
            Exit::Findings
        } else if report.unreadable.is_empty() {
            Exit::Done
        } else {
            Exit::Incomplete
        }
    }

    /// Looks at everything; also what is said if there is nothing to look at.
    fn survey(
        &self,
        setup: &mut Setup<'_>,
        exclude: Arc<Exclude>,
        known: &KnownKeys,
    ) -> Result<(Survey, &'static str), Error> {
        let progress = Progress::default();
        if let [path] = &self.paths[..]
            && is_standard_input(path)
            && !self.history
        {
            let mut stdin = WatchedInput::new(setup);
            let survey = search_input(&mut stdin, path, known);
            stdin.done();
            return Ok((survey, "standard input is empty"));
        }
        if self.history {
            let repository = self.paths.first().map_or(Path::new("."), PathBuf::as_path);
            let git = Git::around(repository, None)?;
            let limits = Limits::default();
            let search = || search_history(&limits, &git, &exclude, known, &progress);
            let survey = watched(setup, &progress, search)?;
            return Ok((survey, "the repository has no files yet"));
        }
        if self.staged || self.since.is_some() {
            let index = (setup.variable)("GIT_INDEX_FILE");
            let git = Git::around(Path::new("."), index)?;
            return match &self.since {
                None => {
                    let search = || search_staged(&git, &exclude, known, &progress);
                    let survey = watched(setup, &progress, search)?;
                    Ok((survey, "the index adds nothing to HEAD"))
                }
                Some(revision) => {
                    let search = || search_since(&git, revision, &exclude, known, &progress);
                    let survey = watched(setup, &progress, search)?;
                    let survey = survey.ok_or_else(|| no_commit(revision))?;
                    Ok((survey, "there are no commits since then"))
                }
            };
        }
        let here = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() {
            &here
        } else {
            &self.paths[..]
        };
        let files = Files {
            paths,
            exclude,
            obeys_gitignore: self.gitignore,
        };
        let survey = watched(setup, &progress, || files.search(known, &progress));
        Ok((survey, "there are no files"))
    }
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

fn no_commit(revision: &OsString) -> Error {
    Error::usage(format!(
        "there is no commit '{}'",
        shown(Path::new(revision))
    ))
    .hint("name a branch, a tag or a commit that HEAD comes after: --since origin/main")
}

fn place_of(path: &Path, store: Option<&Store>) -> Result<Destination, Error> {
    Destination::new(path, store.map(Store::path), Code::OutFile)
}
