//! Applies the rules to the keys of a store, a few at a time.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::domain::review::{ReviewFinding, ReviewOutcome};
use crate::domain::selection::{Filter, Selection};
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::review::{Case, RULES, ReviewLimits, Rule, Traffic};
use crate::store::{ReadTx, Store};

/// How many keys are looked at in one read: few, so that no writer waits long.
const CHUNK: usize = 20;

/// A review under way.
pub(crate) struct Reviewer<'a> {
    store: &'a Store,
    limits: &'a ReviewLimits,
    rules: Vec<&'static Rule>,
    recorded_days: BTreeSet<i64>,
    outcome: ReviewOutcome,
}

impl<'a> Reviewer<'a> {
    pub(crate) fn new(
        store: &'a Store,
        rules: Vec<&'static Rule>,
        limits: &'a ReviewLimits,
    ) -> Result<Self, Error> {
        let usage_since = store.read(|view| view.usage_since())?;
        let recorded_since = usage_since.map_or(limits.heard().unix(), Timestamp::unix);
        let recorded_days =
            store.recorded_days(limits.kept_since().max(recorded_since), limits.heard())?;
        Ok(Reviewer {
            store,
            limits,
            recorded_days,
            outcome: ReviewOutcome {
                findings: Vec::new(),
                accepted: 0,
                rules: rules.iter().map(|rule| rule.label()).collect(),
                keys: [0; 4],
                usage_since,
                usage_until: limits.recorded_until,
            },
            rules,
        })
    }

    pub(crate) fn review_all(&mut self) -> Result<(), Error> {
        let everything = Selection {
            filter: Filter {
                all: true,
                ..Filter::default()
            },
            ..Selection::default()
        };
        let (store, now) = (self.store, self.limits.now);
        let mut chunk = Vec::new();
        store.each_key(&everything, now, |key| {
            chunk.push(key);
            if chunk.len() == CHUNK {
                self.review(std::mem::take(&mut chunk))?;
            }
            Ok(true)
        })?;
        self.review(chunk)
    }

    pub(crate) fn review_these(&mut self, ids: &[KeyId]) -> Result<(), Error> {
        ids.chunks(CHUNK).try_for_each(|ids| {
            let keys = self.store.read(|view| {
                ids.iter()
                    .map(|id| view.known_key(*id))
                    .collect::<Result<_, _>>()
            })?;
            self.review(keys)
        })
    }

    fn review(&mut self, keys: Vec<Key>) -> Result<(), Error> {
        keys.into_iter().try_for_each(|key| {
            let mut traffic = Traffic::new(&key);
            let (store, limits) = (self.store, self.limits);
            store.each_use(key.id, None, limits.now, |uses| {
                traffic.add(uses, &key, limits)
            })?;
            if key.is_usable(limits.now) {
                self.inherit(&key, &mut traffic)?;
            }
            self.judge(key, &traffic)
        })
    }

    /// Adds what was recorded of the keys that this one replaced, one after the other.
    fn inherit(&self, key: &Key, traffic: &mut Traffic) -> Result<(), Error> {
        let (store, limits) = (self.store, self.limits);
        let mut predecessor = store.read(|view| view.predecessor(key))?;
        while let Some(key) = predecessor {
            store.each_use(key.id, None, limits.now, |uses| {
                traffic.inherit(uses, limits)
            })?;
            predecessor = store.read(|view| view.predecessor(&key))?;
        }
        Ok(())
    }

    /// Reads what the rules need besides the traffic, and judges when the store is free: much
    /// traffic takes long to judge.
    fn judge(&mut self, key: Key, traffic: &Traffic) -> Result<(), Error> {
        let limits = self.limits;
        let Related {
            key,
            predecessor,
            successor,
            scopes_changed_at,
        } = self.store.read(|view| Related::of(view, key, limits.now))?;
        self.outcome.keys[key.status(limits.now) as usize] += 1;
        let case = Case {
            key: &key,
            successor: successor.as_ref(),
            predecessor: predecessor.as_ref(),
            scopes_since: scopes_changed_at.unwrap_or(key.created_at),
            traffic,
            usage_since: self.outcome.usage_since,
            recorded_days: &self.recorded_days,
            limits,
        };
        let mut matches: Vec<_> = self
            .rules
            .iter()
            .filter_map(|rule| Some((rule.label(), rule.judge(&case)?)))
            .collect();
        if !matches.is_empty() {
            let acceptances = self.store.read(|view| view.acceptances(key.id))?;
            let all = matches.len();
            matches.retain(|(rule, found)| {
                !acceptances
                    .iter()
                    .any(|acceptance| acceptance.covers(*rule, found, limits.now))
            });
            self.outcome.accepted += (all - matches.len()) as u64;
        }
        let key = Rc::new(key);
        let findings = matches.into_iter().map(|(rule, found)| ReviewFinding {
            rule,
            key: Some(key.clone()),
            found,
        });
        self.outcome.findings.extend(findings);
        Ok(())
    }

    /// The findings, the worst first, then in the order of the rules and of the keys.
    pub(crate) fn done(mut self) -> ReviewOutcome {
        let of_the_recording = self.rules.iter().filter_map(|rule| {
            Some(ReviewFinding {
                rule: rule.label(),
                key: None,
                found: rule.judge_recording(self.limits)?,
            })
        });
        self.outcome.findings.extend(of_the_recording);
        self.outcome.findings.sort_by_cached_key(|found| {
            let rule = RULES.iter().position(|rule| rule.id == found.rule.id);
            (Reverse(found.severity()), rule)
        });
        self.outcome
    }
}

/// A key and those that it stands in a chain with, without use that nobody believes.
struct Related {
    key: Key,
    predecessor: Option<Key>,
    successor: Option<Key>,
    scopes_changed_at: Option<Timestamp>,
}

impl Related {
    fn of(view: ReadTx<'_>, key: Key, now: Timestamp) -> Result<Self, Error> {
        let credible = |key| view.with_credible_use(key, now);
        let key = credible(key)?;
        Ok(Related {
            predecessor: view.predecessor(&key)?.map(credible).transpose()?,
            successor: key
                .rotated_to
                .map(|id| credible(view.known_key(id)?))
                .transpose()?,
            scopes_changed_at: view.scopes_changed_at(key.id)?,
            key,
        })
    }
}
