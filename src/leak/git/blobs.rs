//! Blobs, streamed out of one git.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

use super::{Git, memory, no_git};
use crate::error::Error;
use crate::leak::Finder;
use crate::leak::content::{self, Rereadable, Searched};

/// So many bytes are read at once.
const BUFFER: usize = 64 * 1024;
/// The name, kind and size of an object are shorter.
const LONGEST_ANSWER: u64 = 256;

/// A git that hands out blobs.
pub struct Blobs {
    git: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// So many bytes are left of the answer to the last question.
    unread: u64,
}

impl Blobs {
    /// Starts it.
    ///
    /// # Errors
    /// If there is no git.
    pub fn of(git: &Git) -> Result<Self, Error> {
        let mut child = git.start(&["cat-file", "--batch"])?;
        memory::bound(&child, memory::OF_BLOBS);
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let answers = answers.ok_or_else(|| no_git(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Blobs {
            git: child,
            questions,
            answers: BufReader::with_capacity(BUFFER, answers),
            unread: 0,
        })
    }

    /// Searches a blob, which is looked into if it is compressed; `path` is a name it has.
    pub fn search(&mut self, finder: &mut Finder<'_>, id: &str, path: &Path) -> Searched {
        let mut blob = Blob {
            blobs: self,
            id,
            left: 0,
        };
        match blob.reread() {
            Ok(()) => content::search(finder, &mut blob, path),
            Err(failure) => content::failed(failure),
        }
    }

    /// Asks for a blob; its size.
    fn ask(&mut self, id: &str) -> io::Result<u64> {
        io::copy(&mut (&mut self.answers).take(self.unread), &mut io::sink())?;
        self.unread = 0;
        let questions = self.questions.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        writeln!(questions, "{id}")?;
        questions.flush()?;
        let mut answer = String::new();
        (&mut self.answers)
            .take(LONGEST_ANSWER)
            .read_line(&mut answer)?;
        let mut words = answer.split_ascii_whitespace().skip(1);
        match (words.next(), words.next().map(str::parse)) {
            (Some(_), Some(Ok(size))) => {
                // A line end follows.
                self.unread = size + 1;
                Ok(size)
            }
            _ => Err(io::Error::other("the repository does not have this object")),
        }
    }
}

/// One blob, as a stream.
struct Blob<'b> {
    blobs: &'b mut Blobs,
    id: &'b str,
    left: u64,
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.blobs.answers).take(self.left).read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        self.blobs.unread -= read as u64;
        Ok(read)
    }
}

impl Rereadable for Blob<'_> {
    fn reread(&mut self) -> io::Result<()> {
        self.left = self.blobs.ask(self.id)?;
        Ok(())
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // It ends when nothing more can be asked.
        drop(self.questions.take());
        let _ = self.git.kill();
        let _ = self.git.wait();
    }
}
