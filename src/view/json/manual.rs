//! What the program tells of itself: the documents of `man`, `completions` and `--version`.

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

/// What teaches a shell this program.
#[derive(Serialize)]
pub struct Script<'a> {
    /// Which shell.
    pub shell: &'a str,
    /// What it is to read.
    pub script: &'a str,
}

/// What this program is made of.
#[derive(Serialize)]
pub struct Version {
    /// The version of the program.
    pub version: &'static str,
    /// That of SQLite.
    pub sqlite: &'static str,
    /// That of the stores that it writes.
    pub store_schema: i64,
}
