//! A home directory with a store in it, and shells that know the program and nothing else of this
//! machine's settings.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::terminal::Terminal;

pub struct Bench {
    home: TempDir,
}

impl Bench {
    /// A store with these keys.
    pub fn with_keys(names: &[&str]) -> Self {
        let bench = Bench {
            home: tempfile::tempdir().unwrap(),
        };
        let bin = bench.path("bin");
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_zenflow-keys"), bin.join("zenflow-keys")).unwrap();
        for name in names {
            bench.ok(&["create", name, "--preset", "erp-sync"]);
        }
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path(".local/share/zenflow-keys/keys.db")
    }

    pub fn ok(&self, args: &[&str]) -> String {
        let output = self
            .command(&self.path("bin/zenflow-keys").to_string_lossy(), args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Puts the completion script where a package would, below the home directory.
    pub fn install(&self, script: &str, place: &str) {
        let place = self.path(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("completions")
                .join(script),
            place,
        )
        .unwrap();
    }

    pub fn shell(&self, program: &str, args: &[&str]) -> Terminal {
        Terminal::run(100, &self.command(program, args))
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        let path = format!(
            "{}:/usr/local/bin:/usr/bin:/bin",
            self.path("bin").display()
        );
        command.args(args).current_dir(self.home.path()).env_clear();
        command
            .env("HOME", self.home.path())
            .env("PATH", path)
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8")
            .env("PS1", "- ");
        command
    }
}
