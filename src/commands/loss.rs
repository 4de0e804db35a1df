//! What a change would have refused, said before it is made.

use super::refusal::called;
use crate::domain::foresight::{LOOKBACK_DAYS, Loss};
use crate::domain::{Key, Span, Timestamp, When};
use crate::error::Error;
use crate::store::View;

/// How many of the requests that the key was allowed lately it would have been refused. `after` is
/// the key as the change leaves it; `None` if it then serves nothing.
///
/// # Errors
/// If the store cannot be read.
pub fn told(
    view: View<'_>,
    before: &Key,
    after: Option<&Key>,
    now: Timestamp,
) -> Result<String, Error> {
    let since = When::Span(Span::from_seconds(LOOKBACK_DAYS * 86_400)).since(now)?;
    let mut loss = Loss::default();
    view.each_use(before.id, Some(since), |uses| {
        loss.add(uses, before, after, now)
    })?;
    let Some(recorded_since) = view.usage_since()? else {
        return Ok(format!(
            "{}: no use is recorded in this store",
            called(before)
        ));
    };
    let recorded = if recorded_since > since {
        format!(" (recorded since {recorded_since})")
    } else {
        String::new()
    };
    let Loss { refused, served } = loss;
    Ok(match served {
        0 => format!(
            "{}: served no recorded request of the last {LOOKBACK_DAYS} days{recorded}",
            called(before)
        ),
        _ => format!(
            "{}: {refused} of its {served} requests of the last {LOOKBACK_DAYS} days{recorded} would have been refused",
            called(before)
        ),
    })
}
