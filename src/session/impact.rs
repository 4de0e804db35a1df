//! What a change would have refused, said before it is made.

use crate::domain::impact::{Impact, LOOKBACK_DAYS};
use crate::domain::{Key, Span, Status, Timestamp, When};
use crate::error::Error;
use crate::session::state_error::called;
use crate::store::Store;
use crate::view::text::number::with_thousands;
use crate::view::text::summary::last_use;

/// How many of the requests that the key was allowed lately it would have been refused. `after` is
/// the key as the change leaves it; `None` if it then serves nothing.
pub fn of_change(
    store: &Store,
    before: &Key,
    after: Option<&Key>,
    now: Timestamp,
) -> Result<String, Error> {
    let lost = lost(store, before, after, now)?;
    Ok(format!("{}: {lost}", called(before)))
}

/// The same for the end of a key: also when and from where it was last used.
pub fn of_revocation(store: &Store, key: &Key, now: Timestamp) -> Result<String, Error> {
    let (key, since) = store.read(|view| {
        Ok((
            view.with_credible_use(key.clone(), now)?,
            view.usage_since()?,
        ))
    })?;
    let key = &key;
    let used = last_use(key, since, now);
    let told = match key.last_use {
        None => used,
        Some(_) => format!("last used {used}; {}", lost(store, key, None, now)?),
    };
    Ok(format!("{}: {told}", called(key)))
}

fn lost(store: &Store, before: &Key, after: Option<&Key>, now: Timestamp) -> Result<String, Error> {
    let since = When::Span(Span::from_seconds(u64::from(LOOKBACK_DAYS) * 86_400)).since(now)?;
    let mut loss = Impact::default();
    store.each_use(before.id, Some(since), now, |uses| {
        loss.add(uses, before, after, now)
    })?;
    let Some(recorded_since) = store.read(|view| view.usage_since())? else {
        return Ok("no use is recorded in this store".into());
    };
    let recorded = if recorded_since > since {
        format!(" (recorded since {recorded_since})")
    } else {
        String::new()
    };
    let (refused, served, already) = (
        with_thousands(loss.refused),
        with_thousands(loss.served),
        with_thousands(loss.refused_already),
    );
    Ok(match loss {
        Impact {
            served: 0,
            refused_already: 0,
            ..
        } => {
            format!("served no recorded request of the last {LOOKBACK_DAYS} days{recorded}")
        }
        Impact { served: 0, .. } => format!(
            "requests served in the last {LOOKBACK_DAYS} days{recorded}: {already}; all of them are refused already, because {}",
            why_refused_already(before, now)
        ),
        Impact {
            refused_already: 0, ..
        } => format!(
            "{refused} of its {served} requests of the last {LOOKBACK_DAYS} days{recorded} would have been refused"
        ),
        _ => format!(
            "{refused} of its {served} requests of the last {LOOKBACK_DAYS} days{recorded} would have been refused; {already} more are refused already, because {}",
            why_refused_already(before, now)
        ),
    })
}

fn why_refused_already(key: &Key, now: Timestamp) -> &'static str {
    match key.status(now) {
        Status::Active => "its allowlist or its scopes do not admit them",
        Status::Disabled => "it is disabled",
        Status::Expired => "it has expired",
        Status::Revoked => "it is revoked",
    }
}
