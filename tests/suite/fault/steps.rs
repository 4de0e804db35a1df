//! Every step of every command that writes: killed there, and failing there.
//!
//! A kill stands before each call, so what lies between two calls is covered; the end of the last
//! one is the usual end.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::fault::case::{self, Case, Journal};
use crate::fault::extent;
use crate::fault::inject::{self, EFFECTS, Effect, Fault};
use crate::fault::judge::judge;
use crate::support::earlier;
use crate::support::tools;

/// Tries all effects on all calls that the command makes; in a usual run of the tests all kills (with
/// a write-ahead log every third), and on every other call one of the errors.
pub fn prove(make: impl FnOnce() -> Case) {
    if !inject::is_possible() {
        return;
    }
    let case = make();
    let mut before = BTreeMap::new();
    let (mut failed, mut killed) = (0, 0);
    let bench = case.bench();
    let another = case.another(&bench);
    let mut calls = inject::run(&bench, &case, None).calls;
    drop(another);
    assert!(calls.len() > 20, "{calls:?}");
    if case.impossible.is_some() {
        // It fails already.
        calls.retain(|call| call != "open");
    }
    for call in &calls {
        before.entry(call.clone()).or_insert(0);
    }
    for (step, call) in calls.iter().enumerate() {
        let at = before[call] + 1;
        for (number, effect) in EFFECTS.into_iter().enumerate() {
            let is_its_turn = step % 2 == 0 && number == 1 + step / 2 % (EFFECTS.len() - 1);
            let is_killed =
                effect == Effect::Kill && (case.journal == Journal::Rollback || step % 3 == 0);
            if extent::all() || is_killed || is_its_turn {
                let fault = Fault {
                    call: call.clone(),
                    at,
                    effect,
                    before: before.clone(),
                };
                let injected = attempt(&case, &fault);
                match effect {
                    Effect::Kill => killed += injected,
                    _ => failed += injected,
                }
            }
        }
        before.insert(call.clone(), at);
    }
    extent::count(
        &format!("{}, {:?}", case.name, case.journal),
        failed,
        killed,
    );
}

/// 1 if something was made to fail, or the process killed; it is over before that if the order of
/// calls has changed.
fn attempt(case: &Case, fault: &Fault) -> usize {
    let bench = case.bench();
    let another = case.another(&bench);
    let traced = inject::run(&bench, case, Some(fault));
    drop(another);
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| judge(&bench, case, fault, &traced))) {
        tools::say(&format!(
            "{}: {fault:?}\n{traced:?}\n{:?}",
            case.name,
            bench.files()
        ));
        resume_unwind(panic);
    }
    usize::from(if fault.effect == Effect::Kill {
        traced.killed
    } else {
        traced.injected > 0
    })
}

#[test]
fn create_survives() {
    prove(case::create);
}

#[test]
fn create_as_json_survives() {
    prove(case::create_as_json);
}

#[test]
fn create_to_a_file_survives() {
    prove(case::create_to_a_file);
}

#[test]
fn the_first_create_survives() {
    prove(case::first_create);
}

#[test]
fn the_first_create_to_a_file_survives() {
    prove(case::first_create_to_a_file);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_first_create_by_a_temporary_name_survives() {
    prove(case::first_create_by_a_temporary_name);
}

#[test]
fn rotate_survives() {
    prove(case::rotate);
}

#[test]
fn rotate_to_a_file_survives() {
    prove(case::rotate_to_a_file);
}

#[test]
fn the_end_of_a_rotation_survives() {
    prove(case::finish_a_rotation);
}

#[test]
fn revoke_survives() {
    prove(case::revoke);
}

#[test]
fn revoke_of_several_survives() {
    prove(case::revoke_many);
}

#[test]
fn prune_survives() {
    prove(case::prune);
}

#[test]
fn update_survives() {
    prove(case::update);
}

#[test]
fn allowlist_set_survives() {
    prove(case::set_an_allowlist);
}

#[test]
fn a_recorded_use_survives() {
    prove(case::record_a_use);
}

#[test]
fn a_recorded_refusal_survives() {
    prove(case::record_a_refusal);
}

#[test]
fn a_migration_survives() {
    match earlier::is_there_one() {
        true => prove(case::migrate),
        false => tools::say("SKIPPED: there is no earlier version to migrate from"),
    }
}
