//! A repository, and both ways to search it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use zenflow_keys::domain::api_key::checksum;
use zenflow_keys::internals::history::{limits::Limits, search_history};
use zenflow_keys::internals::{Exclude, Finder, Git, KnownKeys, Progress, Survey};

/// A place of a key: its blob, its line, its column, and the id inside the key.
pub type KeyPlace = (String, u64, u64, String);

/// Limits that each make the search take another way.
pub const TIGHT: Limits = Limits {
    entries: 7,
    object: 1 << 20,
    kept: 0,
};

/// A key of this number.
pub fn key(number: u64) -> String {
    let scrambled = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let body = format!("zenflow_live_k{number:09}_{scrambled:020}{number:012}");
    let sum = checksum(&body);
    body + std::str::from_utf8(&sum).unwrap()
}

/// The same text in UTF-16, in either order.
pub fn wide(text: &str, is_little: bool) -> Vec<u8> {
    let bytes = |unit: u16| match is_little {
        true => unit.to_le_bytes(),
        false => unit.to_be_bytes(),
    };
    text.encode_utf16().flat_map(bytes).collect()
}

/// A repository that goes away with the test.
pub struct Repository {
    pub directory: PathBuf,
    home: TempDir,
    commits: u32,
}

impl Repository {
    pub fn new(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("repository");
        fs::create_dir(&directory).unwrap();
        let repository = Repository {
            directory,
            home,
            commits: 0,
        };
        repository.git(
            ["init", "--quiet", "--initial-branch=main"]
                .iter()
                .chain(arguments),
        );
        repository
    }

    /// A repository beside this one, from what git makes there.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self) -> Command {
        let mut git = Command::new("git");
        git.current_dir(&self.directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(["-c", "gc.auto=0", "-c", "protocol.file.allow=always"]);
        for who in ["AUTHOR", "COMMITTER"] {
            // One second a commit, so that their order is known.
            let date = format!("{} +0000", 1_700_000_000 + u64::from(self.commits));
            git.env(format!("GIT_{who}_DATE"), date);
        }
        git
    }

    /// Runs git; what it prints.
    #[track_caller]
    pub fn git<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        self.git_with(arguments, b"")
    }

    #[track_caller]
    pub fn git_with<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> String {
        let output = self.try_git(arguments, input);
        assert!(output.0, "{}", String::from_utf8_lossy(&output.2));
        String::from_utf8_lossy(&output.1).trim_end().to_owned()
    }

    fn try_git<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> (bool, Vec<u8>, Vec<u8>) {
        let mut git = self.command();
        git.args(arguments).stdin(Stdio::piped());
        git.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = git.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        (output.status.success(), output.stdout, output.stderr)
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Commits everything; the commit's name.
    pub fn commit(&mut self, message: &str) -> String {
        self.commits += 1;
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(["rev-parse", "HEAD"])
    }

    /// Writes a file and commits it; the commit's name.
    pub fn commit_file(&mut self, path: &str, content: impl AsRef<[u8]>) -> String {
        self.write(path, content);
        self.commit("a change")
    }

    pub fn blob(&self, revision: &str) -> String {
        self.git(["rev-parse", "--verify", revision])
    }

    /// What the program finds.
    pub fn search(&self) -> Survey {
        search(&self.directory)
    }

    /// All blobs, as git hands them out.
    pub fn blobs(&self) -> Vec<(String, Vec<u8>)> {
        let (_, objects, _) = self.try_git(["cat-file", "--batch-all-objects", "--batch"], b"");
        let (mut rest, mut blobs) = (&objects[..], Vec::new());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let header = std::str::from_utf8(&rest[..end]).unwrap();
            let [id, kind, size] = header.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{header}");
            };
            let (object, after) = rest[end + 1..].split_at(size.parse().unwrap());
            if kind == "blob" {
                blobs.push((id.to_owned(), object.to_vec()));
            }
            rest = &after[1..];
        }
        blobs
    }

    /// The packs, by the paths of their indexes.
    pub fn packs(&self) -> Vec<PathBuf> {
        let directory = self.git([
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ]);
        let files = fs::read_dir(Path::new(&directory).join("pack")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "idx"));
        files
    }

    /// Holds the search, within any limits, against a plain one. Returns how many places there are.
    #[track_caller]
    pub fn is_searched_as_a_whole(&self) -> usize {
        let (known, mut expected, mut bytes) = (KnownKeys::default(), BTreeSet::new(), 0);
        let (mut look_alikes, mut allowed_lines) = (0, 0);
        let blobs = self.blobs();
        for (id, blob) in &blobs {
            let found = Finder::new(&known).search(blob);
            bytes += found.bytes;
            look_alikes += found.look_alikes;
            allowed_lines += found.allowed_lines;
            expected.extend(found.occurrences.iter().map(|one| {
                let key_id = one.id.unwrap().to_string();
                (id.clone(), one.line, one.column, key_id)
            }));
        }
        for limits in [Limits::default(), TIGHT] {
            let survey = search_limited(&self.directory, &limits);
            assert_eq!(places(&survey), expected);
            assert_eq!(survey.places.len(), expected.len());
            assert_eq!(
                (
                    survey.counts.blobs,
                    survey.counts.bytes,
                    survey.counts.look_alikes,
                    survey.counts.allowed_lines
                ),
                (blobs.len() as u64, bytes, look_alikes, allowed_lines)
            );
            assert!(survey.unreadable.is_empty(), "{:?}", survey.unreadable);
        }
        expected.len()
    }
}

/// What the program finds in a repository.
pub fn search(directory: &Path) -> Survey {
    search_limited(directory, &Limits::default())
}

pub fn search_limited(directory: &Path, limits: &Limits) -> Survey {
    let git = Git::around(directory, None).unwrap();
    let (exclude, known) = (Exclude::new(&[]).unwrap(), KnownKeys::default());
    search_history(limits, &git, &exclude, &known, &Progress::default()).unwrap()
}

/// The places that were found.
pub fn places(survey: &Survey) -> BTreeSet<KeyPlace> {
    let places = survey.places.iter();
    places
        .map(|place| {
            let blob = place.version.as_ref().unwrap().blob.clone();
            (
                blob,
                place.line,
                place.column,
                place.id.unwrap().to_string(),
            )
        })
        .collect()
}
