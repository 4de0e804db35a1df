//! `doctor`: what is wrong with the store, and what to do about it.

use clap::Args;

use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::remedy;
use crate::domain::path::shown;
use crate::error::Error;
use crate::session::interruption::Interruption;
use crate::session::{Exit, Setup};
use crate::store::{Depth, SCHEMA_VERSION, StoreFinding, doctor, sqlite_version};
use crate::view::doctor::{DoctorReport, ReportedFinding, StoreFacts};

/// Examine the store and say how to fix what is wrong
///
/// Checks what would make other commands refuse the store, and what they would not notice:
/// permissions and owners, the file and its file system, an interrupted write, the pages and tables
/// of the database, the clock, and the chain of the audit log. --deep also checks every index, and
/// every row against the rules and the audit log. Nothing is changed. The store can stay in use: it
/// is read once, into a private copy in the directory for temporary files. The exit status is 7 if
/// something should be done.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys doctor",
    "zenflow-keys doctor --deep --db restored.db",
    r#"zenflow-keys doctor --json | jq -r '.findings[] | .id + ": " + .remedy'"#,
]))]
#[command(own_options_first())]
pub struct Doctor {
    /// Also check every index and every row
    #[arg(long)]
    deep: bool,
}

impl Doctor {
    /// Looks at the store, which may be one that nothing else opens.
    pub fn run(self, setup: Setup<'_>) -> Result<Exit, Error> {
        let now = setup.now();
        let path = setup.place()?.path;
        let mut output = setup.output;
        let interruption = Interruption::listen()?;
        let depth = if self.deep { Depth::Deep } else { Depth::Quick };
        let outcome = doctor(&path, depth, now, &|| interruption.go_on())?;
        let ok = !outcome
            .findings
            .iter()
            .any(|finding| finding.wants_action());
        output.show(&DoctorReport {
            ok,
            deep: self.deep,
            findings: outcome.findings.iter().map(reported).collect(),
            store: StoreFacts {
                path: shown(&outcome.path),
                schema: outcome.schema,
                keys: outcome.extent.map(|extent| extent.keys),
                events: outcome.extent.map(|extent| extent.events),
                head: outcome.extent.map(|extent| extent.head.to_string()),
                bytes: outcome.extent.map(|extent| extent.bytes),
            },
            program_schema: SCHEMA_VERSION,
            sqlite_version: sqlite_version(),
        })?;
        Ok(Exit::findings_if(!ok))
    }
}

fn reported(finding: &StoreFinding) -> ReportedFinding<'_> {
    ReportedFinding {
        id: finding.id(),
        severity: finding.severity(),
        message: &finding.message,
        remedy: remedy::written(&finding.remedy),
    }
}
