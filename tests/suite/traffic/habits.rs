//! What 60 keys do in twelve weeks in which nothing happens: those of companies and their machines,
//! with what makes their traffic uneven without being news.

use crate::traffic::month::Seeded;
use crate::traffic::weeks::Request;

/// The days of the twelve weeks; the first is a Thursday.
pub const DAYS: i64 = 84;

/// What a key does of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Habit {
    /// On working days from 7 to 19, with four times the load on the last of a month.
    Erp,
    /// Every hour, day and night, and what was missed at once after an outage.
    Sync,
    /// At about 2 every night.
    Nightly,
    /// On Sundays at 4.
    Weekly,
    /// On the first of each month.
    Monthly,
    /// On working days from 8 to 18, on some evenings and Saturdays; its line is another one now
    /// and then.
    Office,
    /// From 7 to 23, from the networks of three carriers.
    Phone,
    /// Every hour, from anywhere in a cloud.
    Serverless,
    /// Some runs on a working day, from anywhere in another cloud.
    Ci,
    /// From 6 to 24, through the servers of a content delivery network.
    Cdn,
    /// Twelve times an hour from five places.
    Monitoring,
    /// An office over IPv6: an address for each day, a prefix for each month.
    Privacy,
    /// Once a day for five days, and never since.
    Idle,
}

/// How many keys have each habit.
const CENSUS: [(Habit, usize); 13] = [
    (Habit::Erp, 8),
    (Habit::Sync, 8),
    (Habit::Nightly, 6),
    (Habit::Weekly, 4),
    (Habit::Monthly, 3),
    (Habit::Office, 7),
    (Habit::Phone, 6),
    (Habit::Serverless, 4),
    (Habit::Ci, 4),
    (Habit::Cdn, 3),
    (Habit::Monitoring, 3),
    (Habit::Privacy, 3),
    (Habit::Idle, 1),
];

/// The habit of each key.
pub fn census() -> Vec<Habit> {
    CENSUS
        .iter()
        .flat_map(|(habit, count)| std::iter::repeat_n(*habit, *count))
        .collect()
}

/// Public holidays: days on which no office works. With the weekend the second pair is four days.
fn is_holiday(day: i64) -> bool {
    [0, 5, 46, 47, 71].contains(&day)
}

fn weekday(day: i64) -> i64 {
    (day + 3) % 7
}

fn is_working_day(day: i64) -> bool {
    weekday(day) < 5 && !is_holiday(day)
}

fn is_month_end(day: i64) -> bool {
    // The last working days of January, February and March.
    [29, 57, 83].contains(&day)
}

fn is_first_of_month(day: i64) -> bool {
    [0, 31, 59].contains(&day)
}

/// A key of the quiet world: its habit, and what is its own.
#[derive(Debug)]
pub struct Client {
    pub habit: Habit,
    place: u64,
    /// The line of an office: the third number of its address.
    line: u64,
    turn: usize,
}

impl Client {
    pub fn new(habit: Habit, place: usize, seeded: &mut Seeded) -> Self {
        Client {
            habit,
            place: place as u64,
            line: seeded.between(0, 255),
            turn: 0,
        }
    }

    /// What it does in this hour of this day.
    pub fn requests(&mut self, day: i64, hour: i64, seeded: &mut Seeded) -> Vec<Request> {
        let count = self.count(day, hour, seeded);
        if count == 0 {
            return Vec::new();
        }
        self.change_line(day, hour, seeded);
        let mut requests = Vec::new();
        let parts = self.parts(count);
        for part in 0..parts {
            self.turn += 1;
            requests.push(Request {
                from: self.address(day, part, seeded),
                endpoint: self.endpoint(),
                outcome: "allowed",
                count: count / parts + u64::from(part < count % parts),
            });
        }
        requests.extend(self.extras(day, hour, count, &requests[0], seeded));
        requests.retain(|request| request.count > 0);
        requests
    }

    fn count(&self, day: i64, hour: i64, seeded: &mut Seeded) -> u64 {
        let working = is_working_day(day);
        let yes_in = |n: u64, seeded: &mut Seeded| seeded.between(1, n) == 1;
        match self.habit {
            Habit::Erp if working && (7..19).contains(&hour) => {
                let load = if is_month_end(day) { 4 } else { 1 };
                load * seeded.between(20, 60 + 5 * self.place)
            }
            // Outages: three hours of the days 20 and 63, caught up with in the next.
            Habit::Sync if [20, 63].contains(&day) && (10..13).contains(&hour) => 0,
            Habit::Sync if [20, 63].contains(&day) && hour == 13 => seeded.between(60, 120),
            Habit::Sync => seeded.between(12, 40),
            // On one night in nine it is late.
            Habit::Nightly if hour == 2 + i64::from((day * 7 + self.place as i64) % 9 == 0) => {
                seeded.between(300, 500)
            }
            Habit::Weekly if weekday(day) == 6 && hour == 4 => seeded.between(300, 900),
            Habit::Monthly if is_first_of_month(day) && (3..5).contains(&hour) => {
                seeded.between(400, 800)
            }
            Habit::Office | Habit::Privacy if working && (8..18).contains(&hour) => {
                seeded.between(3, 30)
            }
            Habit::Office if working && (18..21).contains(&hour) && yes_in(12, seeded) => {
                seeded.between(2, 14)
            }
            Habit::Office if weekday(day) == 5 && (10..13).contains(&hour) && yes_in(8, seeded) => {
                seeded.between(1, 12)
            }
            Habit::Phone if (7..23).contains(&hour) => seeded.between(0, 9),
            Habit::Serverless => seeded.between(5, 40),
            Habit::Ci if working && (9..19).contains(&hour) && yes_in(3, seeded) => {
                seeded.between(10, 60)
            }
            Habit::Cdn if (6..24).contains(&hour) => seeded.between(10, 80),
            Habit::Monitoring => 12,
            Habit::Idle if day < 5 && hour == 11 => 3,
            _ => 0,
        }
    }

    /// Now and then an office has another line of its provider.
    fn change_line(&mut self, day: i64, hour: i64, seeded: &mut Seeded) {
        let changes = match self.habit {
            Habit::Office => {
                self.place.is_multiple_of(2) && hour == 8 && seeded.between(1, 15) == 1
            }
            Habit::Privacy => hour == 8 && day % 30 == 29,
            _ => false,
        };
        if changes {
            self.line = seeded.between(0, 255);
        }
    }

    /// From how many addresses or to how many endpoints the requests of an hour go.
    fn parts(&self, count: u64) -> u64 {
        match self.habit {
            Habit::Phone | Habit::Serverless => count.min(3),
            Habit::Cdn | Habit::Erp => count.min(2),
            _ => 1,
        }
    }

    fn address(&self, day: i64, part: u64, seeded: &mut Seeded) -> String {
        let place = self.place;
        let any = |seeded: &mut Seeded| seeded.between(0, 255);
        match self.habit {
            Habit::Office => format!("84.{}.{}.{}", place, self.line, 10 + part),
            Habit::Privacy => format!(
                "2003:{place:x}:{:x}:1:{:x}::{:x}",
                self.line,
                day + 1,
                seeded.between(1, 4)
            ),
            Habit::Phone if any(seeded) % 3 == 0 => {
                format!("2a02:{:x}:{:x}::1", 1 + any(seeded) % 2, any(seeded))
            }
            Habit::Phone => format!(
                "{}.{}.{}",
                ["80.187", "109.40", "89.204"][(any(seeded) % 3) as usize],
                any(seeded),
                any(seeded)
            ),
            Habit::Serverless => format!(
                "3.{}.{}.{}",
                [64, 65, 68, 70, 72, 120, 121, 127][(any(seeded) % 8) as usize],
                any(seeded),
                any(seeded)
            ),
            Habit::Ci => format!(
                "20.{}.{}.{}",
                [1, 7, 9, 38, 55, 57, 80, 81, 84, 97, 102, 118][(any(seeded) % 12) as usize],
                any(seeded),
                any(seeded)
            ),
            Habit::Cdn => format!(
                "172.{}.{}.{}",
                [64, 67, 68, 70][(any(seeded) % 4) as usize],
                any(seeded),
                any(seeded)
            ),
            Habit::Monitoring => format!("{}.10.10.10", 40 + self.turn % 5),
            _ => format!("192.{place}.2.{}", 10 + seeded.between(0, 1)),
        }
    }

    fn endpoint(&self) -> &'static str {
        let all: &[&str] = match self.habit {
            Habit::Erp => &[
                "GET /orders",
                "GET /orders/:id",
                "POST /orders",
                "GET /products",
                "PUT /orders/:id",
            ],
            Habit::Sync => &["GET /stock", "GET /products", "GET /orders"],
            Habit::Nightly => &["POST /stock/bulk"],
            Habit::Weekly | Habit::Monthly => &["GET /stock/movements"],
            Habit::Monitoring => &["GET /orders"],
            _ => &["GET /orders", "GET /orders/:id", "GET /products/:id"],
        };
        all[self.turn % all.len()]
    }

    /// One deletion a day, faulty requests, a deployment every two weeks, an hour in which the API failed for all, and
    /// a client that was too fast.
    fn extras(
        &self,
        day: i64,
        hour: i64,
        count: u64,
        like: &Request,
        seeded: &mut Seeded,
    ) -> Vec<Request> {
        let of = |outcome, count| Request {
            outcome,
            count,
            ..like.clone()
        };
        let mut extras = Vec::new();
        if seeded.between(1, 25) == 1 {
            extras.push(of("other", 1 + count / 20));
        }
        if hour == 12 && self.habit == Habit::Erp {
            extras.push(Request {
                endpoint: "DELETE /products/:id",
                count: 1,
                ..like.clone()
            });
        }
        if day % 14 == 12 && hour == 15 && self.habit == Habit::Erp {
            extras.push(of("other", count / 3));
        }
        if day == 40 && hour == 11 {
            extras.push(of("other", count));
        }
        if matches!(self.habit, Habit::Sync | Habit::Nightly | Habit::Cdn)
            && seeded.between(1, 40) == 1
        {
            extras.push(of("rate_limited", seeded.between(1, 6)));
        }
        if self.habit == Habit::Ci && seeded.between(1, 60) == 1 {
            extras.push(of("insufficient_scope", seeded.between(1, 3)));
        }
        extras
    }
}
