//! Rules about what is not used. They find something only where both the key and the recording are
//! at least as old as the time in question.

use crate::domain::remedy::Remedy;
use crate::domain::{Scope, ScopeSet, Status, Timestamp};
use crate::review::record::days;
use crate::review::{Case, RuleMatch};

/// Since when an active key has not been used, if that is before `limit`: its last use, or the
/// later of its creation and the start of the recording. The limit is counted from the newest use
/// of any key: where nothing is recorded, silence does not mean disuse.
fn unused_since(case: &Case<'_>, limit: Timestamp) -> Option<Timestamp> {
    let key = case.key;
    if key.status(case.limits.now) != Status::Active || key.rotated_to.is_some() {
        return None;
    }
    let recorded_since = case.usage_since?.max(key.created_at);
    let since = key
        .last_use
        .map_or(recorded_since, |last| last.at.max(recorded_since));
    Some(since).filter(|since| *since <= limit)
}

fn silence(case: &Case<'_>, since: Timestamp) -> String {
    format!(
        "no use recorded since {since}, for {}",
        days(since, case.limits.heard())
    )
}

pub(crate) fn abandoned(case: &Case<'_>) -> Option<RuleMatch> {
    let since = unused_since(case, case.limits.abandoned_since)?;
    let reason = format!("no use recorded since {since}");
    Some(
        RuleMatch::new(
            silence(case, since),
            Remedy::Revoke {
                key: case.key.id,
                reason: Some(reason),
            },
        )
        .about([since]),
    )
}

pub(crate) fn idle(case: &Case<'_>) -> Option<RuleMatch> {
    let since = unused_since(case, case.limits.idle_since)?;
    if since <= case.limits.abandoned_since {
        return None;
    }
    Some(RuleMatch::new(silence(case, since), Remedy::Disable(case.key.id)).about([since]))
}

/// Requests outside the map of endpoints need no scope. `admin` has a rule of its own.
pub(crate) fn unused_scopes(case: &Case<'_>) -> Option<RuleMatch> {
    let (key, limit) = (case.key, case.limits.scopes_since);
    if key.status(case.limits.now) != Status::Active
        || key.rotated_to.is_some()
        || key.scopes.contains(Scope::Admin)
    {
        return None;
    }
    let known = case.usage_since.is_some_and(|since| since <= limit) && case.scopes_since <= limit;
    let unused = key.scopes.without(case.traffic.exercised);
    if !known || case.traffic.exercised.is_empty() || unused.is_empty() {
        return None;
    }
    Some(
        RuleMatch::new(
            format!(
                "has not used {} since {limit}, for {}",
                unused.words().join(", "),
                days(limit, case.limits.heard())
            ),
            Remedy::ChangeScopes {
                key: key.id,
                add: ScopeSet::EMPTY,
                remove: unused,
            },
        )
        .about(unused.words()),
    )
}
