//! Randomness, handed down from outside, and uniform draws from it.

use zeroize::Zeroizing;

/// Where random bytes come from: the operating system, or a seeded generator in tests.
pub trait Entropy {
    /// Fills `bytes` with uniformly distributed bytes.
    ///
    /// # Errors
    /// If the source fails; nothing may be drawn then.
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()>;
}

/// Draws a value below `limit` (at most 64) uniformly: six bits at a time, those out of range drawn
/// again.
pub(super) fn draw(entropy: &mut dyn Entropy, limit: u8) -> std::io::Result<usize> {
    let mut byte = Zeroizing::new([0]);
    loop {
        entropy.fill(&mut *byte)?;
        let value = byte[0] & 0x3f;
        if value < limit {
            return Ok(usize::from(value));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Every byte in turn, from a fixed start: a source that is easy to reason about.
    pub(crate) struct Counter(pub(crate) u8);

    impl Entropy for Counter {
        fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
            Ok(())
        }
    }

    /// The same byte again and again.
    pub(crate) struct Repeated(pub(crate) u8);

    impl Entropy for Repeated {
        fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    /// A source that fails.
    pub(crate) struct Broken;

    impl Entropy for Broken {
        fn fill(&mut self, _: &mut [u8]) -> std::io::Result<()> {
            Err(std::io::Error::other("no entropy"))
        }
    }

    #[test]
    fn each_character_of_an_alphabet_is_drawn_equally_often() {
        let mut seen = [0; 62];
        let mut all_bytes = Counter(0);
        for _ in 0..62 * 4 {
            seen[draw(&mut all_bytes, 62).unwrap()] += 1;
        }
        assert_eq!(seen, [4; 62]);
    }
}
