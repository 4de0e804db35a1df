//! A report as a page for a browser: one file with everything in it, no script, nothing from the
//! network.

mod notable;

use std::borrow::Cow;
use std::fmt::Write;

use crate::domain::Timestamp;
use crate::domain::usage::{GroupBy, UsageRow};
use crate::view::text::escape::visible;
use crate::view::text::number::with_thousands;
use crate::view::text::time::relative;
use crate::view::usage_report::{UsageSummary, chart};

const STYLE: &str = include_str!("page.css");

/// The first line of every page.
pub const FIRST_LINE: &str = "<!doctype html><!-- a usage report of zenflow-keys -->";

/// The longest a table gets.
pub const TABLE_ROWS: u64 = 50;

/// The uses in one arrangement.
#[derive(Debug)]
pub struct PageTable {
    /// What the rows are.
    pub by: GroupBy,
    /// The rows that are shown.
    pub rows: Vec<UsageRow>,
    /// How many there are besides.
    pub left_out: u64,
}

/// A page.
#[derive(Debug)]
pub struct ReportPage<'p> {
    /// What it is about.
    pub report: &'p UsageSummary<'p>,
    /// The uses in every arrangement.
    pub tables: &'p [PageTable],
}

/// Text inside the page: nothing hidden, nothing that HTML would read.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The day of an instant.
fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

impl ReportPage<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let title = self
            .report
            .key
            .as_ref()
            .map_or("All keys".into(), |key| text(key.name.as_str()));
        let period = self
            .period()
            .map(|(first, last)| format!("{} to {}", date(first), date(last)));
        let (in_title, below) = period.map_or_else(Default::default, |period| {
            (format!(", {period}"), format!("<p>{period}</p>\n"))
        });
        let mut page = format!(
            "{FIRST_LINE}\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}: usage{in_title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <header>\n<h1>{title}: usage</h1>\n{below}<p class=\"soft\">{}</p>\n</header>\n",
            self.subtitle()
        );
        if self.report.all.is_some() {
            page += &self.numbers();
            page += &self.new_networks();
            page += &self.refusals();
            page += &self.days();
            page += &self.week();
            for by in [
                GroupBy::Outcome,
                GroupBy::Key,
                GroupBy::Endpoint,
                GroupBy::Address,
            ] {
                if !(by == GroupBy::Key && self.report.key.is_some()) {
                    page += &self.table(by);
                }
            }
        } else {
            let _ = writeln!(
                page,
                "<section><p>{}</p></section>",
                text(&self.report.no_use())
            );
        }
        let _ = write!(
            page,
            "<footer>Made by zenflow-keys on {}. Times are UTC. What was not recorded is not in it.</footer>\n</main>\n</body>\n</html>\n",
            self.report.now
        );
        page
    }

    fn rows(&self, by: GroupBy) -> (&[UsageRow], u64) {
        self.tables
            .iter()
            .find(|table| table.by == by)
            .map_or((&[], 0), |table| (table.rows.as_slice(), table.left_out))
    }

    /// Which key it is, and from when on uses are known.
    fn subtitle(&self) -> String {
        let mut parts = Vec::new();
        if let Some(key) = &self.report.key {
            parts.push(format!(
                "{}, {}, {}",
                key.id,
                key.environment,
                key.status(self.report.now).as_str()
            ));
        }
        parts.extend(
            self.report
                .known_since()
                .map(|since| format!("uses recorded since {since}")),
        );
        parts.join(" · ")
    }

    fn numbers(&self) -> String {
        let Some(all) = &self.report.all else {
            return String::new();
        };
        let mut section = "<section>\n<dl>\n".to_owned();
        let numbers = [
            ("Requests", all.totals.count()),
            ("Allowed", all.totals.allowed),
            ("Refused", all.totals.refused),
            ("Other answers", all.totals.other),
            ("Addresses", self.report.addresses),
        ];
        for (name, number) in numbers {
            let _ = writeln!(
                section,
                "<div><dt>{name}</dt><dd>{}</dd></div>",
                with_thousands(number)
            );
        }
        section += "</dl>\n<dl class=\"times\">\n";
        for (name, at) in [("First", all.first_at), ("Last", all.last_at)] {
            let _ = writeln!(
                section,
                "<div><dt>{name}</dt><dd class=\"time\">{at}<br><span class=\"soft\">{}</span></dd></div>",
                relative(at, self.report.now)
            );
        }
        section + "</dl>\n</section>\n"
    }

    /// The time that the page is about: from when on uses would be known, to now.
    fn period(&self) -> Option<(Timestamp, Timestamp)> {
        let all = self.report.all.as_ref()?;
        let known_since = self.report.known_since();
        let first = known_since.map_or(all.first_at, |since| since.min(all.first_at));
        Some((first, self.report.now.max(all.last_at)))
    }

    fn days(&self) -> String {
        let (days, _) = self.rows(GroupBy::Day);
        let Some((first, last)) = self.period() else {
            return String::new();
        };
        let most = days.iter().map(|day| day.totals.count()).max().unwrap_or(0);
        let legend = [("allowed", "allowed"), ("refused", "refused"), ("other", "other answers"), ("none", "no recorded use")]
            .map(|(class, word)| {
                format!(
                    "<li><svg viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect class=\"{class}\" width=\"1\" height=\"1\"/></svg>{word}</li>"
                )
            })
            .concat();
        format!(
            "<section>\n<h2>Requests a day</h2>\n<div class=\"axis\"><span>{} at most</span></div>\n{}\n<div class=\"axis\"><span>{}</span><span>{}</span></div>\n\
             <ul class=\"legend\">{legend}</ul>\n</section>\n",
            with_thousands(most),
            chart::days(days, first.day(), last.day()),
            date(first),
            date(last)
        )
    }

    fn week(&self) -> String {
        let Some((first, last)) = self.period() else {
            return String::new();
        };
        let week = chart::week(self.rows(GroupBy::Hour).0, first.unix(), last.unix());
        let days = chart::WEEKDAYS
            .map(|day| format!("<li>{day}</li>"))
            .concat();
        format!(
            "<section>\n<h2>Hours of the week, mean requests</h2>\n<div class=\"week\"><ol aria-hidden=\"true\">{days}</ol>{}<span></span>\
             <div class=\"axis\"><span>00</span><span>06</span><span>12</span><span>18</span><span>24</span></div></div>\n</section>\n",
            chart::heat(&week)
        )
    }

    /// A table of what there is most of.
    fn table(&self, by: GroupBy) -> String {
        let (title, header, unknown) = match by {
            GroupBy::Key => ("Keys", "Key", "-"),
            GroupBy::Address => ("Addresses", "Address", "not known"),
            GroupBy::Endpoint => ("Endpoints", "Endpoint", "none of the API's"),
            GroupBy::Outcome => ("Outcomes", "Outcome", "-"),
            GroupBy::Day => ("Days", "Day", "-"),
            GroupBy::Hour => ("Hours", "Hour", "-"),
        };
        let (rows, left_out) = self.rows(by);
        let most = rows.iter().map(|row| row.totals.count()).max().unwrap_or(0);
        let mut section = format!(
            "<section class=\"long\">\n<h2>{title}</h2>\n<table>\n<thead>\n<tr><th>{header}</th><th>First use</th><th class=\"number\">Requests</th>\
             <th class=\"number\">Refused</th><th class=\"wide\"></th></tr>\n</thead>\n<tbody>\n",
        );
        for row in rows {
            let group = text(row.group.as_deref().unwrap_or(unknown));
            let label = match &row.name {
                Some(name) => Cow::Owned(format!(
                    "{} <span class=\"soft\">{group}</span>",
                    text(name)
                )),
                None => Cow::Borrowed(group.as_str()),
            };
            let refused = if row.totals.refused > 0 {
                with_thousands(row.totals.refused)
            } else {
                "-".into()
            };
            let new = if self.report.is_new(row.first_at) {
                " <span class=\"new\">new</span>"
            } else {
                ""
            };
            let _ = writeln!(
                section,
                "<tr><td>{label}</td><td class=\"soft\"><span class=\"whole\">{}</span>{new}</td><td class=\"number\">{}</td><td class=\"number\">{refused}</td><td class=\"wide\">{}</td></tr>",
                date(row.first_at),
                with_thousands(row.totals.count()),
                chart::bar(row.totals, most)
            );
        }
        section += "</tbody>\n</table>\n";
        if left_out > 0 {
            let _ = writeln!(
                section,
                "<p class=\"soft\">and {} more</p>",
                with_thousands(left_out)
            );
        }
        section + "</section>\n"
    }
}

#[cfg(test)]
mod tests {
    use crate::view::usage_report::page::text;

    #[test]
    fn no_text_becomes_a_tag_or_hides_anything() {
        assert_eq!(
            text("<b>&\"'\u{202e}\u{1b}"),
            "&lt;b&gt;&amp;&quot;&#39;\\u{202e}\\u{1b}"
        );
        assert_eq!(text("Integración ERP"), "Integración ERP");
    }
}
