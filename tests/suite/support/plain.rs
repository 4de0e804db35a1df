//! A key with nothing particular about it, for the tests of the library.

use zenflow_keys::domain::{Allowlist, Environment, Key, KeyId, Timestamp};

/// A live key that may read orders, from everywhere, for ever.
pub fn key(id: KeyId, name: &str, created_at: Timestamp) -> Key {
    Key {
        id,
        name: name.parse().unwrap(),
        environment: Environment::Live,
        scopes: "read:orders".parse().unwrap(),
        allowlist: Allowlist::default(),
        owner: None,
        note: None,
        created_at,
        expires_at: None,
        disabled_at: None,
        revocation: None,
        rotated_from: None,
        rotated_to: None,
        last_use: None,
    }
}
