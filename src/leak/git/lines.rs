//! What git prints, piece by piece, however much it is.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::ops::ControlFlow;

use super::{Git, no_git};
use crate::error::Error;

/// No path is longer, in bytes; a name in a tree may be of any length.
const LONGEST_FIELD: u64 = 1 << 20;

impl Git {
    /// Hands over each line that git prints, without its end, until `each` has enough. `input` is
    /// what git reads before it prints anything.
    ///
    /// # Errors
    /// If git fails, or what `each` fails with.
    pub(super) fn each_line(
        &self,
        arguments: &[&str],
        input: &str,
        mut each: impl FnMut(&[u8]) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let mut child = self.start(arguments)?;
        if let Some(mut stdin) = child.stdin.take() {
            // If git does not read it, its exit status says why.
            let _ = stdin.write_all(input.as_bytes());
        }
        let mut told = Ok(ControlFlow::Continue(()));
        if let Some(stdout) = child.stdout.take() {
            let (mut stdout, mut line) = (BufReader::new(stdout), Vec::new());
            while let Ok(ControlFlow::Continue(())) = told {
                line.clear();
                told = match stdout.read_until(b'\n', &mut line) {
                    Ok(0) => break,
                    Ok(_) => each(line.strip_suffix(b"\n").unwrap_or(&line)),
                    Err(e) => Err(Error::io("read git's answer", e)),
                };
            }
        }
        let is_at_end = matches!(told, Ok(ControlFlow::Continue(())));
        if !is_at_end {
            let _ = child.kill();
        }
        let status = child.wait().map_err(no_git)?;
        let _ = told?;
        if is_at_end && !status.success() {
            return Err(Error::io("ask git", std::io::Error::other("it failed")));
        }
        Ok(())
    }
}

/// Reads the next text that ends in NUL; `false` at the end, which is behind such a NUL.
pub(super) fn read_field(answers: &mut impl BufRead, field: &mut Vec<u8>) -> io::Result<bool> {
    field.clear();
    let read = answers.take(LONGEST_FIELD).read_until(0, field)?;
    match field.pop() {
        None => Ok(false),
        Some(0) => Ok(true),
        Some(_) if read as u64 == LONGEST_FIELD => Err(ErrorKind::InvalidData.into()),
        Some(_) => Err(ErrorKind::UnexpectedEof.into()),
    }
}
