//! `scan`: what it looks at, what it finds there, and what it says and does.

mod baseline;
mod bombs;
mod files;
mod found;
mod history;
mod hostile;
mod output;
mod owners;
mod place;
mod revoke;
mod sarif;
mod secrets;
mod since;
mod staged;
