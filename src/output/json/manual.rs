//! The documents of `man`.

use serde::Serialize;

/// One page of the manual.
#[derive(Serialize)]
pub struct ManualPage<'a> {
    /// The name of its file.
    pub page: &'a str,
    /// What it says, in roff.
    pub text: &'a str,
}

/// Files that were written.
#[derive(Serialize)]
pub struct Files {
    /// Their paths.
    pub files: Vec<String>,
}
