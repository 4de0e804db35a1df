//! A key in a few words, for where there is no room for more.

use super::table;
use crate::domain::{Key, Timestamp};

/// State, environment, access and end: `active, live, erp-sync, ends in 90d`.
pub fn key(key: &Key, now: Timestamp) -> String {
    let end = match table::end(key, now) {
        end if end == "never" => "no expiry".into(),
        end => format!("ends {end}"),
    };
    format!("{}, {}, {}, {end}", key.status(now).word(), key.environment, table::access(key))
}
