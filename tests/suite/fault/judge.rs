//! Whether nothing was lost and no one let in.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::Connection;
use zenflow_keys::domain::Presented;
use zenflow_keys::store::{Access, Store};

use crate::fault::case::{Case, Journal, OUT};
use crate::fault::inject::{Effect, Fault, Traced};
use crate::fault::state::{self, State};
use crate::support::process::{Bench, Outcome, contains, id, secret};

/// The words of a failure of something that was done all the same.
pub const DONE: &str = "the change was saved, but";

/// The words of a failure of which nobody can tell whether it was done.
const UNCERTAIN: &str = "it may be stored or not";

/// Looks at everything that the fault has left.
pub fn judge(bench: &Bench, case: &Case, fault: &Fault, traced: &Traced) {
    let status = traced.output.status.code();
    let stdout = String::from_utf8(traced.output.stdout.clone()).unwrap();
    let stderr = String::from_utf8(traced.output.stderr.clone()).unwrap();
    let is_cut_off = traced.killed;
    assert!(!stderr.contains("panicked"), "{stderr}");
    // 127: the program was not even loaded.
    assert!(
        is_cut_off || [case.status, 1, 2, 6, 127].contains(&status.unwrap()),
        "{status:?} {stderr}"
    );
    assert!(
        is_cut_off || fault.silences() || status == Some(case.status) || !stderr.is_empty(),
        "it fails without a word"
    );

    no_secret_in_files(bench, case.keys.iter().cloned().chain(keys_in(&stdout)));
    let mut files = bench.files();
    if case.is_migration() {
        // The copy of what it was: whole, or not there.
        let copy = bench.path("keys.db.v1.bak");
        assert!(!copy.exists() || State::of(&copy) == case.old);
        files.retain(|file| file != "keys.db.v1.bak");
    }
    let beside_and_out = [case.beside(), &[OUT]].concat();
    no_stray_file(&files, fault, &beside_and_out);
    let list = bench.run(&["list", "--all", "--json"]);
    if bench.db().exists() {
        assert_eq!(list.status, 0, "the next list: {list:?}");
    } else {
        assert!(
            case.old == State::none() && list.status == 6,
            "the store is gone: {list:?}"
        );
    }
    // A journal that was begun and never became valid is nothing to a reader; the next change uses
    // it up.
    let begun: &[&str] = if fault.keeps_files() {
        &beside_and_out
    } else {
        &[OUT]
    };
    let mut files = bench.files();
    files.retain(|file| file != "keys.db.v1.bak" || !case.is_migration());
    no_stray_file(&files, fault, begun);

    let state = State::of(&bench.db());
    let happened = state.alike == case.new.alike;
    let not_at_all = state.exact == case.old.exact;
    let half_way = case
        .between
        .as_ref()
        .is_some_and(|between| state.alike == between.alike);
    assert!(
        happened || not_at_all || half_way,
        "neither the old state nor the new one: {state:?}"
    );
    if status == Some(case.status) && !is_cut_off {
        assert!(happened, "it says that it was done");
    } else if happened && !is_cut_off && !fault.silences() {
        assert!(
            stderr.contains(DONE) || is_uncertain(case, fault, &stderr),
            "it was done, and the error does not say so: {stderr}"
        );
    }
    if bench.db().exists() {
        keys_answer(bench, case, &stdout, happened);
    }
    shown_keys(
        bench,
        case,
        fault,
        traced,
        &Outcome {
            status: status.unwrap_or(-9),
            stdout,
            stderr,
        },
        happened,
    );
    next_change(bench, case);
}

/// Whether nobody can tell what became of a change. On a dead disk what stands in a write-ahead log
/// can neither be synced nor taken back.
fn is_uncertain(case: &Case, fault: &Fault, stderr: &str) -> bool {
    stderr.contains(UNCERTAIN)
        && case.journal != Journal::Rollback
        && fault.call == "fsync"
        && matches!(fault.effect, Effect::Dead(_))
}

/// The file that a killed process was making a store or a copy of, where only a name keeps a file;
/// and what SQLite puts beside it.
fn is_draft(file: &str) -> bool {
    file.starts_with(".keys.db.")
        && [".new", ".new-journal", ".new-wal"]
            .iter()
            .any(|ending| file.ends_with(ending))
}

/// Not even a half-written journal holds a part of a secret.
fn no_secret_in_files(bench: &Bench, keys: impl Iterator<Item = String>) {
    for key in keys {
        for file in bench.files().iter().filter(|file| *file != OUT) {
            assert!(
                !contains(&fs::read(bench.path(file)).unwrap(), &secret(&key)[..16]),
                "a secret is in {file}"
            );
        }
    }
}

fn no_stray_file(files: &[String], fault: &Fault, also: &[&str]) {
    for file in files {
        assert!(
            file == "keys.db"
                || (is_draft(file) && fault.keeps_files())
                || also.contains(&file.as_str()),
            "{fault:?} leaves {file}"
        );
    }
}

/// Every key that the store held answers still, and there is none that nobody was shown.
fn keys_answer(bench: &Bench, case: &Case, stdout: &str, happened: bool) {
    let written = fs::read_to_string(bench.path(OUT)).unwrap_or_default();
    let mut known = BTreeSet::new();
    let store = Store::open(&bench.db(), Access::Read).unwrap();
    assert_eq!(store.audit(None).unwrap().first_bad, None);
    let gone = state::pruned(&Connection::open(bench.db()).unwrap());
    for key in case
        .keys
        .iter()
        .cloned()
        .chain(keys_in(stdout))
        .chain(keys_in(&written))
    {
        let found = store
            .read(|view| view.key_presented(&Presented::from_bytes(key.as_bytes())))
            .unwrap();
        assert!(
            found.is_some() || !case.keys.contains(&key) || gone.contains(&id(&key).to_string()),
            "a key is lost"
        );
        known.extend(found.map(|key| key.id.to_string()));
    }
    let conn = Connection::open(bench.db()).unwrap();
    let mut ids = conn.prepare("SELECT id FROM keys").unwrap();
    let ids: BTreeSet<String> = ids
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        ids, known,
        "a key lives that nobody was shown; happened: {happened}"
    );
}

/// The key that was handed over works, or the error has said that it is void.
fn shown_keys(
    bench: &Bench,
    case: &Case,
    fault: &Fault,
    traced: &Traced,
    outcome: &Outcome,
    happened: bool,
) {
    let makes_a_key = case
        .new
        .exact
        .iter()
        .filter(|row| row.starts_with("keys "))
        .count()
        > case.keys.len();
    let to_file = case.args.contains(&OUT);
    let shown: Vec<String> = if to_file {
        let written = fs::read_to_string(bench.path(OUT)).unwrap_or_default();
        // What cannot be removed stays: the error says so.
        let stays = bench.path(OUT).exists() && !happened && !traced.killed;
        assert!(
            !stays || fault.silences() || outcome.stderr.contains("could not be removed"),
            "{fault:?} leaves the file: {outcome:?}"
        );
        let in_file = keys_in(&written);
        assert!(
            in_file.len() == 1 || !bench.path(OUT).exists(),
            "a file that has its name is whole: {written:?}"
        );
        in_file
    } else {
        keys_in(&outcome.stdout)
    };
    assert!(makes_a_key || shown.is_empty());
    assert!(!makes_a_key || !happened || shown.len() == 1, "{outcome:?}");
    for key in shown {
        let status = bench
            .feed(&["check", "--quiet", "--ip", "192.0.2.1"], key.as_bytes())
            .status;
        assert_eq!(status, if happened { 0 } else { 11 }, "{}", id(&key));
        let told = fault.silences()
            || outcome.stderr.contains("void")
            || is_uncertain(case, fault, &outcome.stderr)
            || (to_file && outcome.stderr.contains("no key was created"));
        assert!(
            happened || traced.killed || told,
            "a key was shown that does not work: {outcome:?}"
        );
        assert!(
            !happened || !outcome.stderr.contains("void"),
            "a key that works is called void: {outcome:?}"
        );
    }
    if fault.effect != Effect::Kill && outcome.status == case.status && makes_a_key {
        assert!(happened);
    }
}

/// The store is as good as new: a change succeeds and leaves nothing behind.
fn next_change(bench: &Bench, case: &Case) {
    bench.create("something else");
    let mut files = bench.files();
    files.retain(|file| {
        let was_asked_for = file == OUT && case.args.contains(&OUT);
        let is_draft = is_draft(file) && (case.impossible.is_some() || case.is_migration());
        let is_copy = file.ends_with(".bak") && case.is_migration();
        !(was_asked_for || is_draft || is_copy)
    });
    assert_eq!(files, ["keys.db"]);
    bench.run(&["doctor", "--deep"]).exits(0);
}

/// The whole keys in a text.
pub fn keys_in(text: &str) -> Vec<String> {
    let starts = text.match_indices("zenflow_live_").map(|(at, _)| at);
    let key = |at: usize| {
        text.get(at..at + 62).filter(|key| {
            key.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    };
    starts.filter_map(key).map(str::to_owned).collect()
}
