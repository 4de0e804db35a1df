//! What can happen to a key in the twelve weeks, and the rule that must say so within two days.

use crate::traffic::habits::Habit;
use crate::traffic::weeks::Request;

/// Something that happens to a key.
#[derive(Debug)]
pub struct Incident {
    /// To which key: one with this habit, and the how-manieth of these.
    pub habit: Habit,
    pub which: usize,
    /// When it begins, or for what is told only when it is complete, when that is.
    pub day: i64,
    pub deed: Deed,
    pub rule: &'static str,
}

/// What happens.
#[derive(Debug)]
pub enum Deed {
    /// Somebody else uses the key, from this address, so often an hour for three hours.
    Stolen(&'static str, u64),
    /// The key was rotated two days before, and somebody has the new one.
    StolenFresh,
    /// It has so many times its requests for two hours.
    Times(u64),
    /// It is not used any more.
    Dies,
    /// It is used again.
    Wakes,
    /// All of its requests fail.
    Fails,
    /// One endpoint beyond its scopes every four days, the third on the day.
    SlowProbe,
    /// Endpoints and paths beyond its scopes within an hour.
    Probe,
    /// It was revoked two days before and is refused.
    Presented,
    /// It was revoked two days before and is let in.
    Accepted,
    /// So many requests of its own network to this endpoint.
    Mass(&'static str, u64),
    /// It is used in the night, from its own network.
    Night,
    /// Two thirds of what it asks for are too many.
    Throttled,
    /// Somebody tries secrets for its id.
    Guessed,
    /// It is used from outside of its allowlist.
    Outside,
}

const fn incident(
    habit: Habit,
    which: usize,
    day: i64,
    deed: Deed,
    rule: &'static str,
) -> Incident {
    Incident {
        habit,
        which,
        day,
        deed,
        rule,
    }
}

pub static INCIDENTS: [Incident; 26] = [
    incident(
        Habit::Office,
        1,
        33,
        Deed::Stolen("45.9.1.7", 4),
        "new-network",
    ),
    incident(
        Habit::Erp,
        0,
        51,
        Deed::Stolen("45.9.1.8", 1),
        "new-network",
    ),
    incident(
        Habit::Phone,
        0,
        30,
        Deed::Stolen("45.9.1.9", 3),
        "new-network",
    ),
    incident(
        Habit::Phone,
        3,
        66,
        Deed::Stolen("2a0e:bad::1", 9),
        "new-network",
    ),
    incident(
        Habit::Ci,
        0,
        41,
        Deed::Stolen("45.9.1.10", 20),
        "new-network",
    ),
    incident(
        Habit::Serverless,
        0,
        60,
        Deed::Stolen("45.9.1.11", 2),
        "new-network",
    ),
    incident(
        Habit::Cdn,
        0,
        27,
        Deed::Stolen("45.9.1.12", 5),
        "new-network",
    ),
    incident(
        Habit::Privacy,
        0,
        38,
        Deed::Stolen("2a0e:bad::2", 2),
        "new-network",
    ),
    incident(Habit::Sync, 2, 50, Deed::StolenFresh, "new-network"),
    incident(Habit::Sync, 3, 36, Deed::Times(10), "busy-hour"),
    incident(Habit::Nightly, 0, 55, Deed::Times(10), "busy-hour"),
    incident(Habit::Erp, 1, 70, Deed::Times(10), "busy-hour"),
    incident(Habit::Sync, 4, 45, Deed::Dies, "silent"),
    incident(Habit::Monitoring, 0, 65, Deed::Dies, "silent"),
    incident(Habit::Idle, 0, 61, Deed::Wakes, "woke"),
    incident(Habit::Sync, 5, 29, Deed::Fails, "failing"),
    incident(Habit::Ci, 1, 48, Deed::SlowProbe, "probing"),
    incident(Habit::Phone, 1, 58, Deed::Probe, "probing"),
    incident(Habit::Sync, 6, 40, Deed::Presented, "presented-after-end"),
    incident(Habit::Sync, 7, 53, Deed::Accepted, "accepted-after-end"),
    incident(
        Habit::Erp,
        5,
        37,
        Deed::Mass("DELETE /products/:id", 90),
        "busy-endpoint",
    ),
    incident(
        Habit::Office,
        5,
        50,
        Deed::Mass("GET /orders/:id", 3_000),
        "busy-endpoint",
    ),
    incident(Habit::Erp, 6, 68, Deed::Guessed, "refusals"),
    incident(Habit::Office, 3, 64, Deed::Night, "odd-hour"),
    incident(Habit::Nightly, 1, 43, Deed::Throttled, "over-limit"),
    incident(Habit::Office, 4, 72, Deed::Outside, "refused-address"),
];

impl Deed {
    /// What the operator does two days before, if that is part of it.
    pub fn act(&self) -> Option<&'static str> {
        match self {
            Deed::StolenFresh => Some("rotate"),
            Deed::Presented | Deed::Accepted => Some("revoke"),
            _ => None,
        }
    }
}

fn request(from: &str, endpoint: &'static str, outcome: &'static str, count: u64) -> Request {
    Request {
        from: from.into(),
        endpoint,
        outcome,
        count,
    }
}

impl Incident {
    /// Changes what the key does in an hour; `home` is the address that it last came from.
    pub fn change(&self, day: i64, hour: i64, home: &str, requests: &mut Vec<Request>) {
        let since = day - self.day;
        let is_afternoon = since == 0 && (14..17).contains(&hour);
        match self.deed {
            Deed::Stolen(from, count) if is_afternoon => {
                requests.push(request(from, "GET /orders", "allowed", count));
            }
            Deed::StolenFresh if is_afternoon => {
                requests.push(request("45.9.1.13", "GET /orders", "allowed", 2));
            }
            Deed::Times(factor) if since == 0 => {
                for request in requests {
                    request.count *= factor;
                }
            }
            Deed::Dies if since >= 0 => requests.clear(),
            Deed::Wakes if is_afternoon => {
                requests.push(request("192.59.2.10", "GET /orders", "allowed", 1));
            }
            Deed::Fails if since >= 0 => {
                for request in requests {
                    request.outcome = "other";
                }
            }
            Deed::SlowProbe if [-8, -4, 0].contains(&since) && hour == 11 => {
                let all = ["GET /stock", "GET /webhooks", "POST /stock/bulk"];
                let endpoint = all[(since / 4 + 2) as usize];
                requests.push(request(home, endpoint, "insufficient_scope", 1));
            }
            Deed::Probe if is_afternoon && hour == 14 => {
                for endpoint in ["GET /stock", "GET /webhooks", "GET /secrets"] {
                    requests.push(request(home, endpoint, "insufficient_scope", 1));
                }
            }
            Deed::Presented if since >= -2 => {
                for request in requests {
                    request.outcome = "revoked";
                }
            }
            Deed::Mass(endpoint, count) if is_afternoon => {
                requests.push(request(home, endpoint, "allowed", count / 3));
            }
            Deed::Night if since == 0 && hour == 2 => {
                requests.push(request(home, "GET /orders", "allowed", 15));
            }
            Deed::Throttled if since == 0 => {
                let more: Vec<_> = requests
                    .iter()
                    .map(|part| request(&part.from, part.endpoint, "rate_limited", part.count * 2))
                    .collect();
                requests.extend(more);
            }
            Deed::Guessed if is_afternoon => {
                requests.push(request("45.9.1.14", "GET /orders", "unknown", 30));
            }
            Deed::Outside if is_afternoon => {
                requests.push(request("45.9.1.15", "GET /orders", "ip_not_allowed", 1));
            }
            _ => {}
        }
    }
}
