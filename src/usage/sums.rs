//! Recorded uses, summed up in every way that a report shows, in one pass and in bounded memory.

use std::collections::{BTreeMap, HashMap};

use crate::domain::usage::notable::Notable;
use crate::domain::usage::{GroupBy, Sums, Totals, UsageFilter, UsageRow};
use crate::domain::{KeyId, Timestamp};
use crate::error::Error;
use crate::store::Store;
use crate::store::scratch::{Scratch, instant};
use crate::store::traffic::StoredUse;
use crate::usage::notables::Notables;

/// The most groups of a kind that are kept in memory; a client can have a million addresses.
const GROUPS: usize = 50_000;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The sums of the uses of a key, or of all keys.
#[derive(Debug)]
pub struct UsageSums {
    scratch: Scratch,
    all: Option<Sums>,
    notable: Notable,
}

impl UsageSums {
    /// Reads all uses that are meant. The store is free again after each few thousand rows, so what
    /// is recorded meanwhile may be in the sums or not; but all sums are of the same uses.
    pub fn read(store: &Store, filter: UsageFilter, now: Timestamp) -> Result<Self, Error> {
        let mut summing = Summing::new(now)?;
        store.each_stored_use(filter, &mut summing, Summing::add, Summing::make_room)?;
        summing.finish()
    }

    /// All uses together; `None` if there are none.
    pub fn all(&self) -> Result<Option<UsageRow>, Error> {
        self.all
            .map(|sums| {
                Ok(UsageRow {
                    group: None,
                    name: None,
                    totals: sums.totals,
                    first_at: instant(sums.first_at)?,
                    last_at: instant(sums.last_at)?,
                })
            })
            .transpose()
    }

    /// What stands out in them.
    pub fn notable(&self) -> &Notable {
        &self.notable
    }

    /// From how many addresses or networks they came.
    pub fn addresses(&self) -> Result<u64, Error> {
        Ok(self.scratch.count(GroupBy::Address)?.1)
    }

    /// How many groups there are.
    pub fn count(&self, by: GroupBy) -> Result<u64, Error> {
        Ok(self.scratch.count(by)?.0)
    }

    /// Hands the groups to `each`: parts of time in their order, at most the last `limit` of them;
    /// others by how many uses they have, the `limit` largest.
    pub fn each_row(
        &self,
        by: GroupBy,
        limit: Option<u64>,
        each: &mut dyn FnMut(&UsageRow) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scratch.each_row(by, limit, each)
    }

    /// The same, as a list.
    pub fn rows(&self, by: GroupBy, limit: Option<u64>) -> Result<Vec<UsageRow>, Error> {
        let mut rows = Vec::new();
        self.each_row(by, limit, &mut |row| {
            rows.push(row.clone());
            Ok(())
        })?;
        Ok(rows)
    }
}

/// Sums that are not complete yet.
struct Summing {
    scratch: Scratch,
    hours: BTreeMap<i64, Sums>,
    /// The key whose rows are being read, and its name.
    key: Option<(KeyId, String, Sums)>,
    addresses: HashMap<String, Sums>,
    endpoints: HashMap<String, Sums>,
    outcomes: HashMap<String, Sums>,
    notables: Notables,
}

impl Summing {
    fn new(now: Timestamp) -> Result<Self, Error> {
        Ok(Summing {
            scratch: Scratch::new()?,
            hours: BTreeMap::new(),
            key: None,
            addresses: HashMap::new(),
            endpoints: HashMap::new(),
            outcomes: HashMap::new(),
            notables: Notables::at(now),
        })
    }

    fn add(&mut self, id: KeyId, name: &str, uses: StoredUse<'_>) -> Result<(), Error> {
        let mut totals = Totals::default();
        totals.add(uses.outcome, uses.count);
        let sums = Sums {
            totals,
            first_at: uses.first_at,
            last_at: uses.last_at,
        };
        self.notables.add(id, name, uses, &sums)?;
        match &mut self.key {
            Some((present, _, all)) if *present == id => all.add(&sums),
            other => {
                let before = other.replace((id, name.to_owned(), sums));
                put_key(&self.scratch, before)?;
            }
        }
        self.hours
            .entry(uses.hour)
            .and_modify(|all| all.add(&sums))
            .or_insert(sums);
        gather(&mut self.addresses, uses.ip, &sums);
        gather(&mut self.endpoints, uses.endpoint, &sums);
        gather(&mut self.outcomes, uses.outcome.as_str(), &sums);
        Ok(())
    }

    /// Moves what there is very much of out of the memory.
    fn make_room(&mut self) -> Result<(), Error> {
        for (by, groups) in [
            (GroupBy::Address, &mut self.addresses),
            (GroupBy::Endpoint, &mut self.endpoints),
        ] {
            if groups.len() >= GROUPS {
                move_out(&self.scratch, by, groups)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<UsageSums, Error> {
        let mut all: Option<Sums> = None;
        let mut days: BTreeMap<i64, Sums> = BTreeMap::new();
        for (hour, sums) in &self.hours {
            match &mut all {
                Some(all) => all.add(sums),
                None => all = Some(*sums),
            }
            days.entry(hour - hour.rem_euclid(DAY))
                .and_modify(|day| day.add(sums))
                .or_insert(*sums);
        }
        let scratch = self.scratch;
        for (hour, sums) in &self.hours {
            let label = instant(*hour)?.to_string();
            scratch.add(GroupBy::Hour, &label, None, sums)?;
        }
        for (day, sums) in &days {
            let label = instant(*day)?.to_string();
            let (date, _) = label.split_once('T').expect("RFC 3339 has a T");
            scratch.add(GroupBy::Day, date, None, sums)?;
        }
        put_key(&scratch, self.key)?;
        move_out(&scratch, GroupBy::Address, &mut self.addresses)?;
        move_out(&scratch, GroupBy::Endpoint, &mut self.endpoints)?;
        move_out(&scratch, GroupBy::Outcome, &mut self.outcomes)?;
        scratch.finish()?;
        Ok(UsageSums {
            scratch,
            all,
            notable: self.notables.finish(),
        })
    }
}

fn put_key(scratch: &Scratch, key: Option<(KeyId, String, Sums)>) -> Result<(), Error> {
    match key {
        Some((id, name, sums)) => scratch.add(GroupBy::Key, id.as_str(), Some(&name), &sums),
        None => Ok(()),
    }
}

fn gather(groups: &mut HashMap<String, Sums>, group: &str, sums: &Sums) {
    match groups.get_mut(group) {
        Some(all) => all.add(sums),
        None => {
            groups.insert(group.to_owned(), *sums);
        }
    }
}

fn move_out(
    scratch: &Scratch,
    by: GroupBy,
    groups: &mut HashMap<String, Sums>,
) -> Result<(), Error> {
    groups
        .drain()
        .try_for_each(|(group, sums)| scratch.add(by, &group, None, &sums))
}
