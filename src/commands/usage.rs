//! `usage`: what gateways logged, counted.

pub mod import;
pub mod report;

use clap::Subcommand;

use crate::cli::help::Examples;

/// Count uses from access logs, and report them
///
/// Uses are recorded by 'usage import' and by 'check --record'; others are not known. Recording a
/// use makes no entry in the audit log.
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
