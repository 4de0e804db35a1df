//! One `check`, a whole process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::measure::{in_turns, once, program};
use crate::report::Report;
use crate::stores::{Fixture, key};

/// An empty Rust program: what any process takes.
pub fn empty_program(directory: &Path) -> PathBuf {
    let (source, built) = (directory.join("empty.rs"), directory.join("empty"));
    fs::write(&source, "fn main() {}").unwrap();
    let options = ["-O", "-Cpanic=abort", "-Cstrip=symbols", "-o"];
    assert!(
        Command::new("rustc")
            .args(options)
            .arg(&built)
            .arg(&source)
            .status()
            .unwrap()
            .success(),
        "rustc is needed for the floor"
    );
    built
}

pub fn section(fixtures: &[Fixture], report: &mut Report) {
    let rounds = 300;
    let Some(smallest) = fixtures.first() else {
        return;
    };
    let empty = empty_program(smallest.path.parent().unwrap());
    let shells = Command::new("sqlite3")
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    let mut of_one = None;
    for fixture in fixtures {
        let secret = fixture.path.with_file_name("key");
        fs::write(&secret, key(fixture.keys / 2).1.expose()).unwrap();
        let times = in_turns(
            rounds,
            &mut [
                &mut || {
                    once(
                        &mut program(
                            &fixture.path,
                            &["check", "--scope", "read:products", "--ip", "203.0.113.7"],
                        ),
                        Some(&secret),
                    )
                },
                &mut || once(&mut Command::new(&empty), None),
                &mut || {
                    if shells {
                        once(
                            Command::new("sqlite3").arg(&fixture.path).arg("select 1"),
                            None,
                        )
                    } else {
                        Default::default()
                    }
                },
            ],
        );
        let [check, empty, sqlite3] = times[..] else {
            return;
        };
        report.time(
            "`check`, a whole process",
            fixture.keys,
            check,
            ("an empty Rust program", empty),
            "≤ 1.8 ×",
        );
        if shells {
            report.time(
                "`check`, a whole process",
                fixture.keys,
                check,
                ("`sqlite3 FILE 'select 1'`", sqlite3),
                "≤ 1.0 ×",
            );
        }
        match of_one {
            None => of_one = Some(check),
            Some(one) => report.time(
                "`check`, a whole process",
                fixture.keys,
                check,
                ("the same with the fewest keys", one),
                "≤ 1.1 ×",
            ),
        }
    }
}
