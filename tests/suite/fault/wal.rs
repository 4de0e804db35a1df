//! The same steps with a write-ahead log: while a store is served, and after whoever served it was
//! killed.

use crate::fault::case::{self, Journal};
use crate::fault::found::fail;
use crate::fault::inject::{self, Effect};
use crate::fault::state::State;
use crate::fault::steps::prove;

#[test]
fn create_survives() {
    prove(|| case::create_as_json().with_journal(Journal::Wal));
}

#[test]
fn create_beside_another_survives() {
    prove(|| case::create_as_json().with_journal(Journal::WalBesideAnother));
}

#[test]
fn create_to_a_file_beside_another_survives() {
    prove(|| case::create_to_a_file().with_journal(Journal::WalBesideAnother));
}

#[test]
fn rotate_survives() {
    prove(|| case::rotate().with_journal(Journal::Wal));
}

#[test]
fn revoke_survives() {
    prove(|| case::revoke().with_journal(Journal::Wal));
}

#[test]
fn revoke_beside_another_survives() {
    prove(|| case::revoke().with_journal(Journal::WalBesideAnother));
}

#[test]
fn a_recorded_use_beside_another_survives() {
    prove(|| case::record_a_use().with_journal(Journal::WalBesideAnother));
}

#[test]
fn prune_survives() {
    prove(|| case::prune().with_journal(Journal::Wal));
}

#[test]
fn a_migration_survives() {
    prove(|| case::migrate().with_journal(Journal::Wal));
}

/// How often a commit with a new log syncs: the beginning of the log, its directory, the change.
const SYNCS: usize = 3;

/// In a log a change stands whole before it is synced: it must not come back when the log is read
/// again. The migration before the change keeps the log from being removed.
#[test]
fn a_change_that_could_not_be_synced_does_not_come_back() {
    if !inject::is_possible() {
        return;
    }
    let case = case::migrate().with_journal(Journal::Wal);
    let calls = inject::run(&case.bench(), &case, None).calls;
    let syncs = calls.iter().filter(|call| *call == "fsync").count();
    let mut refused = 0;
    for from_last in 0..syncs {
        let (bench, traced) = fail(&case, "fsync", from_last, Effect::Onwards("EIO"));
        let is_done = State::of(&bench.db()).alike == case.new.alike;
        assert_eq!(is_done, traced.output.status.success(), "{traced:?}");
        refused += usize::from(!is_done);
    }
    assert!(refused > SYNCS, "{refused}");
}

#[test]
fn on_a_dead_disk_it_is_said_that_nobody_can_tell() {
    if !inject::is_possible() {
        return;
    }
    let case = case::create_as_json().with_journal(Journal::Wal);
    let calls = inject::run(&case.bench(), &case, None).calls;
    let syncs = calls.iter().filter(|call| *call == "fsync").count();
    let (bench, traced) = fail(&case, "fsync", syncs - SYNCS, Effect::Dead("EIO"));
    let error: serde_json::Value = serde_json::from_slice(&traced.output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "store_uncertain", "{traced:?}");
    let shown: serde_json::Value = serde_json::from_slice(&traced.output.stdout).unwrap();
    let key = shown["api_key"].as_str().unwrap();
    // Here it is there, since the disk is only said to be dead.
    bench
        .feed(&["check", "--ip", "192.0.2.1"], key.as_bytes())
        .exits(0);
}
