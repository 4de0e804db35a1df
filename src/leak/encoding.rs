//! ASCII characters in the bytes of a content, whatever they are written in.

/// How a text is written down. For UTF-16 the bytes are taken from the first character's own one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One byte a character.
    Ascii,
    /// UTF-16, the lower byte first.
    LittleEndian,
    /// UTF-16, the higher byte first.
    BigEndian,
}

impl Encoding {
    /// The ASCII characters that stand here one after the other.
    pub fn text(self, bytes: &[u8], at: usize) -> impl Iterator<Item = u8> {
        let (step, nul) = match self {
            Encoding::Ascii => (1, None),
            Encoding::LittleEndian => (2, Some(1)),
            Encoding::BigEndian => (2, Some(-1)),
        };
        (at..).step_by(step).map_while(move |at| {
            let byte = *bytes.get(at)?;
            let is_character = match nul {
                Some(nul) => *bytes.get(at.checked_add_signed(nul)?)? == 0,
                None => true,
            };
            is_character.then_some(byte)
        })
    }
}

/// How many code units of UTF-16 a part of a UTF-8 text takes; of anything else, about as many as
/// it has bytes.
pub fn utf_16_units(bytes: &[u8]) -> u64 {
    let units = |byte: &u8| u8::from(byte & 0xc0 != 0x80) + u8::from(*byte >= 0xf0);
    // So few that their sum fits into a byte, which the processor adds up many at a time.
    let few = |bytes: &[u8]| u64::from(bytes.iter().map(units).sum::<u8>());
    bytes.chunks(127).map(few).sum()
}
