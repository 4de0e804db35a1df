//! `log --verify`, against SHA-256 over as many bytes.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::measure::{in_turns, on_one_core, once, own_time, peak, processor_time, program};
use crate::report::Report;
use crate::stores::Fixture;

pub fn section(fixtures: &[Fixture], report: &mut Report) {
    for fixture in fixtures.iter().filter(|fixture| fixture.keys >= 100_000) {
        let lengths = lengths(fixture);
        let bytes = vec![b'x'; lengths.iter().copied().max().unwrap_or(0)];
        let args = ["log", "--verify"];
        let rounds = (2_000_000 / fixture.keys).clamp(3, 20);
        let times = in_turns(
            rounds,
            &mut [
                &mut || once(&mut program(&fixture.path, &args), None),
                &mut || {
                    processor_time(
                        &mut on_one_core(&fixture.path, &args)
                            .unwrap_or_else(|| program(&fixture.path, &args)),
                        None,
                    )
                },
                &mut || {
                    own_time(|| {
                        lengths
                            .iter()
                            .map(|length| Sha256::digest(&bytes[..*length])[0])
                            .fold(0, u8::wrapping_add)
                    })
                },
            ],
        );
        let [all, one, bare] =
            [times[0], times[1], times[2]].map(|time| lengths.len() as f64 / time.as_secs_f64());
        let memory = peak(&mut program(&fixture.path, &args), None);
        report.rate(
            &format!("`log --verify`, all cores; peak {memory:.1} MiB"),
            fixture.keys,
            all,
            ("bare SHA-256", bare),
            "≥ 50 %",
        );
        report.rate(
            "`log --verify`, one core",
            fixture.keys,
            one,
            ("bare SHA-256", bare),
            "≥ 50 %",
        );
    }
}

/// How many bytes go into the hash of each entry: a tag of 21 bytes, two numbers, five fields with
/// their lengths, the hash before.
fn lengths(fixture: &Fixture) -> Vec<usize> {
    let store = Connection::open(&fixture.path).unwrap();
    let sql = "SELECT 21 + 16 + 40 + 32 + length(actor) + length(action) + length(key_id) + length(key_name) + length(details) FROM events";
    let mut statement = store.prepare(sql).unwrap();
    statement
        .query_map([], |row| row.get::<_, i64>(0))
        .unwrap()
        .map(|length| length.unwrap() as usize)
        .collect()
}
