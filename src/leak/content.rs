//! One content: plain, or compressed with gzip and then looked into.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::finder::{Finder, Found};
use crate::domain::Digest;

/// What a gzip file begins with (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// So many compressed bytes are read at once.
const BUFFER: usize = 32 * 1024;

/// What a content holds, and why no more of it could be read.
#[derive(Debug)]
pub struct Searched {
    /// What was found, to the end or until it could not be read any further.
    pub found: Found,
    /// Why it was not read to its end.
    pub failure: Option<io::Error>,
}

/// A stream that can be read from its beginning once more.
pub trait Rereadable: Read {
    /// Goes back to the beginning.
    fn reread(&mut self) -> io::Result<()>;
}

impl Rereadable for File {
    fn reread(&mut self) -> io::Result<()> {
        self.rewind()
    }
}

/// Searches a file or a blob from its beginning. What begins like a gzip file is looked into; if it
/// is none after all, it is searched as it is. `path` is its name.
pub fn search(finder: &mut Finder<'_>, source: &mut impl Rereadable, path: &Path) -> Searched {
    // Most files are small: each reading of one shows.
    let is_gzip = match finder.begin(source, GZIP.len()) {
        Ok(beginning) => beginning.starts_with(&GZIP),
        Err(failure) => {
            finder.finish();
            return failed(failure);
        }
    };
    let as_it_is = plain(finder, source);
    if !is_gzip {
        return as_it_is;
    }
    match source.reread() {
        Ok(()) => {
            let inside = compressed(finder, source);
            if inside.failure.is_none() {
                inside
            } else {
                both(inside, as_it_is, path)
            }
        }
        Err(failure) => failed(failure),
    }
}

/// The same for a content in memory.
pub fn search_bytes(finder: &mut Finder<'_>, bytes: &[u8], path: &Path) -> Searched {
    if !bytes.starts_with(&GZIP) {
        return Searched {
            found: finder.search(bytes),
            failure: None,
        };
    }
    let searched = compressed(finder, bytes);
    if searched.failure.is_none() {
        return searched;
    }
    let as_it_is = Searched {
        found: finder.search(bytes),
        failure: None,
    };
    both(searched, as_it_is, path)
}

/// The same for a stream that cannot be read twice.
pub fn search_stream(finder: &mut Finder<'_>, stream: &mut dyn Read) -> Searched {
    let mut beginning = [0; GZIP.len()];
    match read_full(stream, &mut beginning) {
        Ok(read) if beginning[..read] == GZIP => compressed(finder, beginning.chain(stream)),
        Ok(read) => plain(finder, &mut beginning[..read].chain(stream)),
        Err(failure) => failed(failure),
    }
}

fn plain(finder: &mut Finder<'_>, stream: &mut impl Read) -> Searched {
    let failure = finder.read(stream).err();
    Searched {
        found: finder.finish(),
        failure,
    }
}

fn compressed(finder: &mut Finder<'_>, stream: impl Read) -> Searched {
    let stream = BufReader::with_capacity(BUFFER, stream);
    plain(finder, &mut MultiGzDecoder::new(stream))
}

/// Nothing could be read.
pub(super) fn failed(failure: io::Error) -> Searched {
    Searched {
        found: Found::default(),
        failure: Some(failure),
    }
}

/// What is found in a damaged gzip file: in what it holds, as far as that can be read, and in its
/// own bytes. Of a file that has another name only the bytes count: it only begins like one.
fn both(inside: Searched, as_it_is: Searched, path: &Path) -> Searched {
    let is_gzip = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    if !is_gzip && inside.found.bytes == 0 {
        return as_it_is;
    }
    let Searched { mut found, .. } = inside;
    let Found {
        occurrences,
        look_alikes,
        allowed_lines,
        bytes: _,
    } = as_it_is.found;
    // What is not compressed inside is found in the bytes as well.
    let inside_found: HashSet<Digest> = found.occurrences.iter().map(|one| one.digest).collect();
    let others = occurrences
        .into_iter()
        .filter(|one| !inside_found.contains(&one.digest));
    found.occurrences.extend(others);
    found.look_alikes += look_alikes;
    found.allowed_lines += allowed_lines;
    Searched {
        found,
        failure: inside.failure,
    }
}

/// Reads until the buffer is full or nothing more comes.
fn read_full(stream: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match stream.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::leak::KnownKeys;

    fn key() -> String {
        whole("zenflow_live_k3m9x2q7ve_0123456789ABCDEFGHIJKLMNOPQRSTUV")
    }

    fn whole(body: &str) -> String {
        let sum = crate::domain::api_key::checksum(body);
        body.to_owned() + std::str::from_utf8(&sum).unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The numbers of the lines with keys, and whether all was read; the same for every way in.
    fn lines(bytes: &[u8], name: &str) -> (Vec<u64>, bool) {
        let known = KnownKeys::default();
        let mut finder = Finder::new(&known);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        let [of_file, of_bytes] = [
            search(&mut finder, &mut file, Path::new(name)),
            search_bytes(&mut finder, bytes, Path::new(name)),
        ]
        .map(|searched| {
            let lines = searched.found.occurrences.iter().map(|found| found.line);
            (lines.collect(), searched.failure.is_none())
        });
        assert_eq!(of_file, of_bytes);
        of_file
    }

    #[test]
    fn gzip_is_looked_into_whatever_its_name_also_when_joined_from_several() {
        let one = gzip(format!("a\n{}\n", key()).as_bytes());
        assert_eq!(lines(&one, "x.gz"), (vec![2], true));
        assert_eq!(lines(&one, "x.tgz"), (vec![2], true));
        let several = [&one[..], &one].concat();
        assert_eq!(lines(&several, "x.gz"), (vec![2, 4], true));
    }

    #[test]
    fn a_damaged_gzip_file_is_searched_as_far_as_it_goes_and_as_it_is() {
        let mut text = format!("{}\n", key()).into_bytes();
        for number in 0..200_000_u32 {
            text.extend((number.wrapping_mul(2_654_435_761)).to_be_bytes());
        }
        let mut damaged = gzip(&text);
        damaged.truncate(damaged.len() - 100);
        assert_eq!(lines(&damaged, "x.gz"), (vec![1], false));
        let other = whole("zenflow_test_k3m9x2q7ve_0123456789ABCDEFGHIJKLMNOPQRSTUV");
        damaged.extend(format!("\n{other}").bytes());
        assert_eq!(lines(&damaged, "x.gz").0.len(), 2);
        let no_gzip = [&GZIP[..], key().as_bytes()].concat();
        assert_eq!(lines(&no_gzip, "x.GZ"), (vec![1], false));
        assert_eq!(lines(&no_gzip, "x"), (vec![1], true));
    }

    #[test]
    fn a_stream_is_looked_into_as_well() {
        let known = KnownKeys::default();
        let mut finder = Finder::new(&known);
        for bytes in [key().into_bytes(), gzip(key().as_bytes())] {
            let searched = search_stream(&mut finder, &mut &bytes[..]);
            assert_eq!(searched.found.occurrences.len(), 1);
            assert!(searched.failure.is_none());
        }
        let half = &gzip(key().as_bytes())[..20];
        assert!(search_stream(&mut finder, &mut &half[..]).failure.is_some());
    }
}
