//! What stands out in recorded uses, in JSON and for people: who came from where anew, what for, and
//! what was refused.

use serde::Serialize;

use crate::domain::usage::notable::{KeyUses, NewNetwork};
use crate::view::text::escape::visible;
use crate::view::text::number::{plural, with_thousands};
use crate::view::usage_report::UsageSummary;

/// So many of a kind are fields of a report for people.
const FIELDS: usize = 3;
/// So many endpoints are named.
const ENDPOINTS: usize = 3;

/// A network that is new to a key.
#[derive(Serialize)]
pub struct NewNetworkBody<'a> {
    key: NamedKeyBody<'a>,
    network: String,
    count: u64,
    allowed: u64,
    refused: u64,
    other: u64,
    first_at: String,
    last_at: String,
    endpoints: Vec<EndpointCountBody<'a>>,
    refusals: Vec<RefusalCountBody<'a>>,
}

#[derive(Serialize)]
struct NamedKeyBody<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct EndpointCountBody<'a> {
    endpoint: Option<&'a str>,
    count: u64,
}

/// How often something was refused for a reason.
#[derive(Serialize)]
pub struct RefusalCountBody<'a> {
    /// The reason.
    pub reason: &'a str,
    /// How often.
    pub count: u64,
}

impl<'a> NewNetworkBody<'a> {
    /// The network, and the uses from there.
    pub fn new(new: &'a NewNetwork) -> Self {
        let uses = &new.uses;
        let totals = uses.sums.totals;
        let endpoints = uses.endpoints_by_count().into_iter();
        let refusals = uses.reasons_by_count().into_iter();
        NewNetworkBody {
            key: NamedKeyBody {
                id: uses.key.as_str(),
                name: &uses.name,
            },
            network: new.network.to_string(),
            count: totals.count(),
            allowed: totals.allowed,
            refused: totals.refused,
            other: totals.other,
            first_at: uses.first_at().to_string(),
            last_at: uses.last_at().to_string(),
            endpoints: endpoints
                .map(|(endpoint, count)| EndpointCountBody {
                    endpoint: Some(endpoint).filter(|endpoint| !endpoint.is_empty()),
                    count,
                })
                .collect(),
            refusals: refusals
                .map(|(reason, count)| RefusalCountBody { reason, count })
                .collect(),
        }
    }
}

/// The fields of a report for people: the networks that are new, and, where there are several keys,
/// those that were refused most.
pub fn fields(report: &UsageSummary<'_>) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    let whose = |uses: &KeyUses| match &report.key {
        Some(_) => String::new(),
        None => format!("{} ({}), ", visible(&uses.name), uses.key),
    };
    let more = |shown: usize, left_out: u64| shown.saturating_sub(FIELDS) as u64 + left_out;
    if report.key.is_none() {
        let refused = &report.notable.refused;
        for uses in refused.shown.iter().take(FIELDS) {
            let reasons = reasons(uses);
            fields.push((
                "refused",
                format!("{}{reasons}; last {}", whose(uses), uses.last_at()),
            ));
        }
        let more = more(refused.shown.len(), refused.left_out);
        if more > 0 {
            fields.push((
                "",
                format!("and {}: see --by key", plural(more, "more key")),
            ));
        }
    }
    let new = &report.notable.new_networks;
    for NewNetwork { network, uses } in new.shown.iter().take(FIELDS) {
        fields.push((
            "new network",
            format!(
                "{}{network} since {}, {}",
                whose(uses),
                uses.first_at(),
                what_for(uses)
            ),
        ));
    }
    let more = more(new.shown.len(), new.left_out);
    if more > 0 {
        fields.push((
            "",
            format!("and {}: see --html", plural(more, "more network")),
        ));
    }
    fields
}

/// How many requests, for which endpoints, and what of it was refused.
fn what_for(uses: &KeyUses) -> String {
    let mut text = plural(uses.sums.totals.count(), "request");
    if !uses.refusals.is_empty() {
        text += &format!(", {} refused", with_thousands(uses.sums.totals.refused));
    }
    format!("{text}: {}", endpoints(uses, ENDPOINTS))
}

/// The reasons of refusals, each with its number.
pub fn reasons(uses: &KeyUses) -> String {
    let reasons = uses.reasons_by_count().into_iter();
    let counts = reasons.map(|(reason, count)| format!("{reason} {}", with_thousands(count)));
    counts.collect::<Vec<_>>().join(", ")
}

/// The endpoints that were called most, each with its number, and how many more there are.
pub fn endpoints(uses: &KeyUses, most: usize) -> String {
    let all = uses.endpoints_by_count();
    let more = all.len().saturating_sub(most);
    let shown = all.into_iter().take(most).map(|(endpoint, count)| {
        let endpoint = if endpoint.is_empty() {
            "none of the API's".into()
        } else {
            visible(endpoint)
        };
        format!("{endpoint} ({})", with_thousands(count))
    });
    let mut named: Vec<String> = shown.collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}
