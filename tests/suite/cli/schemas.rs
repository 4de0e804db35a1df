//! The JSON Schemas in `schemas/` are the contract with scripts: real output meets them, nothing
//! else does, and their words are the program's. Besides, the bench holds every document of every
//! test against its schema.

use std::collections::{BTreeMap, BTreeSet};

use clap::Command;
use serde_json::{Value, json};
use zenflow_keys::domain::Severity;
use zenflow_keys::domain::endpoint::ENDPOINTS;
use zenflow_keys::domain::event::{Action, changes};
use zenflow_keys::domain::leak::LeakStatus;
use zenflow_keys::domain::preset::PRESETS;
use zenflow_keys::domain::tombstone::Kept;
use zenflow_keys::domain::usage::{GroupBy, Outcome};
use zenflow_keys::domain::{Environment, Key, Net, Reason, Revocation, Scope, Status, Timestamp};
use zenflow_keys::error::Code;
use zenflow_keys::internals::LogFormat;
use zenflow_keys::internals::RULES;
use zenflow_keys::internals::ServeEvent;
use zenflow_keys::internals::Shell;
use zenflow_keys::internals::Trouble;
use zenflow_keys::store::FindingKind;

use crate::support::in_process::{Bench, HOUR};
use crate::support::schema::{SCHEMAS, documents};

/// A life of a store. What a new command writes belongs here: its schema is then known to be met.
/// `{new}` and the like are paths that are free.
const STORY: [&[&str]; 51] = [
    &["show", "Nobody", "--json"],
    &[
        "create",
        "Full",
        "--preset",
        "erp-sync",
        "--expires",
        "90d",
        "--allow-ip",
        "203.0.113.0/24",
        "--owner",
        "Ana",
        "--json",
    ],
    &[
        "create",
        "Full",
        "--preset",
        "erp-sync",
        "--if-absent",
        "--json",
    ],
    &[
        "update",
        "Full",
        "--note",
        "n",
        "--add-scope",
        "admin",
        "--json",
    ],
    &["allowlist", "add", "Full", "2001:db8::/32", "--json"],
    &["allowlist", "remove", "Full", "2001:db8::/32", "--json"],
    &["allowlist", "set", "Full", "203.0.113.7", "--json"],
    &["allowlist", "list", "Full", "--json"],
    &["allowlist", "clear", "Full", "--yes", "--json"],
    &["check", "--record", "--ip", "203.0.113.7", "--json"],
    &["check", "--scope", "write:orders,read:stock", "--json"],
    &["check", "--key-env", "UNSET", "--json"],
    &["check", "--batch"],
    &["suggest", "Full", "--json"],
    &["suggest", "ERP", "--json"],
    &["review", "--json"],
    &["scan", "-", "--json"],
    &["scan", "-", "--format", "jsonl"],
    &["scan", "-", "--format", "sarif"],
    &["scan", "{no such file}", "--format", "sarif"],
    &["scan", "{no such file}", "--json"],
    &["rotate", "ERP", "--json"],
    &["rotate", "ERP", "--finish", "--force", "--yes", "--json"],
    &["disable", "ERP", "--json"],
    &["enable", "ERP", "--dry-run", "--json"],
    &["enable", "ERP", "--json"],
    &["revoke", "ERP", "--in", "7d", "--reason", "r", "--json"],
    &["revoke", "ERP", "--cancel", "--json"],
    &["show", "ERP", "--json"],
    &["list", "--all", "--json"],
    &["list", "--all", "--format", "jsonl"],
    &["log", "--json"],
    &["log", "--format", "jsonl"],
    &["log", "--verify", "--json"],
    &["usage", "import", "-", "--json"],
    &["usage", "report", "Full", "--json"],
    &["usage", "report", "--by", "outcome", "--format", "jsonl"],
    &["revoke", "Full", "--yes", "--json"],
    &[
        "prune",
        "--older-than",
        "0",
        "--usage-older-than",
        "0",
        "--json",
        "--dry-run",
    ],
    &["prune", "--older-than", "1h", "--yes", "--json"],
    &["prune", "--older-than", "0", "--yes", "--json"],
    &["show", "Full", "--json"],
    &["scopes", "--json"],
    &["presets", "--json"],
    &["completions", "bash", "--json"],
    &["man", "rotate", "--json"],
    &["--version", "--json"],
    &["man", "--dir", "{new}", "--json"],
    &["backup", "{copy}", "--json"],
    &["doctor", "--deep", "--json"],
    &["doctor", "--db", "{new}", "--json"],
];

/// What the story makes the program write, with the schema of each document.
fn told() -> Vec<(&'static str, Value)> {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let tell = |args: &&[&'static str]| {
        bench.later(HOUR);
        let path = |arg: &str| {
            if arg.starts_with('{') {
                bench.path(arg).to_str().unwrap().to_owned()
            } else {
                arg.to_owned()
            }
        };
        let args: Vec<String> = args.iter().map(|arg| path(arg)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        documents(&args, &bench.run_with_stdin(&args, &key.secret))
    };
    let mut told: Vec<_> = STORY.iter().flat_map(tell).collect();
    let lines = crate::serve::program::json_lines();
    told.extend(lines.into_iter().map(|line| ("serve", line)));
    assert!(
        told.len() >= STORY.len(),
        "each command of the story writes JSON"
    );
    told
}

/// The schema that this one only refers to.
fn meant(schema: &str) -> &str {
    SCHEMAS.sources[schema]["$ref"]
        .as_str()
        .map_or(schema, |other| other.strip_suffix(".json").unwrap())
}

fn documented() -> impl Iterator<Item = &'static str> {
    SCHEMAS
        .sources
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "common")
}

#[test]
fn every_command_has_a_schema() {
    fn look(command: &Command, path: &[&str]) {
        for inner in command
            .get_subcommands()
            .filter(|inner| !inner.is_hide_set())
        {
            let path = [path, &[inner.get_name()]].concat();
            assert!(
                SCHEMAS.of_command(&path).is_some() || inner.has_subcommands(),
                "write schemas/{}.json",
                path.join("-")
            );
            look(inner, &path);
        }
    }
    look(&zenflow_keys::internals::documented(), &[]);
}

#[test]
fn every_schema_is_met_by_real_output() {
    let told = told();
    let met: BTreeSet<_> = told.iter().map(|(schema, _)| *schema).collect();
    assert_eq!(met, documented().collect(), "tell of it in STORY");
    for (schema, document) in told {
        assert_eq!(SCHEMAS.fault(schema, &document), None, "{schema}");
    }
}

#[test]
fn a_schema_takes_no_other_document() {
    for (schema, document) in told() {
        for other in documented().filter(|other| meant(other) != meant(schema)) {
            assert!(
                SCHEMAS.fault(other, &document).is_some(),
                "{other}.json takes a document of {schema}.json"
            );
        }
    }
}

#[test]
fn nothing_may_be_missing_or_added_or_of_another_kind() {
    for (schema, document) in told() {
        for (what, spoilt) in spoilt(&document) {
            assert!(
                SCHEMAS.fault(schema, &spoilt).is_some(),
                "{schema}.json takes a document with {what}"
            );
        }
    }
}

/// The document with one member left out, added, or replaced by what stands nowhere; and how.
fn spoilt(document: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut places = vec![String::new()];
    while let Some(place) = places.pop() {
        let mut with = |what: String, change: &dyn Fn(&mut Value)| {
            let mut spoilt = document.clone();
            change(spoilt.pointer_mut(&place).unwrap());
            all.push((what, spoilt));
        };
        // A 'ref' may be anything.
        if place != "/ref" {
            with(format!("an alien at {place}"), &|value| {
                *value = json!({"alien": 1.5})
            });
        }
        match document.pointer(&place).unwrap() {
            Value::Object(members) => {
                with(format!("another member in {place}"), &|value| {
                    value["alien"] = Value::Null
                });
                for name in members.keys() {
                    // Only what changed stands in the details of an event.
                    if !place.ends_with("/details") {
                        with(format!("no {place}/{name}"), &|value| {
                            value.as_object_mut().unwrap().remove(name);
                        });
                    }
                    // RFC 6901, 3.
                    let name = name.replace('~', "~0").replace('/', "~1");
                    places.push(format!("{place}/{name}"));
                }
            }
            Value::Array(items) if !items.is_empty() => places.push(format!("{place}/0")),
            _ => {}
        }
    }
    all
}

#[test]
fn the_words_in_the_schemas_are_the_programs() {
    let mut words: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut say =
        |place, these: Vec<&str>| words.insert(place, these.into_iter().map(Value::from).collect());
    let mut refusals: Vec<_> = Reason::ALL.map(Reason::refusal).to_vec();
    refusals.sort();
    refusals.dedup();
    say(
        "common/environment",
        Environment::ALL.map(Environment::as_str).into(),
    );
    say("common/status", Status::ALL.map(Status::as_str).into());
    say(
        "common/preset",
        PRESETS.iter().map(|preset| preset.id).collect(),
    );
    say("common/scope", Scope::ALL.map(Scope::as_str).into());
    say(
        "common/endpoint",
        ENDPOINTS.iter().map(|endpoint| endpoint.pattern).collect(),
    );
    say("event/action", Action::ALL.map(Action::as_str).into());
    let changes = changes(None, &full_key());
    say(
        "event/field",
        changes
            .iter()
            .map(|change| &*change.field)
            // Of the row, or of an acceptance, and no field of the key.
            .chain(["row_hash", "rule", "until", "facts", "reason"])
            .collect(),
    );
    say("check/reason", Reason::ALL.map(Reason::as_str).into());
    say(
        "check/refusal",
        refusals.iter().map(|refusal| refusal.code()).collect(),
    );
    say(
        "doctor/finding",
        FindingKind::ALL.map(|kind| kind.row().0).into(),
    );
    say(
        "common/severity",
        Severity::ALL.map(Severity::as_str).into(),
    );
    say(
        "scan/status",
        LeakStatus::ALL.map(LeakStatus::as_str).into(),
    );
    say(
        "usage-import/format",
        LogFormat::ALL.map(LogFormat::as_str).into(),
    );
    say("usage-report/by", GroupBy::ALL.map(GroupBy::as_str).into());
    say(
        "usage-report/refusal",
        Outcome::all()
            .filter(|outcome| outcome.is_refusal())
            .map(Outcome::as_str)
            .collect(),
    );
    say("error/code", Code::ALL.map(|code| code.row().0).into());
    say("review/rule", RULES.iter().map(|rule| rule.id).collect());
    say("prune/reason", Kept::WORDS.into());
    say(
        "serve/event",
        ServeEvent::ALL.map(ServeEvent::as_str).into(),
    );
    say("serve/trouble", Trouble::ALL.map(Trouble::as_str).into());
    say("completions/shell", Shell::ALL.map(Shell::as_str).into());
    words.insert("check/http", vec![401.into(), 403.into()]);

    for (schema, source) in &SCHEMAS.sources {
        let no_definitions = serde_json::Map::new();
        let definitions = source["$defs"].as_object().unwrap_or(&no_definitions);
        let listed = definitions
            .iter()
            .filter(|(_, definition)| definition.get("enum").is_some());
        for (name, definition) in listed.clone() {
            let place = format!("{schema}/{name}");
            let expected = words
                .remove(place.as_str())
                .unwrap_or_else(|| panic!("say where the words of {place} come from"));
            assert_eq!(definition["enum"], Value::from(expected), "{place}");
        }
        assert_eq!(
            source.to_string().matches("\"enum\":[").count(),
            listed.count(),
            "{schema}.json: an enum belongs in $defs"
        );
    }
    assert!(words.is_empty(), "no schema has {words:?}");
}

/// A key of which an event tells everything.
fn full_key() -> Key {
    let at = Timestamp::from_unix(1_800_000_000);
    Key {
        id: "k3m9x2q7vd".parse().unwrap(),
        name: "ERP".parse().unwrap(),
        environment: Environment::Live,
        scopes: "admin".parse().unwrap(),
        allowlist: std::iter::once("203.0.113.7".parse::<Net>().unwrap()).collect(),
        owner: "o".parse().ok(),
        note: "n".parse().ok(),
        created_at: at.unwrap(),
        expires_at: at,
        disabled_at: at,
        revocation: Some(Revocation {
            at: at.unwrap(),
            reason: "r".parse().ok(),
        }),
        rotated_from: "k3m9x2q7vd".parse().ok(),
        rotated_to: "k3m9x2q7vd".parse().ok(),
        last_use: None,
    }
}

#[test]
fn every_object_is_closed_and_every_member_required() {
    fn look(schema: &Value, place: &str) {
        let Some(members) = schema.as_object() else {
            return;
        };
        if let Some(properties) = schema["properties"].as_object() {
            let required: BTreeSet<_> = schema["required"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            assert_eq!(
                required,
                properties.keys().map(String::as_str).collect(),
                "{place}"
            );
            assert_eq!(
                (&schema["additionalProperties"], &schema["type"]),
                (&json!(false), &json!("object")),
                "{place}"
            );
        }
        for (name, member) in members
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "if" | "then" | "else"))
        {
            look(member, &format!("{place}/{name}"));
            member
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|one| look(one, &format!("{place}/{name}")));
        }
    }
    for (name, schema) in &SCHEMAS.sources {
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{name}"
        );
        assert!(schema["title"].is_string(), "{name}");
        look(schema, name);
    }
}
