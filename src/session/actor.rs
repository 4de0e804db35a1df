//! Who changes the store, for the audit log.

use std::ffi::OsStr;

use crate::context::Variable;
use crate::domain::{Invalid, Text};
use crate::error::Error;

/// `--actor`, `ZENFLOW_KEYS_ACTOR`, or the user of the system.
pub fn actor(
    named: Option<Text>,
    variable: Variable<'_>,
    user: &dyn Fn() -> String,
) -> Result<Text, Error> {
    match (named, variable("ZENFLOW_KEYS_ACTOR")) {
        (Some(named), _) => Ok(named),
        (None, Some(named)) => text_of(&named).map_err(|e| {
            Error::from(e).hint("ZENFLOW_KEYS_ACTOR says who does this, in 1 to 200 characters")
        }),
        (None, None) => Ok(user().parse()?),
    }
}

fn text_of(text: &OsStr) -> Result<Text, Invalid> {
    text.to_str()
        .ok_or_else(|| Invalid::new("the name of the actor is not UTF-8"))?
        .parse()
}
