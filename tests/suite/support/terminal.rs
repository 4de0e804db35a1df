//! A terminal of this test's own: a shell runs in it, keys are typed, and the screen is read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Much longer than any shell takes to show something.
const TOO_LONG: Duration = Duration::from_secs(60);

pub struct Terminal {
    keyboard: File,
    shown: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    shell: Child,
}

impl Terminal {
    /// Runs a program at a terminal of so many columns.
    pub fn run(columns: u16, command: &Command) -> Self {
        let rows = NonZero::new(40).unwrap();
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        tcsetwinsize(
            &keyboard,
            Winsize {
                ws_row: rows.get(),
                ws_col: columns,
                ws_xpixel: 0,
                ws_ypixel: 0,
            },
        )
        .unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let line = OpenOptions::new()
            .read(true)
            .write(true)
            .open(Path::new(name.to_str().unwrap()))
            .unwrap();
        // The shell must lead a session whose terminal this is, to control jobs and to be
        // interrupted.
        let mut session = Command::new("setsid");
        session
            .arg("--ctty")
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(directory) = command.get_current_dir() {
            session.current_dir(directory);
        }
        session.env_clear().envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        session
            .stdin(line.try_clone().unwrap())
            .stdout(line.try_clone().unwrap())
            .stderr(line);
        let shell = session.spawn().unwrap();
        drop(session);
        let keyboard = File::from(keyboard);
        let mut output = keyboard.try_clone().unwrap();
        let (sender, shown) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal {
            keyboard,
            shown,
            screen: vt100::Parser::new(rows, NonZero::new(columns).unwrap(), 0),
            shell,
        }
    }

    pub fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Types these keys, as often as it takes, until the screen is like this. What is typed while a
    /// program sets the terminal up for a secret is thrown away by the kernel: a person types again.
    #[track_caller]
    pub fn types_until(&mut self, keys: &str, is_there: impl Fn(&str) -> bool) -> String {
        for _ in 0..TOO_LONG.as_secs() {
            self.types(keys);
            loop {
                let screen = self.screen.screen().contents();
                if is_there(&screen) {
                    return screen;
                }
                match self.shown.recv_timeout(Duration::from_secs(1)) {
                    Ok(bytes) => self.screen.process(&bytes),
                    Err(_) => break,
                }
            }
        }
        panic!(
            "typed {keys:?}\nthe screen:\n{}",
            self.screen.screen().contents()
        );
    }

    /// The screen, once it shows this.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> String {
        self.shows_what(text, |screen| screen.contains(text))
    }

    /// The screen, once it is like this.
    #[track_caller]
    pub fn shows_what(&mut self, wanted: &str, is_there: impl Fn(&str) -> bool) -> String {
        loop {
            let screen = self.screen.screen().contents();
            if is_there(&screen) {
                return screen;
            }
            match self.shown.recv_timeout(TOO_LONG) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(_) => panic!("wanted: {wanted}\nthe screen:\n{screen}"),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
