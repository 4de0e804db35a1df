//! `usage`: what gateways logged, counted.

pub mod import;
pub mod report;

use clap::Subcommand;

use crate::cli::help::Examples;

/// Count uses from access logs, and report them
///
/// Only what was recorded is known, by 'usage import' or by 'check --record'. Recording a use is no
/// event of the audit log.
#[derive(Debug, Subcommand)]
#[command(add = Examples(&[
    "zenflow-keys usage import /var/log/nginx/zenflow.log*",
    r#"zenflow-keys usage report "ERP Integration" --since 30d"#,
]))]
#[allow(
    missing_docs,
    reason = "a comment here would replace the help of the command"
)]
pub enum Usage {
    Import(import::Import),
    Report(report::UsageReport),
}
