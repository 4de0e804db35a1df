//! How some incidents are told.

/// What the sentence of some findings must say.
pub const TOLD: [(&str, &str, &str); 18] = [
    (
        "Let in",
        "accepted-after-end",
        "was revoked at 2026-04-21T00:00:00Z and has been allowed 13 times since, last at 2026-04-23T00:00:00Z from 192.0.2.1",
    ),
    (
        "Still tried",
        "presented-after-end",
        "it, or its id, has been presented and refused 5 times since",
    ),
    (
        "Stolen",
        "new-network",
        "from 198.51.100.0/24 for the first time in a week or more at 2026-04-21T00:00:00Z (5 requests)",
    ),
    (
        "Moved",
        "refused-address",
        "refused 4 times from outside its allowlist: from 192.0.2.9",
    ),
    (
        "Prober",
        "probing",
        "4 times at 4 endpoints beyond its scopes: DELETE /products/:id, GET /products, GET /webhooks, 1 more",
    ),
    (
        "Burst",
        "refusals",
        "refused 30 times in the hour from 2026-04-24T10:00:00Z",
    ),
    (
        "Share",
        "refusals",
        "had 10 of 30 requests refused on the day from 2026-04-24T00:00:00Z",
    ),
    (
        "Busy",
        "busy-hour",
        "had 200 requests in the hour from 2026-04-25T23:00:00Z, where 10 are usual",
    ),
    (
        "Hourly limit",
        "over-limit",
        "had 1001 requests in the hour",
    ),
    ("Daily limit", "over-limit", "had 10320 requests on the day"),
    (
        "Throttled",
        "over-limit",
        "was rate-limited 100 times (HTTP 429) on the day from 2026-04-25T00:00:00Z, of",
    ),
    (
        "Mass deletion",
        "busy-endpoint",
        "called DELETE /products/:id 51 times on the day from 2026-04-21T00:00:00Z, and at most 5 times on any",
    ),
    (
        "At night",
        "odd-hour",
        "had 10 requests in the hour from 2026-04-26T02:00:00Z, a time of day",
    ),
    (
        "Broken",
        "failing",
        "had 10 of 20 requests answered with an error on the day from 2026-04-26T00:00:00Z",
    ),
    (
        "Fell silent",
        "silent",
        "was used on 28 of 28 days, but not for 49 hours, since 2026-04-28T22:00:00Z",
    ),
    (
        "Sleeper",
        "woke",
        "was used at 2026-04-18T00:00:00Z for the first time since 2026-03-04T00:00:00Z, 45 days earlier",
    ),
    (
        "Abandoned",
        "abandoned",
        "no use recorded since 2026-01-21T00:00:00Z, for 99 days",
    ),
    (
        "Narrow user",
        "unused-scopes",
        "has not used read:products since 2026-03-31T23:59:50Z, for 30 days",
    ),
];
