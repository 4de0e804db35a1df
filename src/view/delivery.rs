//! A new key on its way to somebody. The store is locked meanwhile, so that an output that takes
//! nothing must not be waited for: a terminal that was stopped with Ctrl-S would stop every check.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::domain::ApiKey;
use crate::error::{Code, Error};
use crate::view::json::{self, Document};
use crate::view::{Format, Output, View};

/// How much is written at once: what POSIX promises to fit into an output that takes anything
/// (the least `PIPE_BUF`).
const PIECE: usize = 512;
/// How often the output is waited for, for all pieces together,
const WAITS: u32 = 40;
/// and how long each time: two seconds.
const WAIT: Duration = Duration::from_millis(50);

impl Output<'_> {
    /// Hands a new key over and makes sure that it has arrived: alone on its line, or in the
    /// document of `view`, which holds it.
    pub fn deliver(&mut self, key: &ApiKey, view: &impl View) -> Result<(), Error> {
        let text = match self.options.format {
            Format::Human => Ok(Zeroizing::new([key.expose(), "\n"].concat().into_bytes())),
            _ => document(&Document::new(view.json())),
        };
        text.and_then(|text| self.write_in_time(&text))
            .map_err(|e| {
                Error::new(
                    Code::DeliveryFailed,
                    "the key could not be printed, so it was not created",
                )
                .because(e)
                .hint("let something read standard output, or use --out FILE")
            })
    }

    fn write_in_time(&mut self, text: &[u8]) -> io::Result<()> {
        let mut waits = WAITS;
        for piece in text.chunks(PIECE) {
            if let Some(takes_more) = self.options.stdout_takes_more {
                while !takes_more(WAIT)? {
                    waits -= 1;
                    if waits == 0 {
                        return Err(ErrorKind::TimedOut.into());
                    }
                }
            }
            self.stdout.write_all(piece)?;
            self.stdout.flush()?;
        }
        Ok(())
    }
}

/// A document as a line of JSON. Its length is found first: a buffer that grows would leave copies
/// of the key behind.
fn document(document: &impl Serialize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut length = Length(0);
    json::write(&mut length, document)?;
    let mut text = Zeroizing::new(Vec::with_capacity(length.0 + 1));
    json::write(&mut *text, document)?;
    text.push(b'\n');
    Ok(text)
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
