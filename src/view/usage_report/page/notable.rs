//! What stands out, on a page: a card for each, which is read on a phone as well as on paper.

use std::fmt::Write;

use crate::domain::usage::notable::{KeyUses, NewNetwork};
use crate::view::text::number::{plural, with_thousands};
use crate::view::text::time::relative;
use crate::view::usage_report::notable::{endpoints, reasons};
use crate::view::usage_report::page::{ReportPage, text};

/// So many endpoints are named.
const ENDPOINTS: usize = 6;

impl ReportPage<'_> {
    /// From where keys were used that they were not used from before.
    pub(super) fn new_networks(&self) -> String {
        let report = self.report;
        let new = &report.notable.new_networks;
        let about = if !report.tells_news() {
            "What is new can be told once uses have been recorded for a week."
        } else if new.shown.is_empty() {
            "None: no key was used from a network that was new to it."
        } else {
            "Used in the last 7 days, and not before, in a week or more of recorded use. If a key often has new networks, \
             wider ones are compared."
        };
        let cards = new.shown.iter().map(|NewNetwork { network, uses }| {
            let head = format!(
                "{} from <b>{network}</b> <span class=\"new\">new</span>",
                plural(uses.sums.totals.count(), "request"),
            );
            self.card(uses, &head)
        });
        section("New networks", about, cards, new.left_out)
    }

    /// What was refused to which key, and why.
    pub(super) fn refusals(&self) -> String {
        let refused = &self.report.notable.refused;
        let about = if refused.shown.is_empty() {
            "None."
        } else {
            ""
        };
        let cards = refused.shown.iter().map(|uses| {
            let head = plural(uses.sums.totals.refused, "refused request");
            self.card(uses, &head)
        });
        section("Refused requests", about, cards, refused.left_out)
    }

    /// Which key, since when, what for, and what of it was refused.
    fn card(&self, uses: &KeyUses, head: &str) -> String {
        let now = self.report.now;
        let mut card = "<div class=\"card\">\n<p>".to_owned();
        if self.report.key.is_none() {
            let _ = write!(
                card,
                "<b>{}</b> <span class=\"soft\">{}</span>, ",
                text(&uses.name),
                uses.key
            );
        }
        let (first, last) = (uses.first_at(), uses.last_at());
        let _ = write!(
            card,
            "{head}</p>\n<dl class=\"facts\">\n<dt>since</dt><dd>{first} <span class=\"soft\">{}</span></dd>\n\
             <dt>last</dt><dd>{last} <span class=\"soft\">{}</span></dd>\n<dt>for</dt><dd>{}</dd>\n",
            relative(first, now),
            relative(last, now),
            text(&endpoints(uses, ENDPOINTS)),
        );
        if !uses.refusals.is_empty() {
            let _ = writeln!(
                card,
                "<dt>refused</dt><dd class=\"bad\">{}</dd>",
                text(&reasons(uses))
            );
        }
        card + "</dl>\n</div>\n"
    }
}

fn section(title: &str, about: &str, cards: impl Iterator<Item = String>, left_out: u64) -> String {
    let mut section = format!("<section class=\"long\">\n<h2>{title}</h2>\n");
    if !about.is_empty() {
        let _ = writeln!(section, "<p class=\"soft\">{about}</p>");
    }
    section.extend(cards);
    if left_out > 0 {
        let _ = writeln!(
            section,
            "<p class=\"soft\">and {} more</p>",
            with_thousands(left_out)
        );
    }
    section + "</section>\n"
}
