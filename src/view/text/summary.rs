//! A key in a few words, for where there is no room for more.

use crate::domain::{Key, Timestamp};
use crate::view::text::table;
use crate::view::text::time::exact_and_relative;

/// State, environment, access and end: `active, live, erp-sync, ends in 90d`.
pub fn key(key: &Key, now: Timestamp) -> String {
    format!(
        "{}, {}, {}, {}",
        key.status(now).as_str(),
        key.environment,
        table::access(key),
        table::end(key, now)
    )
}

/// When and from where a key was last used, and since when that would be known.
pub fn last_use(key: &Key, usage_since: Option<Timestamp>, now: Timestamp) -> String {
    match (key.last_use, usage_since) {
        (Some(last), _) => {
            let from = last.ip.map(|ip| format!(" from {ip}")).unwrap_or_default();
            format!("{}{from}", exact_and_relative(last.at, now))
        }
        (None, Some(since)) => format!("no use recorded since {since}"),
        (None, None) => "no use was ever recorded in this store".into(),
    }
}
