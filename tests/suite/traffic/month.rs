//! The month: who the keys are, and what they do day by day. The same seed always makes the same
//! month.

use std::collections::BTreeMap;

use zenflow_keys::domain::usage::{Outcome, UsageBucket};
use zenflow_keys::domain::{Endpoint, KeyId, Net, ScopeSet, Timestamp};
use zenflow_keys::store::{Access, Lock, Store, Unrecorded};

use crate::support::in_process::{Bench, DAY, HOUR};
use crate::traffic::cast;

/// How long the keys have been watched, the last 31 of them closely.
pub const WATCHED: i64 = 120;
const CLOSELY: i64 = 31;

/// What a key does of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Habit {
    /// Nothing.
    Silent,
    /// On weekdays from 8 to 20, 20 to 60 requests an hour.
    Shop,
    /// Day and night, 5 to 15 requests an hour.
    Steady,
    /// At 2 every night, 100 to 300 requests.
    Nightly,
    /// One to three requests every day.
    Rare,
    /// Day and night, so many requests an hour.
    Always(u64),
}

/// Requests beyond the habit.
#[derive(Debug, Clone, Copy)]
pub struct Extra {
    /// When, in seconds before the end.
    pub ago: i64,
    pub from: Option<&'static str>,
    pub request: &'static str,
    pub outcome: &'static str,
    pub count: u64,
    /// By the successor, if the key was rotated.
    pub by_new: bool,
}

/// One of the cast.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    pub create: Vec<String>,
    /// How long before the end it was made, in days.
    pub made: i64,
    pub habit: Habit,
    /// From when until when it has its habit, in hours before the end.
    pub awake: (i64, i64),
    /// What the operator does to it: hours before the end, and the arguments, in which `@` is its
    /// id.
    pub acts: Vec<(i64, Vec<&'static str>)>,
    pub extras: Vec<Extra>,
    /// The rules that find it, or with `true` its successor.
    pub expected: Vec<(&'static str, bool)>,
}

/// A played month.
pub struct Month {
    pub bench: Bench,
    /// Rule and label of every planted incident.
    pub expected: Vec<(&'static str, String)>,
    labels: BTreeMap<String, String>,
}

/// A small generator: SplitMix64.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        least + (mixed ^ (mixed >> 31)) % (most - least + 1)
    }
}

impl Month {
    /// Makes the keys, lets the operator act and the keys be used, and stands at the end of the
    /// month.
    pub fn play(seed: u64) -> Self {
        let mut seeded = Seeded(seed);
        let cast = cast::cast();
        let bench = Bench::new();
        let mut month = Month {
            bench,
            expected: Vec::new(),
            labels: BTreeMap::new(),
        };
        let ids = month.make_and_change(&cast);
        let end = Timestamp::parse(crate::support::in_process::START)
            .unwrap()
            .unix()
            + WATCHED * DAY;
        let mut uses = Vec::new();
        for (member, (id, successor)) in cast.iter().zip(&ids) {
            habitual(member, *id, end, &mut seeded, &mut uses);
            uses.extend(member.extras.iter().map(|extra| {
                extra.uses(
                    if extra.by_new {
                        successor.unwrap()
                    } else {
                        *id
                    },
                    end,
                )
            }));
            let label = |new: bool| {
                if new {
                    format!("{} (new)", member.name)
                } else {
                    member.name.clone()
                }
            };
            month.labels.insert(id.to_string(), label(false));
            month
                .labels
                .extend(successor.map(|id| (id.to_string(), label(true))));
            month.expected.extend(
                member
                    .expected
                    .iter()
                    .map(|(rule, new)| (*rule, label(*new))),
            );
        }
        let mut store = Store::open(&month.bench.db(), Access::Write).unwrap();
        let mut write = store
            .write(
                Lock::Immediate,
                &|| Timestamp::from_unix(end).unwrap(),
                &"gateway".parse().unwrap(),
            )
            .unwrap();
        assert_eq!(write.record(&uses).unwrap(), Unrecorded::default());
        write.commit().unwrap();
        month
    }

    /// How many members there are; successors are not counted.
    pub fn keys(&self) -> usize {
        self.labels
            .values()
            .filter(|label| !label.ends_with("(new)"))
            .count()
    }

    /// What the cast calls the key with this id.
    pub fn label(&self, id: &str) -> String {
        self.labels[id].clone()
    }

    /// Plays what the operator does, in the order of time; returns the ids of the keys and of their
    /// successors.
    fn make_and_change(&mut self, cast: &[Member]) -> Vec<(KeyId, Option<KeyId>)> {
        let mut ids: Vec<(Option<KeyId>, Option<KeyId>)> = vec![(None, None); cast.len()];
        let mut deeds: Vec<(i64, usize, Option<&[&str]>)> = Vec::new();
        for (place, member) in cast.iter().enumerate() {
            deeds.push((member.made * 24, place, None));
            deeds.extend(
                member
                    .acts
                    .iter()
                    .map(|(ago, args)| (*ago, place, Some(args.as_slice()))),
            );
        }
        deeds.sort_by_key(|(ago, ..)| std::cmp::Reverse(*ago));
        let mut clock = WATCHED * 24;
        for (ago, place, act) in deeds {
            self.bench.later((clock - ago) * HOUR);
            clock = ago;
            match act {
                None => ids[place].0 = Some(self.create(&cast[place])),
                Some(args) => {
                    let id = ids[place].0.unwrap().to_string();
                    let args: Vec<_> = args
                        .iter()
                        .map(|arg| if *arg == "@" { id.as_str() } else { arg })
                        .collect();
                    let document = self.bench.json(&args);
                    if args[0] == "rotate" {
                        ids[place].1 =
                            Some(document["key"]["id"].as_str().unwrap().parse().unwrap());
                    }
                }
            }
        }
        self.bench.later(clock * HOUR);
        ids.into_iter()
            .map(|(id, successor)| (id.unwrap(), successor))
            .collect()
    }

    fn create(&self, member: &Member) -> KeyId {
        let args: Vec<&str> = ["create", &member.name]
            .into_iter()
            .chain(member.create.iter().map(String::as_str))
            .collect();
        self.bench.json(&args)["key"]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }
}

impl Extra {
    fn uses(&self, key: KeyId, end: i64) -> UsageBucket {
        let at = Timestamp::from_unix(end - self.ago).unwrap();
        let endpoint: Option<&'static Endpoint> =
            (!self.request.is_empty()).then(|| self.request.parse().unwrap());
        UsageBucket {
            key,
            ip: self.from.map(|from| from.parse().unwrap()),
            endpoint,
            scopes: endpoint.map_or(ScopeSet::EMPTY, |endpoint| ScopeSet::of(&[endpoint.scope])),
            outcome: self.outcome.parse().unwrap(),
            count: self.count,
            first_at: at,
            last_at: at,
        }
    }
}

/// The network that a member works from.
pub fn home(place: usize) -> String {
    if place % 7 == 3 {
        format!("2001:db8:{place:x}::")
    } else {
        format!("10.{}.{}.", place / 250, place % 250)
    }
}

/// What a key does of itself: requests to each of its endpoints in turn, a few of them faulty, from
/// two addresses of its network.
fn habitual(
    member: &Member,
    key: KeyId,
    end: i64,
    seeded: &mut Seeded,
    all: &mut Vec<UsageBucket>,
) {
    let scopes: ScopeSet = cast::scopes(member);
    let endpoints: Vec<&'static Endpoint> = Endpoint::open_to(scopes).collect();
    let place: usize = member
        .name
        .bytes()
        .map(usize::from)
        .fold(0, |hash, byte| (hash * 31 + byte) % 65_000);
    let mut turn = 0;
    for hour in (end - CLOSELY * DAY..end).step_by(HOUR as usize) {
        let ago = (end - hour) / HOUR;
        let count = if (member.awake.1 + 1..=member.awake.0).contains(&ago) {
            requests(member.habit, hour, seeded)
        } else {
            0
        };
        if count == 0 {
            continue;
        }
        let endpoint = endpoints[turn % endpoints.len()];
        turn += 1;
        let ip: Net = cast::address(member, place, seeded.between(10, 11))
            .parse()
            .unwrap();
        let at = |offset: i64| Timestamp::from_unix(hour + offset).unwrap();
        let scopes = ScopeSet::of(&[endpoint.scope]);
        let uses = UsageBucket {
            key,
            ip: Some(ip),
            endpoint: Some(endpoint),
            scopes,
            outcome: Outcome::Allowed,
            count,
            first_at: at(5),
            last_at: at(3_590),
        };
        all.push(uses);
        if member.habit == Habit::Shop && seeded.between(0, 9) == 0 {
            all.push(UsageBucket {
                outcome: Outcome::Other,
                count: 1,
                first_at: at(60),
                last_at: at(60),
                ..uses
            });
        }
    }
}

fn requests(habit: Habit, hour: i64, seeded: &mut Seeded) -> u64 {
    let of_day = hour % DAY / HOUR;
    // 1970-01-01 was a Thursday.
    let is_weekday = (hour / DAY + 3) % 7 < 5;
    match habit {
        Habit::Shop if is_weekday && (8..20).contains(&of_day) => seeded.between(20, 60),
        Habit::Steady => seeded.between(5, 15),
        Habit::Nightly if of_day == 2 => seeded.between(100, 300),
        Habit::Rare if of_day == 11 => seeded.between(1, 3),
        Habit::Always(count) => count,
        _ => 0,
    }
}
