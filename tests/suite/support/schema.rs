//! Which JSON Schema of `schemas/` a document must meet, by the name of its command: `list.json`,
//! `usage-report.json` for `usage report`, `log-verify.json` for `log --verify`. A line without
//! `schema_version` meets what the schema has as the items of its array, or `scan-line.json` for
//! `scan`. SARIF, which is somebody else's form, meets `scan-sarif.json`, and OASIS's own schema where
//! `.ci/sarif-schema` has fetched that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex};
use clap::ArgMatches;
use serde_json::Value;

use crate::support::in_process::Outcome;
use crate::support::tools;

/// Names the file with OASIS's schema of SARIF 2.1.0: `.ci/sarif-schema` prints its path.
const OFFICIAL_SARIF: &str = "ZENFLOW_KEYS_SARIF_SCHEMA";

/// The schemas, by the names of their files without `.json`.
pub static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::load);

pub struct Schemas {
    compiled: boon::Schemas,
    index: BTreeMap<String, SchemaIndex>,
    /// OASIS's schema of SARIF.
    official_sarif: Option<SchemaIndex>,
    pub sources: BTreeMap<String, Value>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

impl Schemas {
    fn load() -> Self {
        let mut schemas = Schemas {
            compiled: boon::Schemas::new(),
            index: BTreeMap::new(),
            official_sarif: None,
            sources: BTreeMap::new(),
        };
        let mut compiler = Compiler::new();
        for entry in directory().read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .strip_suffix(".json")
                .expect("schemas/ has only *.json")
                .to_owned();
            let index = compiler
                .compile(path.to_str().unwrap(), &mut schemas.compiled)
                .unwrap_or_else(|e| panic!("{e:#}"));
            schemas.index.insert(name.clone(), index);
            schemas.sources.insert(
                name,
                serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(),
            );
        }
        schemas.official_sarif = std::env::var_os(OFFICIAL_SARIF).map(|path| {
            compiler
                .compile(path.to_str().unwrap(), &mut schemas.compiled)
                .unwrap_or_else(|e| panic!("{e:#}"))
        });
        schemas
    }

    /// Whether SARIF is held against OASIS's schema too; if not, the test says so.
    #[must_use]
    #[track_caller]
    pub fn have_official_sarif(&self) -> bool {
        self.official_sarif.is_some() || tools::skip(&format!("needs {OFFICIAL_SARIF}"))
    }

    /// Why the document does not meet the schema, if it does not.
    pub fn fault(&self, schema: &str, document: &Value) -> Option<String> {
        let index = self
            .index
            .get(schema)
            .unwrap_or_else(|| panic!("there is no schemas/{schema}.json"));
        let fault = self.fault_at(*index, document);
        fault.or_else(|| (schema == "scan-sarif").then(|| self.official_fault(document))?)
    }

    /// Why the document is no SARIF, if OASIS's schema is at hand and says so.
    pub fn official_fault(&self, document: &Value) -> Option<String> {
        self.fault_at(self.official_sarif?, document)
    }

    fn fault_at(&self, index: SchemaIndex, document: &Value) -> Option<String> {
        let fault = self.compiled.validate(document, index).err();
        fault.map(|e| e.to_string())
    }

    /// The schema of a command's document.
    pub fn of_command(&self, words: &[&str]) -> Option<&str> {
        let names = (1..=words.len())
            .rev()
            .map(|length| words[..length].join("-"));
        names
            .filter_map(|name| self.index.get_key_value(&name))
            .map(|(name, _)| name.as_str())
            .next()
    }

    /// The schema of a line of a command whose document has this one.
    fn of_line<'a>(&'a self, schema: &'a str) -> &'a str {
        if let Some((line, _)) = self.index.get_key_value(&format!("{schema}-line")) {
            return line;
        }
        let properties = self.sources[schema]["properties"].as_object().unwrap();
        match properties
            .values()
            .find_map(|property| property["items"]["$ref"].as_str()?.strip_suffix(".json"))
        {
            Some(items) if properties.contains_key("schema_version") => items,
            _ => schema,
        }
    }
}

/// The command and subcommands of a command line.
fn words(matches: &ArgMatches) -> Vec<String> {
    let mut words = Vec::new();
    let mut matches = matches;
    while let Some((name, inner)) = matches.subcommand() {
        words.push(name.to_owned());
        matches = inner;
    }
    words
}

/// The schema of what this command line writes.
fn schema_of(args: &[&str]) -> &'static str {
    if args.contains(&"--version") {
        return "version";
    }
    let matches =
        zenflow_keys::internals::command().get_matches_from([&["zenflow-keys"], args].concat());
    let words = words(&matches);
    let command: Vec<&str> = words.iter().map(String::as_str).collect();
    let with_flag = args
        .iter()
        .filter_map(|arg| arg.strip_prefix("--"))
        .find_map(|flag| {
            let name = [&command[..], &[flag]].concat().join("-");
            SCHEMAS
                .index
                .get_key_value(&name)
                .map(|(name, _)| name.as_str())
        });
    with_flag
        .or_else(|| SCHEMAS.of_command(&command))
        .unwrap_or_else(|| panic!("write schemas/{}.json", command.join("-")))
}

/// The documents and lines of JSON that a run wrote, each with its schema.
pub fn documents(args: &[&str], outcome: &Outcome) -> Vec<(&'static str, Value)> {
    let mut documents = Vec::new();
    if outcome.stderr.starts_with('{') {
        assert_eq!(outcome.stdout, "", "{args:?}");
        documents.push((
            "error",
            serde_json::from_str(&outcome.stderr).unwrap_or_else(|e| panic!("{args:?}: {e}")),
        ));
    }
    if outcome.stdout.starts_with('{') {
        let schema = schema_of(args);
        for line in outcome.stdout.lines() {
            let document: Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{args:?}: {e}"));
            let schema = if document.get("schema_version").is_some() {
                schema
            } else if document.get("runs").is_some() {
                "scan-sarif"
            } else {
                SCHEMAS.of_line(schema)
            };
            documents.push((schema, document));
        }
    }
    documents
}

/// Holds every document that a run wrote against its schema.
pub fn hold(args: &[&str], outcome: &Outcome) {
    for (schema, document) in documents(args, outcome) {
        if let Some(fault) = SCHEMAS.fault(schema, &document) {
            panic!("{args:?} does not meet schemas/{schema}.json: {fault}\n{document:#}");
        }
    }
}
