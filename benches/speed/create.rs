//! Making keys: one process each, and in one process; against a row that SQLite syncs to the disk.

use std::ffi::OsString;
use std::io;

use rusqlite::Connection;
use zenflow_keys::context::{Context, Streams};
use zenflow_keys::domain::Timestamp;
use zenflow_keys::prompt::Terminal;

use crate::check::empty_program;
use crate::measure::{in_turns, once, program, took};
use crate::report::Report;
use crate::stores::{Fixture, Numbered};

pub fn section(fixtures: &[Fixture], report: &mut Report) {
    for fixture in fixtures {
        let empty = empty_program(fixture.path.parent().unwrap());
        let bare = Connection::open(fixture.path.with_file_name("bare.db")).unwrap();
        bare.execute_batch("PRAGMA synchronous = EXTRA; CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b BLOB NOT NULL)").unwrap();
        let mut entropy = Numbered(fixture.keys as u64 + 17);
        let mut number = 0;
        let mut next = || {
            number += 1;
            format!("New {} {number}", std::process::id())
        };
        let mut names = (0..1000).map(|_| next()).collect::<Vec<_>>().into_iter();
        let mut more = (1000..2000)
            .map(|number| format!("New {} {number}", std::process::id()))
            .collect::<Vec<_>>()
            .into_iter();
        let args =
            |name: &str| ["create", name, "--preset", "erp-sync", "--json"].map(str::to_owned);
        let times = in_turns(
            100,
            &mut [
                &mut || {
                    let args = args(&names.next().unwrap());
                    // Standard output must be read by somebody, or no key is made.
                    let mut command = program(&fixture.path, &args.each_ref().map(String::as_str));
                    took(|| assert!(command.output().unwrap().status.success()))
                },
                &mut || {
                    let args = args(&more.next().unwrap());
                    took(|| assert_eq!(create(fixture, &args, &mut entropy), 0))
                },
                &mut || {
                    took(|| {
                        bare.execute("INSERT INTO t (b) VALUES (zeroblob(200))", [])
                            .unwrap()
                    })
                },
                &mut || once(&mut std::process::Command::new(&empty), None),
            ],
        );
        let [process, inside, insert, empty] = times[..] else {
            return;
        };
        report.time(
            "`create`, a whole process",
            fixture.keys,
            process,
            ("an empty Rust program and a synced insert", empty + insert),
            "",
        );
        report.time(
            "`create`, in one process",
            fixture.keys,
            inside,
            ("a synced insert", insert),
            "",
        );
    }
}

fn create(fixture: &Fixture, args: &[String], entropy: &mut Numbered) -> u8 {
    let store: OsString = fixture.path.clone().into();
    let context = Context {
        clock: &|| Timestamp::from_unix(1_900_000_000).unwrap(),
        entropy,
        variable: &|name| (name == "ZENFLOW_KEYS_DB").then(|| store.clone()),
        user: &|| "bench".into(),
        stdin: &mut io::empty(),
        stdout: &mut io::sink(),
        stderr: &mut io::sink(),
        streams: Streams::default(),
        prompt: &mut Terminal::default(),
    };
    zenflow_keys::run(
        ["zenflow-keys".to_owned()]
            .into_iter()
            .chain(args.iter().cloned())
            .map(OsString::from),
        context,
    )
}
