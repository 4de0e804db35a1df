//! The keys of which nothing may be told.

use super::{READ, deletions, member};
use crate::support::in_process::{DAY, HOUR, MINUTE};
use crate::traffic::month::{Habit, Member};

/// Keys that look like an incident and are none, by as little as there is.
pub fn decoys() -> Vec<Member> {
    vec![
        (0..10).fold(
            member("Hardly throttled", Habit::Always(20)),
            |member, hour| {
                let count = if hour == 0 { 9 } else { 10 };
                member.extra(
                    6 * DAY - hour * HOUR,
                    "",
                    "GET /orders",
                    "rate_limited",
                    count,
                )
            },
        ),
        deletions("Fifty deletions", 50),
        member("Nine at night", Habit::Shop).extra(
            5 * DAY - 2 * HOUR,
            "",
            "GET /orders",
            "allowed",
            9,
        ),
        member("Late in the evening", Habit::Shop).extra(
            5 * DAY - 22 * HOUR,
            "",
            "GET /orders",
            "allowed",
            15,
        ),
        (1..=40)
            .filter(|day| *day != 5)
            .fold(member("Half broken", Habit::Silent), |member, day| {
                member.extra(day * DAY, "10.1.1.1", "GET /orders", "allowed", 20)
            })
            .extra(5 * DAY, "10.1.1.1", "GET /orders", "allowed", 11)
            .extra(5 * DAY, "10.1.1.1", "GET /orders", "other", 10),
        (1..=40)
            .filter(|day| *day != 5)
            .fold(member("Often broken", Habit::Silent), |member, day| {
                member
                    .extra(day * DAY, "10.1.1.1", "GET /orders", "allowed", 18)
                    .extra(day * DAY, "10.1.1.1", "GET /orders", "other", 2)
            })
            .extra(5 * DAY, "10.1.1.1", "GET /orders", "allowed", 10)
            .extra(5 * DAY, "10.1.1.1", "GET /orders", "other", 10),
        member("Silent since yesterday", Habit::Steady).awake(10_000, 46),
        member("Light sleeper", Habit::Silent)
            .extra(57 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .extra(13 * DAY, "10.1.1.1", "GET /orders", "allowed", 1),
        member("Twenty from nothing", Habit::Silent)
            .extra(20 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .extra(5 * DAY, "", "GET /orders", "allowed", 20),
        member("Six times the usual", Habit::Always(10)).extra(
            5 * DAY + MINUTE,
            "",
            "GET /orders",
            "allowed",
            50,
        ),
        (1..=4)
            .fold(
                member("Usual for most days", Habit::Silent),
                |member, day| {
                    member.extra((5 + day) * DAY, "10.1.1.1", "GET /orders", "allowed", 20)
                },
            )
            .extra(20 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .extra(5 * DAY, "", "GET /orders", "allowed", 120),
        member("Busy in its first week", Habit::Silent)
            .extra(6 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .extra(DAY, "", "GET /orders", "allowed", 500),
        member("A thousand", Habit::Always(390)).extra(5 * DAY, "", "GET /orders", "allowed", 610),
        member("Two endpoints beyond", Habit::Steady)
            .extra(4 * DAY, "", "GET /products", "insufficient_scope", 9)
            .extra(4 * DAY, "", "GET /webhooks", "insufficient_scope", 9),
        member("May do it by now", Habit::Steady)
            .extra(4 * DAY, "", "GET /products", "insufficient_scope", 1)
            .extra(4 * DAY, "", "GET /products/1", "insufficient_scope", 1)
            .extra(4 * DAY, "", "GET /products/sku/1", "insufficient_scope", 1)
            .act(72, &["update", "@", "--add-scope", "read:products"])
            .extra(2 * DAY, "", "GET /products", "allowed", 1),
        member("Nineteen refusals", Habit::Always(50)).extra(
            6 * DAY,
            "",
            "GET /orders",
            "unknown",
            19,
        ),
        member("Refused on a quiet day", Habit::Rare).extra(
            6 * DAY,
            "",
            "GET /orders",
            "unknown",
            15,
        ),
        member("Settling in", Habit::Silent)
            .made(20)
            .extra(19 * DAY, "10.1.1.1", "GET /orders", "allowed", 1)
            .extra(13 * DAY, "10.2.2.2", "GET /orders", "allowed", 1),
        member("New and named", Habit::Steady)
            .with(&[
                "--scope",
                READ,
                "--expires",
                "200d",
                "--allow-ip",
                "10.77.3.0/24",
            ])
            .act(80, &["allowlist", "add", "@", "198.51.100.7"])
            .extra(3 * DAY, "198.51.100.7", "GET /orders", "allowed", 1),
        member("Let in by now", Habit::Steady)
            .with(&[
                "--scope",
                READ,
                "--expires",
                "200d",
                "--allow-ip",
                "10.77.4.0/24",
            ])
            .extra(4 * DAY, "192.0.2.9", "GET /orders", "ip_not_allowed", 4)
            .act(90, &["allowlist", "add", "@", "192.0.2.0/24"]),
        member("Refused long ago", Habit::Rare).extra(
            40 * DAY,
            "192.0.2.9",
            "GET /orders",
            "ip_not_allowed",
            4,
        ),
        member("Stolen and revoked", Habit::Steady)
            .awake(10_000, 24)
            .extra(10 * DAY, "198.51.100.7", "GET /orders", "allowed", 100)
            .extra(10 * DAY, "198.51.100.7", "GET /orders", "unknown", 100)
            .act(24, &["revoke", "@", "--yes"]),
        member("Used to the last second", Habit::Silent)
            .act(240, &["revoke", "@", "--yes"])
            .extra(10 * DAY, "10.1.1.1", "GET /orders", "allowed", 1),
        member("Extended", Habit::Rare)
            .with(&["--scope", READ, "--expires", "50d"])
            .extra(9 * DAY, "", "GET /orders", "expired", 3)
            .act(8 * 24, &["update", "@", "--expires", "90d"]),
        member("Ends unused", Habit::Rare)
            .awake(10_000, 26)
            .act(50, &["revoke", "@", "--in", "6d"]),
        member("Well rotated", Habit::Rare)
            .awake(10_000, 50)
            .act(50, &["rotate", "@"])
            .extra_new(HOUR, 4),
        member("Just rotated", Habit::Rare)
            .awake(10_000, 12)
            .act(12, &["rotate", "@"]),
        member("Ends in fifteen days", Habit::Rare).with(&["--scope", READ, "--expires", "75d"]),
        member("Eighty-nine days", Habit::Rare).made(89),
        member("Forty-four days", Habit::Silent).extra(
            44 * DAY,
            "10.1.1.1",
            "GET /orders",
            "allowed",
            3,
        ),
        member("Young and unused", Habit::Silent).made(20),
        member("Off for a while", Habit::Silent).act(29 * 24, &["disable", "@"]),
        member("New scope", Habit::Rare)
            .act(29 * 24, &["update", "@", "--add-scope", "read:products"]),
    ]
}
