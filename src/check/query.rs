//! What a line of `check --batch` asks, or what is wrong with it. No message repeats a key.

use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::check::raw_query::RawQuery;
use crate::domain::remedy::Hint;
use crate::domain::secret_text::holds_a_key;
use crate::domain::usage::IpPrefix;
use crate::domain::{
    Endpoint, Environment, Invalid, Presented, Request, Scope, Timestamp, When, allowlist,
};

/// The longest line, in bytes, without its end.
pub const LONGEST: usize = 64 * 1024;
/// A longer value of a field other than `key`, `request` and `ref` is not looked at: nothing that
/// it could be is as long.
pub const LONGEST_WORD: usize = 200;

/// What a line does not say.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    /// What the key is to be allowed.
    pub request: Request,
    /// As of when; `None` means now.
    pub at: Option<Timestamp>,
    /// Whether uses are counted: then it is always now.
    pub counts: bool,
    /// How much of an address is kept then.
    pub ip_prefix: IpPrefix,
    /// Writes a hint out, with its commands.
    pub write_hint: fn(&Hint) -> Hint<String>,
}

/// A key and what is asked of it.
#[derive(Debug)]
pub struct Query {
    /// What was presented as the key.
    pub presented: Presented,
    /// What the key is to be allowed.
    pub request: Request,
    /// As of when; `None` means now.
    pub at: Option<Timestamp>,
}

/// Reads a line, which holds no line end. The first part is its `ref`, as far as the line could be
/// read; the second what it asks, or what is wrong with it.
pub fn read<'l>(
    line: &'l [u8],
    defaults: &Defaults,
    now: Timestamp,
) -> (Option<&'l RawValue>, Result<Query, String>) {
    if line.len() > LONGEST {
        return (None, Err(too_long()));
    }
    let Ok(text) = std::str::from_utf8(line) else {
        return (None, Err("the line is not UTF-8".into()));
    };
    match serde_json::from_str::<RawQuery<'l>>(text) {
        Ok(fields)
            if fields
                .reference
                .is_some_and(|reference| holds_a_key(reference.get())) =>
        {
            (
                None,
                Err(
                    "ref: it holds an API key, which is never repeated; a key belongs in 'key'"
                        .into(),
                ),
            )
        }
        Ok(mut fields) => {
            let query =
                interpret(&mut fields, defaults, now).map_err(|fault| describe(fault, defaults));
            fields.wipe();
            (fields.reference, query)
        }
        Err(fault) => (None, Err(not_json(text, &fault))),
    }
}

/// What is said of a line that is too long.
pub fn too_long() -> String {
    format!("the line is longer than {} KiB", LONGEST / 1024)
}

/// The words of serde_json say what it expected and never what it found, unless the line is JSON
/// and no object.
fn not_json(text: &str, fault: &serde_json::Error) -> String {
    match fault.classify() {
        _ if text.trim().is_empty() => "the line is empty; a line is one JSON object".into(),
        Category::Data => "the line is not a JSON object".into(),
        _ => {
            let (line, column) = (fault.line(), fault.column());
            let words = fault.to_string();
            let place = format!(" at line {line} column {column}");
            let what = words.strip_suffix(&place).unwrap_or(&words);
            format!("the line is not JSON: {what} (column {column})")
        }
    }
}

/// A fault in words, with the way to do it right.
fn describe(fault: Invalid, defaults: &Defaults) -> String {
    let message = match fault.hint {
        Some(hint) => format!("{} ({})", fault.message, (defaults.write_hint)(&hint)),
        None => fault.message,
    };
    if holds_a_key(&message) {
        "an API key stands in the wrong place; it belongs in 'key'".into()
    } else {
        message
    }
}

/// Reads the fields as domain values; the first fault ends it.
fn interpret(
    fields: &mut RawQuery<'_>,
    defaults: &Defaults,
    now: Timestamp,
) -> Result<Query, Invalid> {
    if let Some(fault) = fields.fault.take() {
        return Err(fault);
    }
    let mut request = defaults.request;
    if let Some(words) = fields.scope.words("scope")? {
        request.scopes = words
            .map(|word| within_limit("scope", word)?.parse::<Scope>())
            .collect::<Result<_, _>>()?;
    }
    if let Some(text) = fields.request.text("request")? {
        // Of an address only the path says which endpoint it is; a query may be long.
        let path_end = text.find(['?', '#']).unwrap_or(text.len());
        within_limit("request", &text[..path_end])?;
        request.endpoint = Some(
            text.parse::<&Endpoint>()
                .map_err(|fault| fault.in_value_of("request"))?,
        );
    }
    if let Some(text) = fields.ip.text("ip")? {
        request.ip = Some(
            within_limit("ip", text)
                .and_then(allowlist::parse_address)
                .map_err(|fault| fault.in_value_of("ip"))?,
        );
    }
    if let Some(text) = fields.env.text("env")? {
        request.environment = Some(within_limit("env", text)?.parse::<Environment>()?);
    }
    let at = match fields.at.text("at")? {
        Some(_) if defaults.counts => {
            return Err(
                Invalid::new("at: a use is counted when it happens").hint("leave out --record")
            );
        }
        Some(text) => Some(
            within_limit("at", text)
                .and_then(str::parse::<When>)
                .and_then(|at| at.as_of(now))
                .map_err(|fault| fault.in_value_of("at"))?,
        ),
        None => defaults.at,
    };
    let presented = fields.key.text("key")?.map_or(Presented::Missing, |key| {
        Presented::from_bytes(key.as_bytes())
    });
    Ok(Query {
        presented,
        request,
        at,
    })
}

fn within_limit<'t>(field: &str, text: &'t str) -> Result<&'t str, Invalid> {
    if text.len() <= LONGEST_WORD {
        Ok(text)
    } else {
        Err(Invalid::new(format!(
            "{field}: longer than {LONGEST_WORD} bytes"
        )))
    }
}
