//! What must hold whatever the input is: one property for each fuzz target.
//!
//! The targets call them with bytes that the fuzzer makes, `tests/replay.rs` with the committed
//! seeds and every past crash. They know the program's library from outside, and hold it against a
//! second, plainer way to the same answer where there is one. A property that does not hold panics.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

pub mod batch;
pub mod csv;
pub mod key;
pub mod leak;
pub mod name;
pub mod networks;
pub mod pack;
mod program;
pub mod request;
mod sample;
pub mod scopes;
pub mod store;
pub mod text;
pub mod times;

/// What must hold for every input; panics if it does not.
pub type Property = fn(&[u8]);

/// Every property, by the name of its target and of the directory of its seeds.
pub const ALL: [(&str, Property); 12] = [
    ("batch", batch::holds),
    ("csv", csv::holds),
    ("key", key::holds),
    ("leak", leak::holds),
    ("name", name::holds),
    ("networks", networks::holds),
    ("pack", pack::holds),
    ("request", request::holds),
    ("scopes", scopes::holds),
    ("store", store::holds),
    ("text", text::holds),
    ("times", times::holds),
];

/// The input as a source of choices. When it is used up, all that follows is zero.
struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn number(&mut self, bytes: u32) -> u128 {
        (0..bytes).fold(0, |number, _| number << 8 | u128::from(self.byte()))
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    /// One of these, if there are any.
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Up to `longest` bytes, as far as they are UTF-8.
    fn text(&mut self, longest: usize) -> &'a str {
        let length = usize::from(self.byte()).min(longest).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        text.utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }
}
