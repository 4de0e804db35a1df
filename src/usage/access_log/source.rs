//! Where a log comes from: a file or a stream, compressed or not.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

/// What a gzip file begins with (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// So many bytes are read at once.
const BUFFER: usize = 128 * 1024;

/// The uncompressed bytes of a log.
pub struct Source<'a> {
    /// The file, if it can be read from its beginning once more.
    file: Option<File>,
    /// How many bytes of the file were read, compressed or not, and how many it has.
    read: Rc<Cell<u64>>,
    size: u64,
    bytes: Box<dyn Read + 'a>,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("file", &self.file)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl<'a> Source<'a> {
    /// A file, or whatever has a path.
    pub fn open(path: &Path) -> io::Result<Source<'static>> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            return Source::stream(file);
        }
        let mut source = Source {
            file: Some(file),
            read: Rc::default(),
            size: metadata.len(),
            bytes: Box::new(io::empty()),
        };
        source.rewind()?;
        Ok(source)
    }

    /// A source that is read once, such as standard input.
    pub fn stream(stream: impl Read + 'a) -> io::Result<Self> {
        Ok(Source {
            file: None,
            read: Rc::default(),
            size: 0,
            bytes: uncompressed(stream)?,
        })
    }

    /// Whether it can be read from its beginning once more.
    pub fn can_rewind(&self) -> bool {
        self.file.is_some()
    }

    /// Begins again; a stream, which cannot, goes on.
    pub fn rewind(&mut self) -> io::Result<()> {
        if let Some(file) = &self.file {
            let mut file = file.try_clone()?;
            file.rewind()?;
            self.read.set(0);
            self.bytes = uncompressed(Tracked {
                file,
                read: Rc::clone(&self.read),
            })?;
        }
        Ok(())
    }

    /// How many bytes the file has; 0 if that is not known.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How much of the file was read, in percent; `None` if its size is not known.
    pub fn percent(&self) -> Option<u64> {
        (self.size > 0).then(|| (self.read.get().saturating_mul(100) / self.size).min(100))
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer)
    }
}

struct Tracked {
    file: File,
    read: Rc<Cell<u64>>,
}

impl Read for Tracked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// What a stream holds after the NULs at its beginning: a writer that does not append goes on at
/// its old place after `copytruncate` has emptied its log, and the file system fills the gap.
struct WithoutLeadingNuls<R> {
    stream: R,
    has_begun: bool,
}

impl<R> WithoutLeadingNuls<R> {
    fn new(stream: R) -> Self {
        WithoutLeadingNuls {
            stream,
            has_begun: false,
        }
    }
}

impl<R: Read> Read for WithoutLeadingNuls<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.stream.read(buffer)?;
            if self.has_begun || read == 0 {
                return Ok(read);
            }
            if let Some(first) = buffer[..read].iter().position(|byte| *byte != 0) {
                self.has_begun = true;
                buffer.copy_within(first..read, 0);
                return Ok(read - first);
            }
        }
    }
}

/// The bytes of a stream without NULs at their beginning, uncompressed if they begin like a gzip
/// file. One that was made by joining several is read to its end.
fn uncompressed<'a>(stream: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    // The gap can be as long as the log was, and is read two bytes at a time.
    let mut stream = WithoutLeadingNuls::new(BufReader::with_capacity(BUFFER, stream));
    let mut magic = Vec::with_capacity(GZIP.len());
    (&mut stream)
        .take(GZIP.len() as u64)
        .read_to_end(&mut magic)?;
    let is_compressed = magic == GZIP;
    let whole = Cursor::new(magic).chain(stream);
    Ok(if is_compressed {
        Box::new(WithoutLeadingNuls::new(MultiGzDecoder::new(
            BufReader::with_capacity(BUFFER, whole),
        )))
    } else {
        Box::new(whole)
    })
}
