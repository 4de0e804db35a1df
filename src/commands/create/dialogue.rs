//! `create` step by step, as in ZenFlow's dashboard: name, preset or scopes, expiry, allowlist,
//! summary.

use crate::commands::create::PlannedKey;
use crate::context::Prompt;
use crate::domain::{Allowlist, Expiry, Invalid, Name, Net, Scope, ScopeSet, Timestamp, preset};
use crate::error::Error;
use crate::session::input::{agree, unanswered};
use crate::view::text::time::exact_and_relative;

/// What was answered, and what had been given on the command line.
pub struct Answers {
    pub(crate) name: Name,
    pub(crate) scopes: ScopeSet,
    pub(crate) expiry: Expiry,
    pub(crate) allowlist: Allowlist,
}

/// Asks for what the command line left open.
pub fn ask(
    name: Option<Name>,
    scopes: ScopeSet,
    expiry: Option<Expiry>,
    allowlist: Allowlist,
    now: Timestamp,
    prompt: &mut dyn Prompt,
) -> Result<Answers, Error> {
    say(
        prompt,
        "Nothing is stored before you agree at the end. Ctrl-C leaves.",
    )?;
    let name = match name {
        Some(name) => name,
        None => parsed(
            prompt,
            "Name, such as ERP Integration",
            "",
            str::parse::<Name>,
        )?,
    };
    let scopes = if scopes.is_empty() {
        ask_scopes(prompt)?
    } else {
        scopes
    };
    let expiry = match expiry {
        Some(expiry) => expiry,
        None => parsed(
            prompt,
            "Expires (a lifetime, a date, or never)",
            "90d",
            |text| {
                let expiry: Expiry = text.parse()?;
                expiry.expires_at(now).map(|_| expiry)
            },
        )?,
    };
    let allowlist = if allowlist.is_empty() {
        parsed(
            prompt,
            "Allowed addresses or ranges (Enter: any address)",
            "",
            nets,
        )?
    } else {
        allowlist
    };
    Ok(Answers {
        name,
        scopes,
        expiry,
        allowlist,
    })
}

fn ask_scopes(prompt: &mut dyn Prompt) -> Result<ScopeSet, Error> {
    let presets = preset::PRESETS
        .iter()
        .map(|preset| format!("{:<12} {}", preset.name, preset.use_case));
    let items: Vec<String> = presets
        .chain([format!("{:<12} Scopes, one by one", "Custom")])
        .collect();
    let chosen = prompt.choose("Access", &items).map_err(unanswered)?;
    if let Some(preset) = preset::PRESETS.get(chosen) {
        say_scopes(prompt, preset.scopes)?;
        return Ok(preset.scopes);
    }
    let items = Scope::ALL.map(|scope| format!("{scope:<15} {}", scope.description()));
    loop {
        let chosen = prompt
            .choose_many("Scopes (Space selects, Enter ends)", &items)
            .map_err(unanswered)?;
        let scopes: ScopeSet = chosen
            .into_iter()
            .filter_map(|place| Scope::ALL.get(place).copied())
            .collect();
        if scopes.is_empty() {
            say(
                prompt,
                "No scope is selected yet: select at least one with Space.",
            )?;
        } else {
            say_scopes(prompt, scopes)?;
            return Ok(scopes);
        }
    }
}

fn say(prompt: &mut dyn Prompt, line: &str) -> Result<(), Error> {
    prompt.say(line).map_err(unanswered)
}

fn say_scopes(prompt: &mut dyn Prompt, scopes: ScopeSet) -> Result<(), Error> {
    say(
        prompt,
        &format!("  scopes       {}", scopes.words().join(", ")),
    )
}

fn nets(text: &str) -> Result<Allowlist, Invalid> {
    text.split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(str::parse::<Net>)
        .collect()
}

/// Asks until the answer reads as what is wanted.
fn parsed<T>(
    prompt: &mut dyn Prompt,
    question: &str,
    default: &str,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<T, Error> {
    let check = |text: &str| {
        parse(text.trim())
            .map(|_| ())
            .map_err(|fault| fault.message)
    };
    let text = prompt.text(question, default, &check).map_err(unanswered)?;
    Ok(parse(text.trim())?)
}

/// Shows what is going to be made and asks for agreement.
pub fn confirm(plan: &PlannedKey, now: Timestamp, prompt: &mut dyn Prompt) -> Result<(), Error> {
    let ends = plan
        .expiry
        .expires_at(now)?
        .map_or_else(|| "never".into(), |at| exact_and_relative(at, now));
    let from = if plan.allowlist.is_empty() {
        "any address".into()
    } else {
        plan.allowlist.to_string()
    };
    say(prompt, "")?;
    for (setting, value) in [
        ("name", plan.name.to_string()),
        ("environment", plan.environment.to_string()),
        ("scopes", plan.scopes.words().join(", ")),
        ("expires", ends),
        ("usable from", from),
    ] {
        say(prompt, &format!("  {setting:<12} {value}"))?;
    }
    say(prompt, "")?;
    agree(prompt, "Create this key?", true)
}
