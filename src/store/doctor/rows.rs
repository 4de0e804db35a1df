//! Whether the rows agree with each other, and whether every counted use is what the domain allows.

use std::str::FromStr;

use crate::domain::remedy::{Hint, Remedy};
use crate::domain::usage::{CredibleTimes, Outcome};
use crate::domain::{Net, ScopeSet, Timestamp};
use crate::error::Error;
use crate::store::doctor::contents::some;
use crate::store::doctor::finding::{FindingKind, StoreFinding};
use crate::store::keys::NOT_OVER;
use crate::store::{ReadTx, Store};

/// What to do about rows that somebody else changed.
pub(crate) fn compare() -> Hint {
    Hint::from("compare with '")
        .then(Remedy::ReadLog)
        .then("' and with a backup; find out who changed the store")
}

/// A rule about rows that SQL can express: the query names those that break it. `:latest`, the last
/// second in which a use is believed, is bound where it stands.
struct RowRule {
    kind: FindingKind,
    remedy: fn() -> Hint,
    sql: &'static str,
}

const RULES: [RowRule; 6] = [
    RowRule {
        kind: FindingKind::StoreRow,
        remedy: || "restore a backup".into(),
        sql: "SELECT 'store' WHERE NOT EXISTS (SELECT 1 FROM store)",
    },
    RowRule {
        kind: FindingKind::RotationOrder,
        remedy: compare,
        sql: "SELECT k.id FROM keys k JOIN keys p ON p.id = k.rotated_from WHERE p.seq >= k.seq OR p.environment <> k.environment",
    },
    RowRule {
        kind: FindingKind::EventWithoutKey,
        remedy: compare,
        sql: "SELECT DISTINCT key_id FROM events WHERE key_id NOT IN (SELECT id FROM keys UNION ALL SELECT id FROM tombstones)",
    },
    RowRule {
        kind: FindingKind::LastUseDiffers,
        remedy: || {
            "record one more use of the key with 'check --record'; its last use is shown wrongly until then"
                .into()
        },
        // A last use that is not believed is shown nowhere; it must be recorded all the same.
        sql: "SELECT k.id FROM keys k JOIN (SELECT key, max(last_at) AS newest, max(iif(last_at <= :latest, last_at, NULL)) AS credible \
              FROM usage WHERE outcome = 'allowed' GROUP BY key) u ON u.key = k.seq \
              WHERE k.last_used_at IS NOT iif(k.last_used_at > :latest, u.newest, u.credible) \
              OR k.last_used_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM usage w WHERE w.key = k.seq AND w.outcome = 'allowed' \
              AND w.last_at = k.last_used_at AND w.ip = coalesce(k.last_used_ip, ''))",
    },
    RowRule {
        kind: FindingKind::UsageSince,
        remedy: || {
            "if 'prune --usage-older-than' was interrupted, run it again; otherwise find out who changed the store"
                .into()
        },
        sql: "SELECT 'store' FROM store WHERE (SELECT min(first_at) FROM usage) < coalesce(usage_since, 253402300800)",
    },
    RowRule {
        kind: FindingKind::UsageHour,
        remedy: compare,
        sql: "SELECT DISTINCT (SELECT id FROM keys k WHERE k.seq = u.key) FROM usage u WHERE first_at < hour OR last_at >= hour + 3600",
    },
];

/// Every rule.
pub fn look(store: &Store, now: Timestamp) -> Result<Vec<StoreFinding>, Error> {
    let latest = CredibleTimes::at(now).latest().unix();
    let mut found = Vec::new();
    for rule in RULES {
        let broken = store.read(|view| names(view, rule.sql, &[(":latest", &latest)]))?;
        found.extend(finding(rule.kind, (rule.remedy)(), &broken));
    }
    found.extend(store.read(|view| unique_names(view, now))?);
    found.extend(store.read(uses)?);
    Ok(found)
}

pub(crate) fn finding(
    kind: FindingKind,
    remedy: impl Into<Hint>,
    which: &[String],
) -> Option<StoreFinding> {
    (!which.is_empty()).then(|| StoreFinding {
        kind,
        message: format!("{}: {}", kind.meaning(), some(which)),
        remedy: remedy.into(),
    })
}

fn names(
    view: ReadTx<'_>,
    sql: &str,
    params: &[(&str, &dyn rusqlite::ToSql)],
) -> Result<Vec<String>, Error> {
    let mut statement = view.conn.prepare(sql)?;
    for (name, value) in params {
        if let Some(place) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(place, value)?;
        }
    }
    let names = statement.raw_query().mapped(|row| row.get(0).map(some_key));
    Ok(names.collect::<Result<_, _>>()?)
}

/// Names the key of a use whose key does not exist: its number leads nowhere.
fn some_key(id: Option<String>) -> String {
    id.unwrap_or_else(|| "a key that is not there".into())
}

/// Of two usable keys of one name one replaces the other.
fn unique_names(view: ReadTx<'_>, now: Timestamp) -> Result<Option<StoreFinding>, Error> {
    let (first, second) = (NOT_OVER.replace("k.", "a."), NOT_OVER.replace("k.", "b."));
    let sql = format!(
        "SELECT a.id || ' and ' || b.id FROM keys a JOIN keys b ON a.name_folded = b.name_folded AND a.environment = b.environment AND a.seq < b.seq \
         WHERE {first} AND {second} AND b.rotated_from IS NOT a.id"
    );
    let broken = names(view, &sql, &[(":now", &now.unix())])?;
    let remedy = Hint::from("give one of them another name: ").then(Remedy::Rename);
    Ok(finding(FindingKind::NameNotUnique, remedy, &broken))
}

/// Every counted use is one that the domain can have.
fn uses(view: ReadTx<'_>) -> Result<Option<StoreFinding>, Error> {
    let mut broken = Vec::new();
    let mut statement =
        view.conn.prepare("SELECT (SELECT id FROM keys k WHERE k.seq = u.key), ip, scopes, outcome, first_at, last_at FROM usage u")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        let instant = |at| Ok::<_, rusqlite::Error>(Timestamp::from_unix(row.get(at)?).is_some());
        let (ip, scopes, outcome) = (text(1)?, text(2)?, text(3)?);
        let fits = (ip.is_empty() || Net::from_str(ip).is_ok())
            && (scopes.is_empty() || ScopeSet::from_str(scopes).is_ok())
            && Outcome::from_str(outcome).is_ok()
            && instant(4)?
            && instant(5)?;
        if fits {
            continue;
        }
        let key = some_key(row.get(0)?);
        if broken.last() != Some(&key) {
            broken.push(key);
        }
    }
    Ok(finding(
        FindingKind::UseUnreadable,
        "restore a backup",
        &broken,
    ))
}
