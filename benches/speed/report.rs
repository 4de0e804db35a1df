//! The table.

use std::fmt;
use std::time::Duration;

/// Rows of Markdown: what, with how many keys, how fast, the floor, and the ratio to it.
pub struct Report {
    rows: Vec<[String; 6]>,
}

impl Report {
    pub fn new() -> Self {
        Report { rows: Vec::new() }
    }

    pub fn row(
        &mut self,
        what: &str,
        keys: usize,
        measured: String,
        floor: &str,
        ratio: String,
        goal: &str,
    ) {
        let row = [
            what.into(),
            count(keys as f64),
            measured,
            floor.into(),
            ratio,
            goal.into(),
        ];
        eprintln!("| {} |", row.join(" | "));
        self.rows.push(row);
    }

    /// A time against a floor of the same kind: the ratio tells how many times as long it takes.
    pub fn time(
        &mut self,
        what: &str,
        keys: usize,
        took: Duration,
        (floor, floor_took): (&str, Duration),
        goal: &str,
    ) {
        let ratio = format!("{:.2} ×", took.as_secs_f64() / floor_took.as_secs_f64());
        self.row(
            what,
            keys,
            ms(took),
            &format!("{floor}: {}", ms(floor_took)),
            ratio,
            goal,
        );
    }

    /// A rate against a floor of the same kind: the ratio tells what part of it is reached.
    pub fn rate(
        &mut self,
        what: &str,
        keys: usize,
        rate: f64,
        (floor, floor_rate): (&str, f64),
        goal: &str,
    ) {
        let ratio = format!("{:.0} %", 100.0 * rate / floor_rate);
        self.row(
            what,
            keys,
            format!("{}/s", count(rate)),
            &format!("{floor}: {}/s", count(floor_rate)),
            ratio,
            goal,
        );
    }

    /// A number that stands for itself.
    pub fn fact(&mut self, what: &str, keys: usize, fact: String, goal: &str) {
        self.row(what, keys, fact, "", String::new(), goal);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what | keys | measured | floor, in the same run | ratio | goal |\n|---|--:|--:|---|--:|---|"
        )?;
        self.rows
            .iter()
            .try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
    }
}

pub fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

/// `1,234,567`
pub fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join(",")
}
