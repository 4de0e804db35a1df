//! Lists: how many keys a second, how soon the first, and what a condition that matches little
//! costs. `show` and completion.

use std::fs;

use crate::measure::{first_line, in_turns, once, peak, program};
use crate::report::{Report, count, ms};
use crate::stores::{Fixture, key, name};

const FORMS: [(&str, &[&str], &str); 4] = [
    (
        "`list --format jsonl`",
        &["list", "--all", "--format", "jsonl"],
        "≥ 700,000/s; ≤ 32 MiB",
    ),
    ("`list --json`", &["list", "--all", "--json"], ""),
    (
        "`list --format csv`",
        &["list", "--all", "--format", "csv"],
        "",
    ),
    ("`list`, a table", &["list", "--all"], ""),
];

const FILTERS: [&[&str]; 8] = [
    &["--env", "test"],
    &["--owner", "team 7"],
    &["--name", "shop 000001*"],
    &["--expires-within", "2d"],
    &["--status", "disabled"],
    &["--limit", "20", "--sort", "name"],
    &["--limit", "20", "--sort", "expires", "--reverse"],
    &["--limit", "20", "--unused-for", "300d"],
];

pub fn section(fixtures: &[Fixture], report: &mut Report) {
    for fixture in fixtures {
        let run = |args: &[&str]| program(&fixture.path, args);
        if fixture.keys >= 1000 {
            let rounds = (2_000_000 / fixture.keys).clamp(3, 50);
            for (what, args, goal) in FORMS {
                let took = in_turns(rounds, &mut [&mut || once(&mut run(args), None)])[0];
                let memory = peak(&mut run(args), None);
                let rate = fixture.keys as f64 / took.as_secs_f64();
                report.fact(
                    what,
                    fixture.keys,
                    format!("{} keys/s; peak {memory:.1} MiB", count(rate)),
                    goal,
                );
            }
            let first = first_line(30, || run(&["list", "--all", "--format", "jsonl"]));
            report.fact(
                "the first line of `list --format jsonl`",
                fixture.keys,
                ms(first),
                "≤ 10 ms",
            );
        }
        for filter in FILTERS {
            let args = [&["list", "--format", "jsonl"], filter].concat();
            let took = in_turns(30, &mut [&mut || once(&mut run(&args), None)])[0];
            report.fact(
                &format!("`list {}`", filter.join(" ")),
                fixture.keys,
                ms(took),
                "≤ 10 ms",
            );
        }
    }
    let Some(smallest) = fixtures.first() else {
        return;
    };
    let words = smallest.path.with_file_name("words");
    fs::write(&words, "zenflow-keys\0show\0Shop 00000\0").unwrap();
    let complete = |fixture: &Fixture| {
        once(
            program(&fixture.path, &[]).env("ZENFLOW_KEYS_COMPLETE", "words"),
            Some(&words),
        )
    };
    for fixture in &fixtures[1..] {
        let middle = |fixture: &Fixture| fixture.keys / 2;
        let id = |fixture: &Fixture| key(middle(fixture)).0.as_str().to_owned();
        let by_name = |fixture: &Fixture| name(middle(fixture));
        let by_beginning = |fixture: &Fixture| id(fixture)[..7].to_owned();
        for (what, named) in [
            ("name", &by_name as &dyn Fn(&Fixture) -> String),
            ("id", &id),
            ("the beginning of an id", &by_beginning),
        ] {
            let show = |fixture: &Fixture| {
                once(
                    &mut program(&fixture.path, &["show", &named(fixture)]),
                    None,
                )
            };
            let times = in_turns(60, &mut [&mut || show(fixture), &mut || show(smallest)]);
            report.time(
                &format!("`show` by {what}"),
                fixture.keys,
                times[0],
                ("the same with the fewest keys", times[1]),
                "≤ 2 ×",
            );
        }
        let times = in_turns(
            60,
            &mut [&mut || complete(fixture), &mut || complete(smallest)],
        );
        report.time(
            "completion of a name",
            fixture.keys,
            times[0],
            ("the same with the fewest keys", times[1]),
            "≤ 2 ×",
        );
    }
}
