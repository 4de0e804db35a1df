//! The search of a repository's history, held against a plain search of what git hands out.

mod damage;
mod kinds;
mod random;
mod repository;
