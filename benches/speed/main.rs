//! How fast the program is, beside what cannot be done faster: `cargo bench`.
//!
//! Arguments choose sections (`cargo bench -- batch list`); `ZENFLOW_BENCH_KEYS=1,1000` chooses how
//! many keys the stores have; `ZENFLOW_BENCH_DIR` is where they are kept to be used again.
//! Everything is measured side by side in this one run, and told as a table in Markdown. What is
//! measured is the built program, by its own processes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]
#![allow(clippy::disallowed_methods, reason = "a measurement asks the clock")]

mod batch;
mod check;
mod create;
mod lists;
mod log;
mod machine;
mod measure;
mod report;
mod stores;

use std::path::PathBuf;

use report::Report;
use stores::Fixture;

type Section = (&'static str, fn(&[Fixture], &mut Report));

const SECTIONS: [Section; 6] = [
    ("check", check::section),
    ("batch", batch::section),
    ("list", lists::section),
    ("log", log::section),
    ("create", create::section),
    ("size", stores::section),
];

fn main() {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let sizes =
        std::env::var("ZENFLOW_BENCH_KEYS").unwrap_or_else(|_| "1,1000,100000,1000000".into());
    println!("{}\n", machine::description());
    let temporary = tempfile::tempdir().unwrap();
    let directory = std::env::var_os("ZENFLOW_BENCH_DIR")
        .map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let fixtures: Vec<Fixture> = sizes
        .split(',')
        .map(|size| {
            Fixture::make(
                &directory,
                size.trim().parse().expect("ZENFLOW_BENCH_KEYS=1,1000"),
            )
        })
        .collect();
    measure::install(fixtures[0].path.parent().unwrap());
    let mut report = Report::new();
    for (name, section) in SECTIONS {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            eprintln!("{name} …");
            section(&fixtures, &mut report);
        }
    }
    print!("{report}");
}
