//! `check --batch`, against the bare work: SHA-256 and an indexed lookup through rusqlite, in a
//! loop, in one transaction, without reading a line or writing an answer.

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::measure::{in_turns, on_one_core, once, own_time, peak, processor_time, program};
use crate::report::Report;
use crate::stores::{Fixture, Numbered, key};

pub fn section(fixtures: &[Fixture], report: &mut Report) {
    for fixture in fixtures {
        let lines = if fixture.keys < 1000 {
            200_000
        } else {
            500_000
        };
        for (kind, from) in [("hits", 0), ("misses", fixture.keys)] {
            measure(fixture, kind, lines, from, report);
        }
    }
}

fn measure(fixture: &Fixture, kind: &str, lines: usize, from: usize, report: &mut Report) {
    let questions = fixture.questions(kind, lines, from, fixture.keys);
    let mut random = Numbered(5);
    let keys: Vec<String> = (0..lines)
        .map(|_| {
            key(from + random.next() as usize % fixture.keys)
                .1
                .expose()
                .to_owned()
        })
        .collect();
    let args = ["check", "--batch"];
    let single = || on_one_core(&fixture.path, &args);
    let mut alone = || {
        single().map_or_else(Default::default, |mut command| {
            processor_time(&mut command, Some(&questions))
        })
    };
    let mut bare = || own_time(|| bare(&fixture.path, &keys));
    let times = in_turns(3, &mut [&mut alone, &mut bare]);
    let [alone, bare] = [times[0], times[1]].map(|time| lines as f64 / time.as_secs_f64());
    // What several processors gain is seen by the clock only.
    let mut by_the_clock = || {
        single().map_or_else(Default::default, |mut command| {
            once(&mut command, Some(&questions))
        })
    };
    let mut together = || once(&mut program(&fixture.path, &args), Some(&questions));
    let times = in_turns(5, &mut [&mut by_the_clock, &mut together]);
    let [by_the_clock, together] =
        [times[0], times[1]].map(|time| lines as f64 / time.as_secs_f64());
    let floor = ("the bare loop", bare);
    if single().is_some() {
        report.rate(
            &format!("`check --batch`, {kind}, one core"),
            fixture.keys,
            alone,
            floor,
            "≥ 60 %",
        );
        report.rate(
            &format!("`check --batch`, {kind}, all cores"),
            fixture.keys,
            together,
            ("one core", by_the_clock),
            "≥ 170 % on two cores",
        );
    } else {
        report.rate(
            &format!("`check --batch`, {kind}, all cores"),
            fixture.keys,
            together,
            floor,
            "",
        );
    }
    let used = |mut command: Command| format!("{:.1} MiB", peak(&mut command, Some(&questions)));
    let command = single().unwrap_or_else(|| program(&fixture.path, &args));
    report.fact(
        &format!("peak memory of `check --batch`, {kind}"),
        fixture.keys,
        used(command),
        "≤ 32 MiB",
    );
}

/// How many of the keys are there.
fn bare(store: &Path, keys: &[String]) -> usize {
    let store = Connection::open(store).unwrap();
    store.execute_batch("BEGIN").unwrap();
    let mut lookup = store
        .prepare("SELECT id FROM keys WHERE digest = ?1")
        .unwrap();
    let mut found = 0;
    for key in keys {
        let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let mut rows = lookup.query([digest]).unwrap();
        if let Some(row) = rows.next().unwrap() {
            found += usize::from(row.get_ref(0).unwrap().as_str().unwrap().len() == 10);
        }
    }
    found
}
