//! Every character of a secret and of an id is as likely as any other, at every place.

use std::collections::BTreeMap;

use rand::TryRng;
use rand::rngs::SysRng;
use zenflow_keys::domain::{ApiKey, Entropy, Environment, KeyId};

const KEYS: usize = 20_000;

/// `SplitMix64`.
struct Seeded(u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed ^ (mixed >> 31)) as u8;
        }
        Ok(())
    }
}

struct OperatingSystem;

impl Entropy for OperatingSystem {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        SysRng.try_fill_bytes(bytes).map_err(std::io::Error::other)
    }
}

/// Pearson's chi-square of these characters being equally likely among `kinds`, in standard
/// deviations from what is expected.
fn deviation(characters: impl Iterator<Item = char>, kinds: usize) -> f64 {
    let mut counts = BTreeMap::new();
    for character in characters {
        *counts.entry(character).or_insert(0_u32) += 1;
    }
    assert_eq!(counts.len(), kinds, "{counts:?}");
    let expected = f64::from(counts.values().sum::<u32>()) / kinds as f64;
    let chi_square: f64 = counts
        .values()
        .map(|count| (f64::from(*count) - expected).powi(2) / expected)
        .sum();
    let freedom = (kinds - 1) as f64;
    (chi_square - freedom) / (2.0 * freedom).sqrt()
}

/// With a true source a deviation of 12 comes about less than once in 10¹⁰ runs; a remainder of a
/// byte (`byte % 62`) gives hundreds.
#[track_caller]
fn is_uniform(entropy: &mut dyn Entropy) {
    let mut keys = Vec::new();
    for _ in 0..KEYS {
        let id = KeyId::draw(entropy).unwrap();
        keys.push(
            ApiKey::draw(Environment::Live, id, entropy)
                .unwrap()
                .expose()
                .to_owned(),
        );
    }
    let at = |place: usize| {
        keys.iter()
            .map(move |key| char::from(key.as_bytes()[place]))
    };
    let (id, secret) = (13, 24);
    assert!(
        deviation((secret..secret + 32).flat_map(&at), 62) < 12.0,
        "in the secret"
    );
    assert!(
        deviation((id + 1..id + 10).flat_map(&at), 32) < 12.0,
        "in the id"
    );
    for place in secret..secret + 32 {
        assert!(deviation(at(place), 62) < 12.0, "at {place}");
        // And whatever the one before it is.
        assert!(
            place == secret
                || deviation(
                    at(place)
                        .zip(at(place - 1))
                        .map(|(this, that)| sum(this, that)),
                    62
                ) < 12.0,
            "at {place}"
        );
    }
    assert!(
        deviation(at(id), 22) < 12.0,
        "the first of the id, a letter"
    );
    for place in id + 1..id + 10 {
        assert!(deviation(at(place), 32) < 12.0, "at {place}");
    }
}

/// The sum of two characters in base62, which is uniform if either is and they have nothing to do
/// with each other.
fn sum(this: char, that: char) -> char {
    const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let value = |character| BASE62.find(character).unwrap();
    BASE62
        .chars()
        .nth((value(this) + value(that)) % 62)
        .unwrap()
}

#[test]
fn characters_are_uniform_from_a_seeded_source() {
    is_uniform(&mut Seeded(1));
}

#[test]
fn characters_are_uniform_from_the_operating_system() {
    is_uniform(&mut OperatingSystem);
}
