//! `check`: the verdict on a key. Those of `check --batch` are in [`batch`].

pub mod batch;

use serde::Serialize;

use crate::domain::{Key, Reason, ScopeSet, Timestamp, Verdict};
use crate::view::View;
use crate::view::key::BriefKey;
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::time::exact_and_relative;
use crate::view::text::wrap::wrap_hanging;

/// The verdict on a presented key.
#[derive(Debug)]
pub struct CheckedKey<'a> {
    /// The verdict.
    pub verdict: &'a Verdict,
    /// The record of the key, if the store has one.
    pub key: Option<&'a Key>,
    /// As of when it was judged.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct CheckBody<'a> {
    allowed: bool,
    verdict: &'static str,
    reason: Option<&'static str>,
    failures: Vec<&'static str>,
    missing_scopes: Vec<&'static str>,
    key: Option<BriefKey<'a>>,
    response: Option<ResponseToClient>,
}

#[derive(Serialize)]
struct ResponseToClient {
    status: u16,
    body: ResponseBody,
}

#[derive(Serialize)]
struct ResponseBody {
    success: bool,
    error: ApiError,
}

#[derive(Serialize)]
struct ApiError {
    code: &'static str,
    message: String,
}

impl View for CheckedKey<'_> {
    fn json(&self) -> impl Serialize {
        let verdict = self.verdict;
        let failures = match verdict {
            Verdict::Allowed => None,
            Verdict::Refused(failures) => Some(failures),
        };
        let response = failures.map(|failures| {
            let refusal = failures.first.refusal();
            let error = ApiError {
                code: refusal.code(),
                message: failures.message().into_owned(),
            };
            ResponseToClient {
                status: refusal.http(),
                body: ResponseBody {
                    success: false,
                    error,
                },
            }
        });
        CheckBody {
            allowed: failures.is_none(),
            verdict: verdict.as_str(),
            reason: verdict.reason().map(Reason::as_str),
            failures: failures
                .map(|failures| failures.all.iter().map(|reason| reason.as_str()).collect())
                .unwrap_or_default(),
            missing_scopes: failures
                .map(|failures| failures.missing_scopes.words())
                .unwrap_or_default(),
            key: self.key.map(|key| BriefKey::new(key, self.now)),
            response,
        }
    }

    /// The answer, whose key it is, and every rule that fails.
    fn human(&self, theme: &Theme) -> Vec<String> {
        let (key, now) = (self.key, self.now);
        let whose = key.map(|key| {
            format!(
                "{} ({}), {}, {}",
                visible(key.name.as_str()),
                key.id,
                key.environment,
                key.status(now).as_str()
            )
        });
        let whose = whose.unwrap_or_else(|| "no key of this store".into());
        let lines = match self.verdict {
            Verdict::Allowed => vec![format!(
                "{}  {whose}",
                theme.good(&format!("{} allowed", theme.pick("✓", "+")))
            )],
            Verdict::Refused(failures) => {
                let refusal = failures.first.refusal();
                let mut lines = vec![
                    format!(
                        "{}  {whose}",
                        theme.bad(&format!("{} {}", theme.pick("✗", "x"), refusal.code()))
                    ),
                    format!("  HTTP {}: {}", refusal.http(), failures.message()),
                ];
                for reason in &failures.all {
                    lines.push(format!(
                        "  {} {}",
                        theme.pick("·", "-"),
                        why(*reason, failures.missing_scopes, key, now)
                    ));
                }
                lines
            }
        };
        lines
            .iter()
            .flat_map(|line| wrap_hanging(line, 4, theme.width))
            .collect()
    }
}

/// A reason as a sentence, with what is known about it.
fn why(reason: Reason, missing: ScopeSet, key: Option<&Key>, now: Timestamp) -> String {
    let since = |instant: Option<Timestamp>| {
        instant
            .map(|at| format!(" since {}", exact_and_relative(at, now)))
            .unwrap_or_default()
    };
    let what = match reason {
        Reason::Missing => "no key was presented".into(),
        Reason::Malformed => "this is not a key".into(),
        Reason::BadChecksum => "the checksum is wrong: a typing error, or a part is missing".into(),
        Reason::Unknown => "no key with this secret is in the store".into(),
        Reason::Revoked => format!(
            "revoked{}",
            since(
                key.and_then(|key| key.revocation.as_ref())
                    .map(|revocation| revocation.at)
            )
        ),
        Reason::Disabled => format!("disabled{}", since(key.and_then(|key| key.disabled_at))),
        Reason::Expired => format!("expired{}", since(key.and_then(|key| key.expires_at))),
        Reason::WrongEnvironment => "the key is for the other environment".into(),
        Reason::IpNotAllowed => "the address is not in the key's allowlist".into(),
        Reason::IpUnknown => "the key has an allowlist, and no address was given (--ip)".into(),
        Reason::InsufficientScope => format!("the key lacks {}", missing.words().join(", ")),
    };
    format!("{}: {what}", reason.as_str())
}
