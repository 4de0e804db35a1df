//! The cast: the keys with an incident, the keys that only look like one, and the ordinary ones.

mod decoys;
mod told;

use zenflow_keys::domain::{Preset, Scope, ScopeSet};

use crate::support::in_process::{DAY, HOUR, MINUTE};
use crate::traffic::month::{Extra, Habit, Member, home};

pub use told::TOLD;

/// How many keys there are.
const KEYS: usize = 200;

/// What a member may do.
pub fn scopes(member: &Member) -> ScopeSet {
    let words = |flag: &'static str| {
        member
            .create
            .iter()
            .zip(&member.create[1..])
            .filter(move |(name, _)| *name == flag)
            .map(|(_, value)| value)
    };
    let preset = words("--preset").map(|id| id.parse::<&Preset>().unwrap().scopes);
    let named = words("--scope")
        .flat_map(|list| list.split(','))
        .map(|word| word.parse::<Scope>().unwrap());
    preset.fold(named.collect(), ScopeSet::with)
}

/// An address of the member's network.
pub fn address(member: &Member, place: usize, host: u64) -> String {
    let listed = member
        .create
        .iter()
        .position(|arg| arg == "--allow-ip")
        .map(|at| member.create[at + 1].clone());
    match listed.as_deref() {
        Some(net) if net.ends_with(".0/24") => net.replace(".0/24", &format!(".{host}")),
        Some(net) if net.ends_with("::/48") => net.replace("/48", &host.to_string()),
        _ => format!("{}{host}", home(place)),
    }
}

/// A key that reads orders and is as it should be.
fn member(name: &str, habit: Habit) -> Member {
    Member {
        name: name.into(),
        create: ["--scope", "read:orders", "--expires", "200d"]
            .map(String::from)
            .into(),
        made: 60,
        habit,
        awake: (10_000, 0),
        acts: Vec::new(),
        extras: Vec::new(),
        expected: Vec::new(),
    }
}

impl Member {
    fn with(mut self, args: &[&str]) -> Self {
        self.create = args.iter().map(|arg| (*arg).to_owned()).collect();
        self
    }

    fn made(mut self, days: i64) -> Self {
        self.made = days;
        self
    }

    fn awake(mut self, from: i64, until: i64) -> Self {
        self.awake = (from, until);
        self
    }

    fn act(mut self, hours_ago: i64, args: &[&'static str]) -> Self {
        self.acts.push((hours_ago, args.to_vec()));
        self
    }

    fn extra(
        mut self,
        ago: i64,
        from: &'static str,
        request: &'static str,
        outcome: &'static str,
        count: u64,
    ) -> Self {
        let from = Some(from).filter(|from| !from.is_empty());
        self.extras.push(Extra {
            ago,
            from,
            request,
            outcome,
            count,
            by_new: false,
        });
        self
    }

    /// By the successor; from where is not known.
    fn extra_new(mut self, ago: i64, count: u64) -> Self {
        self.extras.push(Extra {
            ago,
            from: None,
            request: "GET /orders",
            outcome: "allowed",
            count,
            by_new: true,
        });
        self
    }

    fn expect(mut self, rules: &[&'static str]) -> Self {
        self.expected
            .extend(rules.iter().map(|rule| (*rule, false)));
        self
    }

    fn expect_new(mut self, rule: &'static str) -> Self {
        self.expected.push((rule, true));
        self
    }
}

const READ: &str = "read:orders";

pub fn cast() -> Vec<Member> {
    let mut cast = ended();
    cast.extend(unusual());
    cast.extend(refused());
    cast.extend(settings());
    cast.extend(rotations());
    cast.extend(unused());
    cast.extend(decoys::decoys());
    cast.extend((cast.len()..KEYS).map(ordinary));
    cast
}

/// Keys that are over and used all the same.
fn ended() -> Vec<Member> {
    vec![
        member("Let in", Habit::Rare)
            .awake(10_000, 240)
            .act(240, &["revoke", "@", "--yes"])
            .extra(9 * DAY, "192.0.2.1", "GET /orders", "allowed", 12)
            .extra(8 * DAY, "192.0.2.1", "GET /orders", "allowed", 1)
            .expect(&["accepted-after-end"]),
        member("Let in late", Habit::Rare)
            .with(&["--scope", READ, "--expires", "50d"])
            .awake(10_000, 240)
            .extra(DAY, "10.7.7.7", "GET /orders", "allowed", 1)
            .expect(&["accepted-after-end"]),
        member("Let in disabled", Habit::Rare)
            .awake(10_000, 0)
            .act(48, &["disable", "@"])
            .expect(&["accepted-after-end"]),
        member("Still tried", Habit::Rare)
            .awake(10_000, 240)
            .act(240, &["revoke", "@", "--yes"])
            .extra(5 * DAY, "192.0.2.1", "GET /orders", "revoked", 5)
            .expect(&["presented-after-end"]),
        member("Forgot to renew", Habit::Rare)
            .with(&["--scope", READ, "--expires", "50d"])
            .awake(10_000, 240)
            .extra(DAY, "", "GET /orders", "expired", 3)
            .expect(&["presented-after-end"]),
        member("Rehearsal", Habit::Rare)
            .awake(10_000, 120)
            .act(120, &["disable", "@"])
            .extra(DAY, "", "GET /orders", "disabled", 20)
            .expect(&["disabled-in-use"]),
        member("Ends while in use", Habit::Steady)
            .act(50, &["revoke", "@", "--in", "6d"])
            .expect(&["revocation-in-use"]),
    ]
}

/// Use that was never so before.
fn unusual() -> Vec<Member> {
    vec![
        member("Stolen", Habit::Steady)
            .extra(10 * DAY, "198.51.100.7", "GET /orders", "allowed", 5)
            .expect(&["new-network"]),
        member("Stolen over IPv6", Habit::Steady)
            .extra(3 * DAY, "2001:db8:bad::1", "GET /orders", "allowed", 1)
            .expect(&["new-network"]),
        member("Only a network", Habit::Steady)
            .extra(3 * DAY, "198.51.100.0/24", "GET /orders", "allowed", 1)
            .expect(&["new-network"]),
        member("Busy", Habit::Always(10))
            .extra(5 * DAY + MINUTE, "", "GET /orders", "allowed", 190)
            .expect(&["busy-hour"]),
        member("Busy from nothing", Habit::Rare)
            .extra(5 * DAY, "", "GET /orders", "other", 21)
            .expect(&["busy-hour", "failing"]),
        (1..=3)
            .fold(
                member("Busy for most days", Habit::Silent),
                |member, day| {
                    member.extra((5 + day) * DAY, "10.1.1.1", "GET /orders", "allowed", 300)
                },
            )
            .extra(20 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .extra(5 * DAY, "", "GET /orders", "allowed", 21)
            .expect(&["busy-hour", "busy-endpoint"]),
        member("Hourly limit", Habit::Always(350))
            .extra(5 * DAY, "", "GET /orders", "allowed", 651)
            .expect(&["over-limit"]),
        (5 * 24..6 * 24)
            .fold(member("Daily limit", Habit::Always(400)), |member, hour| {
                member.extra(hour * HOUR + MINUTE, "", "GET /orders", "allowed", 30)
            })
            .expect(&["over-limit"]),
        (0..10)
            .fold(member("Throttled", Habit::Steady), |member, hour| {
                member.extra(6 * DAY - hour * HOUR, "", "GET /orders", "rate_limited", 10)
            })
            .expect(&["over-limit"]),
        (0..24)
            .fold(member("Throttled half", Habit::Silent), |member, hour| {
                let ago = 6 * DAY - hour * HOUR;
                member
                    .extra(ago, "", "GET /orders", "rate_limited", 1)
                    .extra(ago, "", "GET /orders", "allowed", 3)
            })
            .expect(&["over-limit"]),
        deletions("Mass deletion", 51).expect(&["busy-endpoint"]),
        member("At night", Habit::Shop)
            .extra(5 * DAY - 2 * HOUR, "", "GET /orders", "allowed", 10)
            .expect(&["odd-hour"]),
        (1..=40)
            .filter(|day| *day != 5)
            .fold(member("Broken", Habit::Silent), |member, day| {
                member.extra(day * DAY, "10.1.1.1", "GET /orders", "allowed", 20)
            })
            .extra(5 * DAY, "10.1.1.1", "GET /orders", "allowed", 10)
            .extra(5 * DAY, "10.1.1.1", "GET /orders", "other", 10)
            .expect(&["failing"]),
        member("Fell silent", Habit::Steady)
            .awake(10_000, 49)
            .expect(&["silent"]),
        member("Sleeper", Habit::Silent)
            .extra(58 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .extra(13 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .expect(&["woke"]),
    ]
}

/// Requests that were refused.
fn refused() -> Vec<Member> {
    vec![
        member("Moved", Habit::Steady)
            .with(&[
                "--scope",
                READ,
                "--expires",
                "200d",
                "--allow-ip",
                "10.77.1.0/24",
            ])
            .extra(4 * DAY, "192.0.2.9", "GET /orders", "ip_not_allowed", 4)
            .expect(&["refused-address"]),
        member("Prober", Habit::Steady)
            .extra(4 * DAY, "", "GET /products", "insufficient_scope", 1)
            .extra(4 * DAY, "", "DELETE /products/1", "insufficient_scope", 1)
            .extra(3 * DAY, "", "GET /webhooks", "insufficient_scope", 1)
            .extra(2 * DAY, "", "POST /stock/bulk", "insufficient_scope", 1)
            .expect(&["probing"]),
        member("Burst", Habit::Always(50))
            .extra(7 * DAY - 10 * HOUR, "", "GET /orders", "unknown", 30)
            .expect(&["refusals"]),
        (0..5)
            .fold(member("Share", Habit::Silent), |member, hour| {
                member
                    .extra(
                        7 * DAY - hour * HOUR,
                        "",
                        "GET /orders",
                        "insufficient_scope",
                        2,
                    )
                    .extra(7 * DAY - hour * HOUR, "", "GET /orders", "allowed", 4)
            })
            .expect(&["refusals"]),
    ]
}

/// What is wrong with the records alone.
fn settings() -> Vec<Member> {
    vec![
        member("Ends soon", Habit::Rare)
            .with(&["--scope", READ, "--expires", "70d"])
            .expect(&["expires-soon"]),
        member("Endless", Habit::Rare)
            .with(&["--scope", READ])
            .expect(&["no-expiry"]),
        member("Old", Habit::Rare)
            .made(100)
            .expect(&["rotation-due"]),
        member("Mighty", Habit::Steady)
            .with(&[
                "--preset",
                "full-access",
                "--expires",
                "200d",
                "--allow-ip",
                "10.77.2.0/24",
            ])
            .expect(&["admin"]),
        member("Mighty and open", Habit::Steady)
            .with(&["--scope", "admin", "--expires", "200d"])
            .expect(&["admin", "no-allowlist"]),
        member("Writes from anywhere", Habit::Steady)
            .with(&["--preset", "stock-sync", "--expires", "200d"])
            .expect(&["no-allowlist"]),
        member("Lets all in", Habit::Steady)
            .with(&[
                "--preset",
                "stock-sync",
                "--expires",
                "200d",
                "--allow-ip",
                "0.0.0.0/1,128.0.0.0/1",
            ])
            .expect(&["open-allowlist"]),
        member("Switched off", Habit::Silent)
            .act(40 * 24, &["disable", "@"])
            .expect(&["disabled-long"]),
    ]
}

fn rotations() -> Vec<Member> {
    vec![
        member("Half moved", Habit::Steady)
            .act(50, &["rotate", "@"])
            .extra_new(HOUR, 4)
            .expect(&["rotation-old-in-use"]),
        member("Not moved", Habit::Rare)
            .awake(10_000, 40)
            .act(50, &["rotate", "@"])
            .expect_new("rotation-new-unused"),
        member("Never finished", Habit::Rare)
            .with(&["--scope", READ])
            .awake(10_000, 50)
            .act(50, &["rotate", "@", "--expires", "90d"])
            .act(49, &["revoke", "@", "--cancel"])
            .extra_new(HOUR, 4)
            .expect(&["rotation-endless"]),
    ]
}

fn unused() -> Vec<Member> {
    vec![
        member("Abandoned", Habit::Silent)
            .made(110)
            .extra(100 * DAY, "10.1.1.1", "GET /orders", "allowed", 3)
            .expect(&["abandoned", "rotation-due"]),
        member("Never used", Habit::Silent)
            .made(95)
            .expect(&["abandoned", "rotation-due"]),
        member("Idle", Habit::Silent)
            .extra(50 * DAY, "10.1.1.1", "GET /orders", "allowed", 3)
            .expect(&["idle"]),
        member("Only refused", Habit::Silent)
            .extra(DAY, "", "GET /products", "insufficient_scope", 2)
            .expect(&["idle"]),
        member("Narrow user", Habit::Silent)
            .with(&["--scope", "read:orders,read:products", "--expires", "200d"])
            .extra(10 * DAY, "10.1.1.1", "GET /orders", "allowed", 3)
            .expect(&["unused-scopes"]),
        member("Outside of the map", Habit::Silent)
            .with(&["--scope", "read:orders,read:products", "--expires", "200d"])
            .extra(10 * DAY, "10.1.1.1", "GET /orders", "allowed", 3)
            .extra(10 * DAY, "10.1.1.1", "", "allowed", 1)
            .expect(&["unused-scopes"]),
    ]
}

/// A key as there are many.
fn ordinary(place: usize) -> Member {
    let name = format!("Ordinary {place}");
    let net = if place % 7 == 3 {
        format!("2001:db8:{place:x}::/48")
    } else {
        format!("10.{}.{}.0/24", 100 + place / 250, place % 250)
    };
    let (habit, preset, listed) = match place % 5 {
        0 => (Habit::Shop, "erp-sync", true),
        1 => (Habit::Nightly, "stock-sync", true),
        2 if place.is_multiple_of(2) => (Habit::Steady, "read-only", true),
        2 => (Habit::Nightly, "read-only", true),
        3 => (Habit::Nightly, "erp-sync", true),
        _ => (Habit::Shop, "read-only", false),
    };
    let mut args = vec!["--preset", preset, "--expires", "200d", "--owner", "ops"];
    if listed {
        args.extend(["--allow-ip", &net]);
    }
    let made = 40 + i64::try_from(place % 45).unwrap();
    member(&name, habit).with(&args).made(made)
}

/// A key that deletes five products a day, and on one day so many within five hours.
fn deletions(name: &str, count: u64) -> Member {
    let quiet = (1..=30).filter(|day| *day != 10).fold(
        member(name, Habit::Silent).with(&[
            "--scope",
            "write:products",
            "--expires",
            "200d",
            "--allow-ip",
            "10.1.1.1",
        ]),
        |member, day| member.extra(day * DAY, "10.1.1.1", "DELETE /products/1", "allowed", 5),
    );
    [(0, 20), (2, 20), (4, count - 40)]
        .into_iter()
        .fold(quiet, |member, (hours, count)| {
            let ago = 10 * DAY - hours * HOUR;
            member.extra(ago, "10.1.1.1", "DELETE /products/1", "allowed", count)
        })
}
