//! The properties that are fuzzed hold for every committed seed and every input that once broke one
//! of them.

#![allow(missing_docs)]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod properties;

#[test]
fn what_is_fuzzed_holds_for_every_seed_and_every_past_crash() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (target, holds) in properties::ALL {
        let inputs: Vec<_> = fs::read_dir(seeds.join(target))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(!inputs.is_empty(), "{target} has no seeds");
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            assert!(
                catch_unwind(|| holds(&bytes)).is_ok(),
                "{}",
                input.display()
            );
        }
    }
}
