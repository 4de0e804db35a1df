//! `check --batch` judges each line by the time and the store as they are by then.

use std::collections::VecDeque;
use std::io::{self, Read};

use serde_json::json;

use crate::cli::batch::{answers, batch};
use crate::support::in_process::{Bench, DAY};

/// An input that pauses: before each burst something happens.
pub struct Paused<'a>(pub VecDeque<Burst<'a>>);

pub type Burst<'a> = (Box<dyn Fn() + 'a>, String);

impl Read for Paused<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((before, burst)) = self.0.pop_front() else {
            return Ok(0);
        };
        before();
        buffer[..burst.len()].copy_from_slice(burst.as_bytes());
        Ok(burst.len())
    }
}

#[test]
fn each_burst_sees_the_time_and_the_store_as_they_are_by_then() {
    let bench = Bench::new();
    let [a, b] = ["a", "b"].map(|name| bench.create(name, &["--expires", "1d"]));
    let questions = format!(
        "{}\n{}\n",
        json!({ "key": a.secret }),
        json!({ "key": b.secret })
    );
    let events: [Box<dyn Fn() + '_>; 5] = [
        Box::new(|| {}),
        Box::new(|| drop(bench.ok(&["revoke", &a.id, "--yes"]))),
        Box::new(|| drop(bench.ok(&["update", &b.id, "--expires", "2d"]))),
        Box::new(|| bench.later(DAY)),
        Box::new(|| bench.later(DAY)),
    ];
    let mut input = Paused(
        events
            .into_iter()
            .map(|event| (event, questions.clone()))
            .collect(),
    );
    let outcome = bench.run_reading(&["check", "--batch"], &mut input);
    let verdicts: Vec<_> = answers(&outcome)
        .iter()
        .map(|answer| answer["verdict"].as_str().unwrap().to_owned())
        .collect();
    let revoked = "revoked_api_key";
    assert_eq!(
        verdicts,
        [
            "allowed",
            "allowed",
            revoked,
            "allowed",
            revoked,
            "allowed",
            revoked,
            "allowed",
            revoked,
            "expired_api_key"
        ]
    );
}

#[test]
fn every_line_is_judged_by_the_instant_at_which_the_store_could_be_read() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.waits_for_the_store(2 * DAY);
    // Enough for several threads, and for several transactions of each.
    let lines = vec![json!({ "key": key.secret }).to_string(); 3000];
    for args in [&[][..], &["--record"]] {
        let answers = answers(&batch(&bench, args, &lines));
        assert_eq!(answers.len(), lines.len());
        for answer in answers {
            assert_eq!(answer["verdict"], "expired_api_key", "{args:?}");
        }
    }
}
