//! A delta is told apart from its base, and a pack can be anything.

use std::fs;

use zenflow_keys::internals::KnownKeys;
use zenflow_keys::internals::history::blob_search::{BlobSearch, REACH};
use zenflow_keys::internals::history::delta::Delta;
use zenflow_keys::internals::history::families::{Families, parts};
use zenflow_keys::internals::history::limits::Limits;
use zenflow_keys::internals::history::pack::Pack;
use zenflow_keys::internals::history::pack_search::PackSearch;

use super::Choices;

/// The length of a SHA-1.
const ID_LENGTH: usize = 20;

pub fn holds(bytes: &[u8]) {
    let choices = &mut Choices(bytes);
    if choices.below(2) == 0 {
        what_a_delta_adds_is_seen(choices);
        any_bytes_are_a_delta_or_are_refused(bytes);
    } else {
        any_bytes_are_a_pack_or_are_refused(choices);
    }
}

/// Words of which the beginning of a key is made, however it is cut.
const WORDS: [&[u8]; 10] = [
    b"zenflow_",
    b"zen",
    b"flow_",
    b"z",
    b"_",
    b"z\0e\0n\0f\0l\0o\0w\0_",
    b"z\0e\0n\0f",
    b"\0l\0o\0w\0_\0",
    b"................................",
    b"\n",
];

fn text(choices: &mut Choices<'_>) -> Vec<u8> {
    let words = choices.below(20);
    (0..words)
        .flat_map(|_| choices.one(&WORDS))
        .copied()
        .collect()
}

fn what_a_delta_adds_is_seen(choices: &mut Choices<'_>) {
    let base = text(choices);
    let (mut instructions, mut object) = (Vec::new(), Vec::new());
    while !choices.is_empty() && object.len() < 4096 {
        let new = text(choices);
        if choices.below(2) == 0 || base.is_empty() {
            for piece in new.chunks(127) {
                instructions.push(piece.len() as u8);
                instructions.extend(piece);
            }
            object.extend(new);
        } else {
            let start = choices.number(2) as usize % base.len();
            let length = 1 + choices.below(255).min(base.len() - start - 1);
            instructions.push(0x80 | 0x01 | 0x02 | 0x10);
            instructions.extend([start as u8, (start >> 8) as u8, length as u8]);
            object.extend_from_slice(&base[start..start + length]);
        }
    }
    let delta = [size(base.len()), size(object.len()), instructions].concat();
    let delta = Delta::parse(&delta).unwrap();
    let (mut made, mut novelty) = (Vec::new(), Vec::new());
    delta.apply(&base, &mut made).unwrap();
    assert_eq!(made, object);
    delta.novelty(&base, REACH, &mut novelty).unwrap();
    let known = KnownKeys::default();
    let search = BlobSearch::new(&known);
    let is_seen = search.suspects(&base) || search.suspects(&novelty);
    assert!(is_seen || !search.suspects(&object));
}

fn size(mut size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while size > 0x7f {
        bytes.push(size as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
    bytes
}

fn any_bytes_are_a_delta_or_are_refused(bytes: &[u8]) {
    let (base, delta) = bytes.split_at(bytes.len() / 2);
    let Ok(delta) = Delta::parse(delta) else {
        return;
    };
    let (mut made, mut novelty) = (Vec::new(), Vec::new());
    // Whoever makes an object has looked at its size before.
    if delta.result_size() < 1 << 20 && delta.apply(base, &mut made).is_ok() {
        assert_eq!(made.len() as u64, delta.result_size());
        assert!(delta.novelty(base, REACH, &mut novelty).is_ok());
        assert!(novelty.len() <= made.len());
    }
}

/// A pack with these bytes as its entries, and an index that says where they begin.
fn any_bytes_are_a_pack_or_are_refused(choices: &mut Choices<'_>) {
    let offsets: Vec<u32> = (0..choices.below(6))
        .map(|_| 12 + choices.number(1) as u32)
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let index = directory.path().join("pack-1.idx");
    let pack = [b"PACK\0\0\0\x02\0\0\0\x01", choices.0].concat();
    fs::write(index.with_extension("pack"), pack).unwrap();
    let count = (offsets.len() as u32).to_be_bytes();
    let mut bytes = b"\xfftOc\0\0\0\x02".to_vec();
    bytes.extend(count.repeat(256));
    for number in 0..offsets.len() {
        bytes.extend([number as u8; ID_LENGTH]);
    }
    bytes.extend([0; 4].repeat(offsets.len()));
    bytes.extend(offsets.iter().flat_map(|offset| offset.to_be_bytes()));
    bytes.extend([0; 2 * ID_LENGTH]);
    fs::write(&index, bytes).unwrap();
    let pack = Pack::open(&index, ID_LENGTH).unwrap();
    let known = KnownKeys::default();
    let limits = Limits::default();
    let mut seen = 0;
    for part in parts(&pack, 3).unwrap() {
        let families = Families::read(&pack, &part, &|_| true).unwrap();
        let mut search = PackSearch::new(&pack, &families, &limits, BlobSearch::new(&known));
        for version in 0..families.versions() {
            if let Some(root) = families.root(version) {
                search.family(root);
            }
        }
        seen += families.others + search.blobs.survey.counts.blobs + search.left.len() as u64;
    }
    // Each entry is searched, is left to git, or is something else.
    assert_eq!(seen, offsets.len() as u64);
}
