//! A home directory in which blocks are run, with stand-ins for what the tests must not touch; and
//! the program's past in it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rand::TryRng;
use rand::rngs::SysRng;
use tempfile::TempDir;
use zenflow_keys::context::{Context, Streams};
use zenflow_keys::domain::{Entropy, Timestamp};
use zenflow_keys::prompt::Terminal;

use crate::manual::blocks::{Block, lasting};

/// It notes its arguments and its standard input, and fails if there is a file `offline`.
const SERVICE: &str = "#!/bin/sh
echo \"$*\" > \"$HOME/${0##*/}.args\"
cat > \"$HOME/${0##*/}.stdin\"
[ ! -e \"$HOME/offline\" ]
";

/// It makes the user's home directory and nothing else: `useradd --system --create-home zenflow`.
const USERADD: &str = "#!/bin/sh
mkdir -p \"$HOME/zenflow\"
";

/// It does as that user what follows: `-Hu zenflow COMMAND`.
const SUDO: &str = "#!/bin/sh
[ \"$1\" = -Hu ] || exec \"$@\"
HOME=\"$HOME/$2\" SUDO_USER=ana
export HOME SUDO_USER
shift 2
exec \"$@\"
";

/// It runs the program instead of building it: `cargo run -q --locked -- ARGUMENTS`.
const CARGO: &str = "#!/bin/sh
[ \"$1 $2 $3 $4\" = 'run -q --locked --' ] || exit 101
shift 4
exec zenflow-keys \"$@\"
";

pub struct Place {
    home: TempDir,
    variables: BTreeMap<&'static str, String>,
}

/// What came of a block.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    /// Standard output and standard error, as a terminal shows them.
    pub screen: String,
}

impl Place {
    pub fn new() -> Self {
        let place = Place {
            home: tempfile::tempdir().unwrap(),
            variables: BTreeMap::new(),
        };
        for directory in ["bin", "tmp"] {
            fs::create_dir(place.path(directory)).unwrap();
        }
        symlink(
            env!("CARGO_BIN_EXE_zenflow-keys"),
            place.path("bin/zenflow-keys"),
        )
        .unwrap();
        for (name, script) in [
            ("cargo", CARGO),
            ("gh", SERVICE),
            ("glab", SERVICE),
            ("useradd", USERADD),
            ("sudo", SUDO),
        ] {
            let file = place.path("bin").join(name);
            fs::write(&file, script).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// What is in a directory.
    pub fn files(&self, directory: &str) -> Vec<String> {
        let entries = self.path(directory).read_dir().unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn set(&mut self, variable: &'static str, value: impl Into<String>) {
        self.variables.insert(variable, value.into());
    }

    /// Runs the block as a job of CI would: a script that stops at the first failure, without a
    /// terminal.
    #[must_use]
    #[track_caller]
    pub fn run(&self, block: &Block) -> Outcome {
        self.bash(&["-euo", "pipefail"], &block.commands, "")
    }

    /// Runs the block, which must succeed and print what stands below it.
    #[track_caller]
    pub fn ok(&self, block: &Block) -> Outcome {
        let outcome = self.run(block);
        assert_eq!(outcome.status, 0, "{block:#?}\n{}", outcome.screen);
        self.compare(block, &outcome);
        outcome
    }

    /// Runs the block as somebody would type it: a failure stops nothing. A command that fails must
    /// be the one of which the block says so.
    #[track_caller]
    pub fn session(&self, block: &Block) -> Outcome {
        // Variables last from block to block, as they do in a terminal.
        let prelude = "set -o pipefail -o allexport
            [ ! -e \"$HOME/variables\" ] || . \"$HOME/variables\"
            trap 'echo \"$?\" >> \"$HOME/failed\"' ERR
            trap 'export -p > \"$HOME/variables\"' EXIT\n";
        self.write("failed", "");
        let outcome = self.bash(&[], &block.commands, prelude);
        let expected: Vec<&str> = block.exit.as_deref().into_iter().collect();
        assert_eq!(
            self.read("failed").lines().collect::<Vec<_>>(),
            expected,
            "{block:#?}\n{}",
            outcome.screen
        );
        self.compare(block, &outcome);
        outcome
    }

    fn bash(&self, options: &[&str], script: &str, prelude: &str) -> Outcome {
        self.write("tmp/block", script);
        self.write("tmp/prelude", prelude);
        let screen = File::create(self.path("tmp/screen")).unwrap();
        let mut command = Command::new("bash");
        command
            .args(options)
            .arg(self.path("tmp/block"))
            .current_dir(self.home.path())
            .env_clear();
        command
            .env("HOME", self.home.path())
            .env("TMPDIR", self.path("tmp"))
            .env("LANG", "C.UTF-8");
        command.env(
            "PATH",
            format!(
                "{}:{}",
                self.path("bin").display(),
                std::env::var("PATH").unwrap()
            ),
        );
        command
            .env("BASH_ENV", self.path("tmp/prelude"))
            .envs(&self.variables);
        command
            .stdin(Stdio::null())
            .stdout(screen.try_clone().unwrap())
            .stderr(screen);
        let status = command.status().unwrap().code().unwrap();
        let screen = self.read("tmp/screen");
        ["block", "prelude", "screen"]
            .iter()
            .for_each(|name| fs::remove_file(self.path("tmp").join(name)).unwrap());
        Outcome { status, screen }
    }

    fn compare(&self, block: &Block, outcome: &Outcome) {
        let Some(output) = &block.output else { return };
        let ids: Vec<_> = self
            .now(&["list", "--all", "--ids"])
            .lines()
            .map(str::to_owned)
            .collect();
        // An id on a page has a digit in it, so that it is told from a word.
        let documented = lasting(output, |word| {
            word.parse::<zenflow_keys::domain::KeyId>().is_ok() && word.contains(char::is_numeric)
        });
        let found = lasting(&outcome.screen, |word| ids.iter().any(|id| id == word));
        assert_eq!(documented, found, "below '{}'", block.title);
    }

    /// What the program does now; it must succeed.
    pub fn now(&self, args: &[&str]) -> String {
        self.hours_ago(0, args, "")
    }

    /// What the program did some hours ago, with this on its standard input. In process: nothing in
    /// the program sets its clock.
    pub fn hours_ago(&self, hours: i64, args: &[&str], stdin: &str) -> String {
        #[allow(
            clippy::disallowed_methods,
            reason = "the past of a real run begins at the real present"
        )]
        let present = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_secs()
            .cast_signed();
        let instant = Timestamp::from_unix(present - hours * 3_600).unwrap();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let context = Context {
            clock: &|| instant,
            entropy: &mut OperatingSystem,
            variable: &|name| (name == "HOME").then(|| self.home.path().into()),
            user: &|| "tester".into(),
            stdin: &mut stdin.as_bytes(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            streams: Streams::default(),
            prompt: &mut Terminal::default(),
        };
        let status =
            zenflow_keys::run(["zenflow-keys"].iter().chain(args).map(Into::into), context);
        assert_eq!(status, 0, "{args:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap().trim_end().to_owned()
    }
}

struct OperatingSystem;

impl Entropy for OperatingSystem {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        SysRng.try_fill_bytes(bytes).map_err(io::Error::other)
    }
}
