//! Twelve weeks of 60 keys, and a review every morning. The same seed always makes the same weeks.

use std::collections::{BTreeMap, BTreeSet};

use clap::Parser;
use zenflow_keys::domain::usage::UsageBucket;
use zenflow_keys::domain::{Key, KeyId, Severity, Timestamp};
use zenflow_keys::internals::{Case, Cli, Command, RULES, ReviewLimits, Traffic};
use zenflow_keys::store::{Access, Store};

use crate::support::in_process::{Bench, DAY, HOUR, START};
use crate::traffic::habits::{Client, DAYS, Habit, census};
use crate::traffic::incidents::{Deed, INCIDENTS, Incident};
use crate::traffic::month::Seeded;

/// Before this day nothing is usual yet, and no review is made.
const FIRST_REVIEW: i64 = 14;
/// The hour of the review.
const MORNING: i64 = 6;
/// The rules on use; what the others say of the settings of a key is the same every day.
pub const OF_USE: [&str; 13] = [
    "accepted-after-end",
    "presented-after-end",
    "new-network",
    "refused-address",
    "probing",
    "refusals",
    "busy-hour",
    "busy-endpoint",
    "odd-hour",
    "over-limit",
    "failing",
    "silent",
    "woke",
];

/// Requests of one kind within an hour.
#[derive(Debug, Clone)]
pub struct Request {
    pub from: String,
    pub endpoint: &'static str,
    pub outcome: &'static str,
    pub count: u64,
}

/// A finding of one morning.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub day: i64,
    pub rule: &'static str,
    pub severity: Severity,
    /// The place of the key.
    pub place: usize,
    message: String,
}

/// The keys and what is recorded of each.
struct Weeks {
    keys: Vec<Key>,
    predecessors: BTreeMap<KeyId, usize>,
    uses: Vec<Vec<UsageBucket>>,
}

/// What the reviews of the quiet weeks say.
pub fn quiet(seed: u64) -> Vec<Said> {
    Weeks::play(seed, &[]).reviews()
}

/// What they say if all of the incidents happen, each to a key of its own.
pub fn bad(seed: u64) -> Vec<Said> {
    Weeks::play(seed, &INCIDENTS).reviews()
}

/// The place of the key to which an incident happens.
pub fn victim(incident: &Incident) -> usize {
    let same: Vec<usize> = census()
        .iter()
        .enumerate()
        .filter(|(_, habit)| **habit == incident.habit)
        .map(|(place, _)| place)
        .collect();
    same[incident.which]
}

/// How many of these findings were not made on any of the 30 mornings before.
pub fn new_of(said: &[Said]) -> Vec<Said> {
    let mut last: BTreeMap<(&str, usize), i64> = BTreeMap::new();
    let mut new = Vec::new();
    for finding in said {
        let before = last.insert((finding.rule, finding.place), finding.day);
        if before.is_none_or(|before| finding.day - before > 30) {
            new.push(finding.clone());
        }
    }
    new
}

/// How many mornings there are.
pub fn mornings() -> i64 {
    DAYS - FIRST_REVIEW
}

fn start() -> i64 {
    Timestamp::parse(START).unwrap().unix()
}

impl Weeks {
    fn play(seed: u64, incidents: &[Incident]) -> Self {
        let mut seeded = Seeded(seed);
        let mut weeks = Weeks::make_keys(incidents);
        for (place, habit) in census().into_iter().enumerate() {
            weeks.live(place, habit, incidents, &mut seeded);
        }
        weeks
    }

    /// Makes the keys on the first day; in the quiet weeks, too, two of them are rotated.
    fn make_keys(incidents: &[Incident]) -> Self {
        let bench = Bench::new();
        let mut ids: Vec<String> = census()
            .iter()
            .enumerate()
            .map(|(place, habit)| {
                let name = format!("{habit:?} {place}");
                let mut args = vec!["create", &name, "--preset", "full-access"];
                let scopes = ["--scope", "read:orders,read:products"];
                let is_fenced = incidents.iter().any(|incident| {
                    victim(incident) == place && matches!(incident.deed, Deed::Outside)
                });
                if matches!(habit, Habit::Ci | Habit::Phone | Habit::Sync) {
                    args.splice(2..4, scopes);
                }
                if is_fenced {
                    args.extend(["--allow-ip", "84.0.0.0/8"]);
                }
                bench.json(&args)["key"]["id"].as_str().unwrap().to_owned()
            })
            .collect();
        let mut acts: Vec<(i64, usize, &str)> = vec![(30, 9, "rotate"), (44, 3, "rotate")];
        acts.extend(incidents.iter().filter_map(|incident| {
            let act = incident.deed.act()?;
            Some((incident.day - 2, victim(incident), act))
        }));
        acts.sort_unstable();
        let mut today = 0;
        let mut successors = BTreeMap::new();
        for (day, place, act) in acts {
            bench.later((day - today) * DAY);
            today = day;
            if act == "rotate" {
                let document = bench.json(&["rotate", &ids[place], "--overlap", "7d"]);
                successors.insert(ids.len(), place);
                ids.push(document["key"]["id"].as_str().unwrap().to_owned());
            } else {
                bench.ok(&[act, &ids[place], "--yes"]);
            }
        }
        let store = Store::open(&bench.db(), Access::Read).unwrap();
        let keys: Vec<Key> = ids
            .iter()
            .map(|id| {
                store
                    .read(|view| view.known_key(id.parse().unwrap()))
                    .unwrap()
            })
            .collect();
        let predecessors = successors
            .into_iter()
            .map(|(new, old)| (keys[new].id, old))
            .collect();
        Weeks {
            uses: vec![Vec::new(); keys.len()],
            keys,
            predecessors,
        }
    }

    /// Who is used in this place on this day: from the day after a rotation on the new key.
    fn key_of(&self, place: usize, at: i64) -> usize {
        let successor = (census().len()..self.keys.len())
            .find(|new| self.predecessors[&self.keys[*new].id] == place);
        successor
            .filter(|new| at >= self.keys[*new].created_at.unix() + DAY)
            .unwrap_or(place)
    }

    fn live(&mut self, place: usize, habit: Habit, incidents: &[Incident], seeded: &mut Seeded) {
        let mut client = Client::new(habit, place, seeded);
        let own: Vec<&Incident> = incidents
            .iter()
            .filter(|incident| victim(incident) == place)
            .collect();
        let mut home = "192.0.2.1".to_owned();
        for day in 0..DAYS {
            for hour in 0..24 {
                let mut requests = client.requests(day, hour, seeded);
                if let Some(request) = requests.first() {
                    home.clone_from(&request.from);
                }
                for incident in &own {
                    incident.change(day, hour, &home, &mut requests);
                }
                let begin = start() + day * DAY + hour * HOUR;
                let key = self.key_of(place, begin);
                for request in requests {
                    let uses = request.uses(self.keys[key].id, begin);
                    self.uses[key].push(uses);
                }
            }
        }
    }

    fn reviews(&self) -> Vec<Said> {
        (FIRST_REVIEW..DAYS)
            .flat_map(|day| self.review(day))
            .collect()
    }

    fn review(&self, day: i64) -> Vec<Said> {
        let now = Timestamp::from_unix(start() + day * DAY + MORNING * HOUR).unwrap();
        let known = |uses: &&UsageBucket| uses.last_at <= now;
        let all = || self.uses.iter().flatten().filter(known);
        let limits = limits(now, all().map(|uses| uses.last_at).max());
        let recorded_days: BTreeSet<i64> = all().map(|uses| uses.hour() / DAY).collect();
        let mut said = Vec::new();
        for (place, key) in self.keys.iter().enumerate() {
            if key.created_at > now {
                continue;
            }
            let mut traffic = Traffic::new(key);
            for uses in self.uses[place].iter().filter(known) {
                traffic.add(uses, key, &limits);
            }
            let predecessor = self.predecessors.get(&key.id).copied();
            for uses in predecessor
                .iter()
                .flat_map(|old| &self.uses[*old])
                .filter(known)
            {
                traffic.inherit(uses, &limits);
            }
            let case = Case {
                key,
                successor: None,
                predecessor: predecessor.map(|old| &self.keys[old]),
                scopes_since: key.created_at,
                traffic: &traffic,
                usage_since: Timestamp::from_unix(start()),
                recorded_days: &recorded_days,
                limits: &limits,
            };
            for rule in RULES.iter().filter(|rule| OF_USE.contains(&rule.id)) {
                if let Some(found) = rule.judge(&case) {
                    said.push(Said {
                        day,
                        rule: rule.id,
                        severity: rule.severity.min(found.at_most),
                        place: predecessor.unwrap_or(place),
                        message: found.message,
                    });
                }
            }
        }
        said
    }
}

/// The thresholds of `review --since 2d`.
fn limits(now: Timestamp, recorded_until: Option<Timestamp>) -> ReviewLimits {
    let cli = Cli::try_parse_from(["zenflow-keys", "review", "--since", "2d"]).unwrap();
    let Command::Review(review) = cli.command else {
        unreachable!("the command is review")
    };
    review.limits(now, recorded_until).unwrap()
}

impl Request {
    fn uses(&self, key: KeyId, begin: i64) -> UsageBucket {
        let endpoint = zenflow_keys::domain::endpoint::with_pattern(self.endpoint);
        UsageBucket {
            key,
            ip: Some(self.from.parse().unwrap()),
            endpoint,
            scopes: endpoint
                .map(|endpoint| endpoint.scope)
                .into_iter()
                .collect(),
            outcome: self.outcome.parse().unwrap(),
            count: self.count,
            first_at: Timestamp::from_unix(begin + 5).unwrap(),
            last_at: Timestamp::from_unix(begin + 3_000).unwrap(),
        }
    }
}
