//! `man`: a page of the manual, or the files that all of them were written to.

use std::path::PathBuf;

use serde::Serialize;

use crate::domain::path::shown;
use crate::view::View;
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;

/// A page of the manual.
#[derive(Debug, Serialize)]
pub struct ManualPage<'a> {
    /// The name of its file.
    pub page: &'a str,
    /// What it says, in roff.
    pub text: &'a str,
}

impl View for ManualPage<'_> {
    fn json(&self) -> impl Serialize {
        self
    }

    fn human(&self, _: &Theme) -> Vec<String> {
        self.text.lines().map(str::to_owned).collect()
    }
}

/// The files of the manual, once they are written.
#[derive(Debug, Serialize)]
pub struct ManualFiles {
    files: Vec<String>,
}

impl ManualFiles {
    /// The files at these paths.
    pub fn new(paths: &[PathBuf]) -> Self {
        ManualFiles {
            files: paths.iter().map(|path| shown(path)).collect(),
        }
    }
}

impl View for ManualFiles {
    fn json(&self) -> impl Serialize {
        self
    }

    fn human(&self, _: &Theme) -> Vec<String> {
        self.files
            .iter()
            .map(|file| visible(file).into_owned())
            .collect()
    }
}
