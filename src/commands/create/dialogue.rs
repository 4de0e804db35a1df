//! `create` step by step, as in ZenFlow's dashboard: name, preset or scopes, expiry, allowlist,
//! summary.

use crate::commands::create::Plan;
use crate::context::Prompt;
use crate::domain::{Allowlist, Expiry, Invalid, Name, Net, Scope, ScopeSet, Timestamp, preset};
use crate::error::Error;
use crate::session::input::{Input, unanswered};
use crate::view::Output;
use crate::view::text::time::exact_and_relative;

/// What was answered, and what had been given on the command line.
pub struct Answers {
    pub(crate) name: Name,
    pub(crate) scopes: ScopeSet,
    pub(crate) expiry: Expiry,
    pub(crate) allowlist: Allowlist,
}

/// Asks for what the command line left open.
///
/// # Errors
/// If the person interrupts.
pub fn ask(
    scopes: ScopeSet,
    expiry: Option<Expiry>,
    allowlist: Allowlist,
    now: Timestamp,
    prompt: &mut dyn Prompt,
) -> Result<Answers, Error> {
    let name = parsed(prompt, "Name", "", str::parse::<Name>)?;
    let scopes = if scopes.is_empty() {
        ask_scopes(prompt)?
    } else {
        scopes
    };
    let expiry = match expiry {
        Some(expiry) => expiry,
        None => parsed(prompt, "Expires (90d, a date, never)", "90d", |text| {
            let expiry: Expiry = text.parse()?;
            expiry.expires_at(now).map(|_| expiry)
        })?,
    };
    let allowlist = if allowlist.is_empty() {
        parsed(prompt, "Allowed addresses (none: everywhere)", "", nets)?
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
        return Ok(preset.scopes);
    }
    let items = Scope::ALL.map(|scope| format!("{scope:<15} {}", scope.description()));
    loop {
        let chosen = prompt
            .choose_many("Scopes (space selects)", &items)
            .map_err(unanswered)?;
        let scopes: ScopeSet = chosen
            .into_iter()
            .filter_map(|place| Scope::ALL.get(place).copied())
            .collect();
        if !scopes.is_empty() {
            return Ok(scopes);
        }
    }
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
    initial: &str,
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<T, Error> {
    let check = |text: &str| {
        parse(text.trim())
            .map(|_| ())
            .map_err(|fault| fault.message)
    };
    let text = prompt.text(question, initial, &check).map_err(unanswered)?;
    Ok(parse(text.trim())?)
}

/// Shows what is going to be made and asks for agreement.
///
/// # Errors
/// If the person declines or interrupts.
pub fn confirm(
    plan: &Plan,
    now: Timestamp,
    input: &mut Input<'_>,
    output: &mut Output<'_>,
) -> Result<(), Error> {
    let ends = plan
        .expiry
        .expires_at(now)?
        .map_or_else(|| "never".into(), |at| exact_and_relative(at, now));
    let from = if plan.allowlist.is_empty() {
        "every address".into()
    } else {
        plan.allowlist.to_string()
    };
    output.remark("");
    output.remark(&format!("  name         {}", plan.name));
    output.remark(&format!("  environment  {}", plan.environment));
    output.remark(&format!(
        "  scopes       {}",
        plan.scopes.words().join(", ")
    ));
    output.remark(&format!("  expires      {ends}"));
    output.remark(&format!("  usable from  {from}"));
    output.remark("");
    input.confirm(false, "Create this key?")
}
