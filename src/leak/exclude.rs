//! Paths that are left out, as gitignore patterns name them.

use std::path::{Component, Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Which paths are left out.
#[derive(Debug)]
pub struct Exclude(Gitignore);

impl Exclude {
    /// What any of these patterns matches, later ones having the last word. A pattern with a slash
    /// begins where the paths do: in the current directory, at the root, or at the top of a
    /// repository.
    ///
    /// # Errors
    /// If one of them is no pattern.
    pub fn new(patterns: &[String]) -> Result<Self, ignore::Error> {
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        for pattern in patterns {
            builder.add_line(None, pattern)?;
        }
        Ok(Exclude(builder.build()?))
    }

    /// Whether a path is left out, or a directory that it is in.
    pub fn leaves_out(&self, path: &Path, is_directory: bool) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let path = without_dots(path);
        let path = path.strip_prefix("/").unwrap_or(&path);
        self.0
            .matched_path_or_any_parents(path, is_directory)
            .is_ignore()
    }
}

/// The path without `.`: as it was typed, and no two spellings of one file.
pub fn without_dots(path: &Path) -> PathBuf {
    path.components()
        .filter(|component| *component != Component::CurDir)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_git() {
        let exclude = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|one| (*one).to_owned()).collect();
            Exclude::new(&patterns).unwrap()
        };
        let logs = exclude(&["*.log", "!keep.log", "/target/", "a/b", "tmp/**/x"]);
        for (path, is_left_out) in [
            ("x.log", true),
            ("deep/in/x.log", true),
            ("keep.log", false),
            ("target/x", true),
            ("sub/target/x", false),
            ("a/b", true),
            ("a/b/c", true),
            ("x/a/b", false),
            ("tmp/1/2/x", true),
            ("/srv/x.log", true),
            ("/target/x", true),
            ("../x.log", true),
            ("./a/./b", true),
            ("x.txt", false),
        ] {
            assert_eq!(
                logs.leaves_out(Path::new(path), false),
                is_left_out,
                "{path}"
            );
        }
        assert!(!exclude(&[]).leaves_out(Path::new("x"), false));
        assert!(Exclude::new(&["a[".to_owned()]).is_err());
    }

    #[test]
    fn a_path_is_told_without_dots() {
        for (typed, told) in [
            (".", ""),
            ("./a", "a"),
            ("a/./b", "a/b"),
            ("../a", "../a"),
            ("/a/./b/", "/a/b"),
        ] {
            assert_eq!(without_dots(Path::new(typed)), Path::new(told), "{typed}");
        }
    }
}
