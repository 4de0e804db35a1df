//! What the README and `docs/` tell people to type is typed: every fenced block is run in bash as
//! it stands.

pub mod blocks;
mod leaks;
mod readme;
mod recipes;
