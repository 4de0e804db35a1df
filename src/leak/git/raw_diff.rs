//! What git says changed, in its raw format with NULs (git-diff-index(1), "RAW OUTPUT FORMAT").

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::Git;
use crate::error::Error;

/// The mode of a submodule, which is no blob.
const SUBMODULE: &str = "160000";

/// A file that a commit, or the index, has in another version than each of its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its blob in each parent, if it is there.
    pub before: Vec<Option<String>>,
    /// Its blob now, if it is still there.
    pub after: Option<String>,
    /// Its path in the repository.
    pub path: Arc<Path>,
    /// Whether the index has several versions of it, because of a conflict.
    pub is_in_conflict: bool,
}

impl Git {
    /// What the index has in another version than HEAD, or all of it before the first commit.
    ///
    /// # Errors
    /// If git fails, or says what cannot be understood.
    pub fn staged(&self) -> Result<Vec<ChangedFile>, Error> {
        let head = self.commit(OsStr::new("HEAD"))?;
        let head = match head {
            Some(head) => head,
            None => self.empty_tree()?,
        };
        let diff = self.output(&[
            "diff-index",
            "--cached",
            "--raw",
            "-z",
            "--no-abbrev",
            "--find-renames",
            "-O/dev/null",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=all",
            "--end-of-options",
            &head,
        ])?;
        let mut fields = Fields(&diff);
        let mut changed = Vec::new();
        while let Some(header) = fields.next() {
            let paths = (0..paths_behind(header)).filter_map(|_| fields.next());
            changed.push(file(header, paths.last())?);
        }
        Ok(changed)
    }

    fn empty_tree(&self) -> Result<String, Error> {
        let id = self.output(&["hash-object", "-t", "tree", "--stdin"])?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }
}

/// Texts that each end in NUL.
pub(super) struct Fields<'o>(pub &'o [u8]);

impl<'o> Iterator for Fields<'o> {
    type Item = &'o [u8];

    fn next(&mut self) -> Option<&'o [u8]> {
        let end = memchr::memchr(0, self.0)?;
        let (field, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        Some(field)
    }
}

/// How many paths follow a header: of a renamed file the old one comes first.
pub(super) fn paths_behind(header: &[u8]) -> usize {
    let status = memchr::memrchr(b' ', header).and_then(|space| header.get(space + 1));
    let is_combined = header.starts_with(b"::");
    if !is_combined && matches!(status, Some(b'R' | b'C')) {
        2
    } else {
        1
    }
}

/// One file: `:mode mode id id status`, with one more colon, mode and id for each further parent;
/// and its path.
pub(super) fn file(header: &[u8], path: Option<&[u8]>) -> Result<ChangedFile, Error> {
    parse(header, path).ok_or_else(not_understood)
}

/// An answer of git's that its documentation does not have.
pub(super) fn not_understood() -> Error {
    Error::unexpected("git's answer cannot be understood")
}

fn parse(header: &[u8], path: Option<&[u8]>) -> Option<ChangedFile> {
    let header = std::str::from_utf8(header).ok()?;
    let fields = header.trim_start_matches(':');
    let parents = header.len() - fields.len();
    let fields: Vec<&str> = fields.split(' ').collect();
    if parents == 0 || fields.len() != 2 * parents + 3 {
        return None;
    }
    let (modes, ids) = fields.split_at(parents + 1);
    let (status, ids) = ids.split_last()?;
    let blob = |mode: &str, id: &str| {
        let is_there = id.bytes().any(|byte| byte != b'0');
        (is_there && mode != SUBMODULE).then(|| id.to_owned())
    };
    let mut blobs: Vec<Option<String>> = modes
        .iter()
        .zip(ids)
        .map(|(mode, id)| blob(mode, id))
        .collect();
    Some(ChangedFile {
        after: blobs.pop()?,
        before: blobs,
        path: Path::new(OsStr::from_bytes(path?)).into(),
        is_in_conflict: *status == "U",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_read_and_nothing_else() {
        let read = |header: &str| parse(header.as_bytes(), Some(b"a/b"));
        let zero = "0".repeat(40);
        let (one, two, three) = ("1".repeat(40), "2".repeat(40), "3".repeat(40));
        let file = read(&format!(":100644 100644 {one} {two} M")).unwrap();
        assert_eq!(
            (file.before, file.after),
            (vec![Some(one.clone())], Some(two.clone()))
        );
        assert_eq!(&*file.path, Path::new("a/b"));
        let file = read(&format!(":000000 100644 {zero} {two} A")).unwrap();
        assert_eq!((file.before, file.after), (vec![None], Some(two.clone())));
        let file = read(&format!("::100644 000000 100644 {one} {zero} {three} MA")).unwrap();
        assert_eq!(
            (file.before, file.after),
            (vec![Some(one.clone()), None], Some(three))
        );
        let file = read(&format!(":160000 160000 {one} {two} M")).unwrap();
        assert_eq!((file.before, file.after), (vec![None], None));
        let file = read(&format!(":100644 000000 {one} {zero} U")).unwrap();
        assert!(file.is_in_conflict && file.after.is_none());
        for wrong in ["", "x", ":100644 100644 1 M", "100644 100644 1 2 M"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(parse(b":100644 100644 1 2 M", None), None);
    }

    #[test]
    fn a_renamed_file_has_two_paths_except_in_a_merge() {
        assert_eq!(paths_behind(b":100644 100644 1 2 M"), 1);
        assert_eq!(paths_behind(b":100644 100644 1 2 R086"), 2);
        assert_eq!(paths_behind(b"::100644 100644 100644 1 2 3 MR"), 1);
    }
}
