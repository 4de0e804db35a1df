//! A delta: an object as copies from another one and new bytes (gitformat-pack(5), "Deltified
//! representation").

use super::object::Damaged;

/// A delta, taken apart as far as its sizes.
#[derive(Debug, Clone, Copy)]
pub struct Delta<'d> {
    /// The size of the object that it copies from.
    base: u64,
    /// The size of the object that it makes.
    result: u64,
    instructions: &'d [u8],
}

enum Instruction<'d> {
    Copy { start: usize, length: usize },
    Insert(&'d [u8]),
}

impl<'d> Delta<'d> {
    /// Reads a delta.
    pub fn parse(bytes: &'d [u8]) -> Result<Self, Damaged> {
        let (base, bytes) = size(bytes)?;
        let (result, instructions) = size(bytes)?;
        Ok(Delta {
            base,
            result,
            instructions,
        })
    }

    /// The size of the object that it makes.
    pub fn result_size(&self) -> u64 {
        self.result
    }

    /// Makes the object.
    pub fn apply(&self, base: &[u8], object: &mut Vec<u8>) -> Result<(), Damaged> {
        object.clear();
        object.reserve(usize::try_from(self.result).map_err(|_| Damaged)?);
        self.walk(base, &mut |piece, _| object.extend_from_slice(piece))
    }

    /// Makes what the object has and its base has not, with `reach` bytes around it: the new bytes
    /// and all seams between what stood elsewhere. Whatever is at most `reach` + 1 bytes long and is
    /// in the object but not in the base is in here.
    ///
    /// The middles of copies are left out, so it may hold by chance what the object does not.
    pub fn novelty(&self, base: &[u8], reach: usize, novelty: &mut Vec<u8>) -> Result<(), Damaged> {
        novelty.clear();
        self.walk(base, &mut |piece, is_copy| {
            if is_copy && piece.len() > 2 * reach {
                novelty.extend_from_slice(&piece[..reach]);
                novelty.extend_from_slice(&piece[piece.len() - reach..]);
            } else {
                novelty.extend_from_slice(piece);
            }
        })
    }

    /// Tells the pieces of the object one after the other, and whether it is a copy. Copies that
    /// go on where the one before ended are one.
    fn walk(&self, base: &[u8], piece: &mut dyn FnMut(&[u8], bool)) -> Result<(), Damaged> {
        if base.len() as u64 != self.base {
            return Err(Damaged);
        }
        let (mut rest, mut made) = (self.instructions, 0);
        let mut copied = 0..0;
        while let Some((instruction, after)) = next(rest)? {
            rest = after;
            let length = match instruction {
                Instruction::Copy { start, length } => {
                    let end = start.checked_add(length).ok_or(Damaged)?;
                    if end > base.len() {
                        return Err(Damaged);
                    }
                    if start == copied.end && !copied.is_empty() {
                        copied.end = end;
                    } else {
                        if !copied.is_empty() {
                            piece(&base[copied], true);
                        }
                        copied = start..end;
                    }
                    length
                }
                Instruction::Insert(new) => {
                    if !copied.is_empty() {
                        piece(&base[std::mem::take(&mut copied)], true);
                    }
                    if (made + new.len()) as u64 <= self.result {
                        piece(new, false);
                    }
                    new.len()
                }
            };
            made += length;
            // Before anything is made: a few bytes can ask for copies without end.
            if made as u64 > self.result {
                return Err(Damaged);
            }
        }
        if !copied.is_empty() {
            piece(&base[copied], true);
        }
        if made as u64 == self.result {
            Ok(())
        } else {
            Err(Damaged)
        }
    }
}

/// A size of seven bits a byte, the lowest first, and what follows it.
fn size(bytes: &[u8]) -> Result<(u64, &[u8]), Damaged> {
    let mut size = 0;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        size |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((size, &bytes[at + 1..]));
        }
    }
    Err(Damaged)
}

/// The next instruction, and what follows it.
fn next(bytes: &[u8]) -> Result<Option<(Instruction<'_>, &[u8])>, Damaged> {
    let Some((code, mut rest)) = bytes.split_first() else {
        return Ok(None);
    };
    if code & 0x80 == 0 {
        // Zero is reserved.
        let length = usize::from(*code);
        let (new, rest) = rest.split_at_checked(length).ok_or(Damaged)?;
        return if length == 0 {
            Err(Damaged)
        } else {
            Ok(Some((Instruction::Insert(new), rest)))
        };
    }
    let (mut start, mut length) = (0, 0);
    for bit in 0..7 {
        if code & (1 << bit) != 0 {
            let (byte, after) = rest.split_first().ok_or(Damaged)?;
            rest = after;
            if bit < 4 {
                start |= usize::from(*byte) << (8 * bit);
            } else {
                length |= usize::from(*byte) << (8 * (bit - 4));
            }
        }
    }
    if length == 0 {
        length = 0x1_0000;
    }
    Ok(Some((Instruction::Copy { start, length }, rest)))
}
