//! The times in which `serve` counted uses: a log of the same requests would count them twice.

use std::ops::RangeInclusive;

use crate::domain::Timestamp;

/// Times in which uses were counted as they happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServedTimes(Vec<RangeInclusive<Timestamp>>);

impl ServedTimes {
    /// These times, of which any may overlap.
    pub fn new(mut all: Vec<RangeInclusive<Timestamp>>) -> Self {
        all.sort_unstable_by_key(|times| *times.start());
        let mut apart: Vec<RangeInclusive<Timestamp>> = Vec::with_capacity(all.len());
        for times in all {
            match apart.last_mut() {
                Some(last) if times.start() <= last.end() => {
                    *last = *last.start()..=(*last.end()).max(*times.end());
                }
                _ => apart.push(times),
            }
        }
        ServedTimes(apart)
    }

    /// The time in which this instant lies.
    pub fn find(&self, at: Timestamp) -> Option<&RangeInclusive<Timestamp>> {
        let begun = self.0.partition_point(|times| *times.start() <= at);
        let last = self.0.get(begun.checked_sub(1)?)?;
        last.contains(&at).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::at;

    #[test]
    fn an_instant_is_found_in_whichever_time_it_lies_both_ends_included() {
        let times = |all: &[(i64, i64)]| {
            ServedTimes::new(
                all.iter()
                    .map(|(start, end)| at(*start)..=at(*end))
                    .collect(),
            )
        };
        let apart = times(&[(50, 60), (10, 20), (15, 30), (12, 13)]);
        for second in 0..70 {
            let expected = match second {
                10..=30 => Some(at(10)..=at(30)),
                50..=60 => Some(at(50)..=at(60)),
                _ => None,
            };
            assert_eq!(apart.find(at(second)).cloned(), expected, "{second}");
        }
        assert_eq!(times(&[]).find(at(0)), None);
        assert_eq!(times(&[(5, 5)]).find(at(5)), Some(&(at(5)..=at(5))));
    }
}
