//! Rules that need only the record of a key and of its rotation.

use crate::domain::remedy::Remedy;
use crate::domain::usage::GroupBy;
use crate::domain::{Key, Scope, ScopeSet, Status, Timestamp};
use crate::review::traffic::DAY;
use crate::review::{Case, RuleMatch};

const WRITING: ScopeSet = ScopeSet::of(&[
    Scope::WriteOrders,
    Scope::WriteProducts,
    Scope::WriteStock,
    Scope::WriteWebhooks,
    Scope::Admin,
]);

/// The key, if it works: other rules judge disabled, revoked and expired keys.
fn active<'a>(case: &Case<'a>) -> Option<&'a Key> {
    Some(case.key).filter(|key| key.status(case.limits.now) == Status::Active)
}

/// The key, if it works and no other has taken its place.
fn active_and_newest<'a>(case: &Case<'a>) -> Option<&'a Key> {
    active(case).filter(|key| key.rotated_to.is_none())
}

pub(crate) fn days(from: Timestamp, to: Timestamp) -> String {
    crate::view::text::number::count(
        u64::try_from(to.seconds_since(from) / 86_400).expect("the later instant comes second"),
        "day",
    )
}

/// Its newest recorded allowed use, if it is recent enough for the key to count as in use.
fn in_use(key: &Key, case: &Case<'_>) -> Option<Timestamp> {
    key.last_use
        .map(|last| last.at)
        .filter(|at| *at >= case.limits.active_since)
}

pub(crate) fn expires_soon(case: &Case<'_>) -> Option<RuleMatch> {
    let key = active_and_newest(case)?;
    let expires_at = key.expires_at.filter(|at| *at <= case.limits.expires_by)?;
    // A key that will be revoked before that is meant to end.
    if key
        .scheduled_revocation(case.limits.now)
        .is_some_and(|at| at <= expires_at)
    {
        return None;
    }
    Some(
        RuleMatch::new(
            format!(
                "expires at {expires_at}, in {}",
                days(case.limits.now, expires_at)
            ),
            replacement(key, case.limits.now),
        )
        .about([expires_at]),
    )
}

/// How to replace a key, if that is allowed: a key whose revocation somebody scheduled
/// is not rotated.
fn replacement(key: &Key, now: Timestamp) -> Remedy {
    match key.scheduled_revocation(now) {
        Some(_) => Remedy::Show(key.id),
        None => Remedy::Rotate(key.id),
    }
}

pub(crate) fn no_expiry(case: &Case<'_>) -> Option<RuleMatch> {
    let key = active_and_newest(case).filter(|key| {
        key.expires_at.is_none() && key.scheduled_revocation(case.limits.now).is_none()
    })?;
    Some(RuleMatch::new(
        "never expires".into(),
        Remedy::SetExpiry(key.id),
    ))
}

pub(crate) fn rotation_due(case: &Case<'_>) -> Option<RuleMatch> {
    let key = active_and_newest(case).filter(|key| key.created_at <= case.limits.made_by)?;
    Some(RuleMatch::new(
        format!(
            "was created at {}, {} ago, and has not been rotated since",
            key.created_at,
            days(key.created_at, case.limits.now)
        ),
        replacement(key, case.limits.now),
    ))
}

pub(crate) fn admin(case: &Case<'_>) -> Option<RuleMatch> {
    let key = active_and_newest(case).filter(|key| key.scopes.contains(Scope::Admin))?;
    Some(RuleMatch::new(
        "may do everything ('admin')".into(),
        Remedy::Suggest(key.id),
    ))
}

pub(crate) fn no_allowlist(case: &Case<'_>) -> Option<RuleMatch> {
    let key = active_and_newest(case).filter(|key| key.allowlist.is_empty())?;
    let writing: Vec<_> = key
        .scopes
        .iter()
        .filter(|scope| WRITING.contains(*scope))
        .map(Scope::as_str)
        .collect();
    let remedy = if case.traffic.origins.change_too_much(key) {
        Remedy::ReportUsage {
            key: key.id,
            by: GroupBy::Address,
        }
    } else {
        Remedy::Suggest(key.id)
    };
    (!writing.is_empty()).then(|| {
        RuleMatch::new(
            format!("holds {} and can be used from anywhere", writing.join(", ")),
            remedy,
        )
        .about(&writing)
    })
}

pub(crate) fn open_allowlist(case: &Case<'_>) -> Option<RuleMatch> {
    let key = active_and_newest(case).filter(|key| key.allowlist.covers_everything())?;
    Some(
        RuleMatch::new(
            format!("has an allowlist that lets everyone in: {}", key.allowlist),
            Remedy::Suggest(key.id),
        )
        .about(key.allowlist.entries()),
    )
}

pub(crate) fn disabled_long(case: &Case<'_>) -> Option<RuleMatch> {
    let key = case.key;
    let disabled_at = key
        .disabled_at
        .filter(|at| key.is_usable(case.limits.now) && *at <= case.limits.disabled_by)?;
    Some(
        RuleMatch::new(
            format!(
                "has been disabled since {disabled_at}, for {}",
                days(disabled_at, case.limits.now)
            ),
            Remedy::Revoke {
                key: key.id,
                reason: Some(format!("disabled since {disabled_at}")),
            },
        )
        .about([disabled_at]),
    )
}

pub(crate) fn revocation_in_use(case: &Case<'_>) -> Option<RuleMatch> {
    let key = active_and_newest(case)?;
    let revoked_at = key.scheduled_revocation(case.limits.now)?;
    let used_at = in_use(key, case)?;
    Some(
        RuleMatch::new(
            format!("will be revoked at {revoked_at} and was used at {used_at}"),
            Remedy::CancelRevocation(key.id),
        )
        .about([revoked_at]),
    )
}

/// Use from before there was a new key means nothing.
pub(crate) fn rotation_old_in_use(case: &Case<'_>) -> Option<RuleMatch> {
    let old = case.key;
    let new = case
        .successor
        .filter(|_| old.is_being_replaced(case.limits.now) && !old.is_expired(case.limits.now))?;
    let used_at = in_use(old, case).filter(|at| *at > new.created_at)?;
    let end = old.scheduled_revocation(case.limits.now);
    let end = end.map_or_else(String::new, |at| format!(", and will be revoked at {at}"));
    Some(
        RuleMatch::new(
            format!(
                "was replaced by {} at {} and is still used: last at {used_at}{end}",
                new.id, new.created_at
            ),
            Remedy::ReportUsage {
                key: old.id,
                by: GroupBy::Address,
            },
        )
        .about([new.id]),
    )
}

pub(crate) fn rotation_endless(case: &Case<'_>) -> Option<RuleMatch> {
    let old = active(case).filter(|old| old.revocation.is_none() && old.expires_at.is_none())?;
    let new = case.successor?;
    Some(
        RuleMatch::new(
            format!(
                "was replaced by {} at {}, and is neither revoked nor scheduled to be",
                new.id, new.created_at
            ),
            Remedy::FinishRotation(old.id),
        )
        .about([new.id]),
    )
}

/// A lack of use is known only where uses have been recorded for that long.
pub(crate) fn rotation_new_unused(case: &Case<'_>) -> Option<RuleMatch> {
    let new = active(case)?;
    let old = case
        .predecessor
        .filter(|old| old.is_being_replaced(case.limits.now))?;
    let long_enough = |at: Timestamp| at <= case.limits.active_since;
    if new.last_use.is_some()
        || !long_enough(new.created_at)
        || case
            .limits
            .recorded_until
            .is_none_or(|until| until.seconds_since(new.created_at) < DAY)
        || !case.usage_since.is_some_and(long_enough)
    {
        return None;
    }
    let end = old.scheduled_revocation(case.limits.now);
    let end = end.map_or_else(String::new, |at| format!(", which will be revoked at {at}"));
    Some(
        RuleMatch::new(
            format!(
                "was created at {} to replace {}{end}, and has no recorded use",
                new.created_at, old.id
            ),
            Remedy::Show(new.id),
        )
        .about([old.id]),
    )
}
