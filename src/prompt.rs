//! Questions to a person at a terminal, by dialoguer. After Ctrl-C the terminal is as it was, and
//! nothing was changed.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password, Select};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use zeroize::Zeroizing;

use crate::context::Prompt;
use crate::error::Code;
use crate::view::text::wrap::wrap_hanging;

/// A terminal on standard error, read through standard input.
#[derive(Debug, Default)]
pub struct Terminal {
    farewell: Vec<u8>,
    guard: Option<Guard>,
}

/// The thread that waits for Ctrl-C, and whether somebody is being asked.
#[derive(Debug)]
struct Guard {
    thread: JoinHandle<()>,
    asks: Arc<AtomicBool>,
}

impl Terminal {
    /// From the first question to the last, an interruption restores the terminal, says farewell
    /// and ends the program with the exit status for it. A question hides the cursor or the echo,
    /// and dying at once would leave them hidden. Afterwards an interruption ends the program as it
    /// does without a question.
    fn guard(&mut self) -> io::Result<Term> {
        if let Some(guard) = &self.guard {
            guard.asks.store(true, Ordering::SeqCst);
            return Ok(Term::stderr());
        }
        let asks = Arc::new(AtomicBool::new(true));
        let before = tcgetattr(io::stdin())?;
        let mut signals = Signals::new([SIGINT])?;
        let (farewell, asked) = (self.farewell.clone(), Arc::clone(&asks));
        let thread = std::thread::spawn(move || {
            for signal in signals.forever() {
                if asked.load(Ordering::SeqCst) {
                    restore(&before, &farewell);
                    signal_hook::low_level::exit(i32::from(Code::Interrupted.exit()));
                }
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
        self.guard = Some(Guard { thread, asks });
        Ok(Term::stderr())
    }

    /// An answer, or why there is none. After Ctrl-C, which dialoguer reports and turns into a
    /// signal, the thread ends the program: were both to go on, either could be the one to speak.
    fn answered<T>(&mut self, answer: dialoguer::Result<T>) -> io::Result<T> {
        answer.map_err(|dialoguer::Error::IO(e)| {
            if e.kind() == io::ErrorKind::Interrupted
                && let Some(guard) = self.guard.take()
            {
                let _ = guard.thread.join();
            }
            let term = Term::stderr();
            let _ = term.show_cursor();
            let _ = term.write_line("");
            e
        })
    }

    /// The same for a question after which something is done, so that an interruption can no
    /// longer promise that nothing was changed.
    fn last<T>(&mut self, answer: dialoguer::Result<T>) -> io::Result<T> {
        let answer = self.answered(answer)?;
        if let Some(guard) = &self.guard {
            guard.asks.store(false, Ordering::SeqCst);
        }
        Ok(answer)
    }
}

fn restore(before: &Termios, farewell: &[u8]) {
    let term = Term::stderr();
    // Nothing better can be done if the terminal itself is gone.
    let _ = term.show_cursor();
    let _ = term.write_line("");
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    let _ = io::stderr().write_all(farewell);
}

/// The items, short enough for one line each: one that wraps would be drawn over and over again.
fn fitting(items: &[String], term: &Term) -> Vec<String> {
    let room = usize::from(term.size().1).saturating_sub(8);
    items
        .iter()
        .map(|item| console::truncate_str(item, room, "...").into_owned())
        .collect()
}

impl Prompt for Terminal {
    fn on_interruption(&mut self, farewell: Vec<u8>) {
        self.farewell = farewell;
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        let term = self.guard()?;
        let indent = if line.starts_with(' ') { 15 } else { 0 };
        wrap_hanging(line, indent, Some(term.size().1))
            .iter()
            .try_for_each(|line| term.write_line(line))
    }

    fn confirm(&mut self, question: &str, default: bool) -> io::Result<bool> {
        let term = self.guard()?;
        self.last(
            Confirm::with_theme(&SimpleTheme)
                .with_prompt(question)
                .default(default)
                .interact_on(&term),
        )
    }

    fn text(
        &mut self,
        question: &str,
        default: &str,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> io::Result<String> {
        let term = self.guard()?;
        let input = Input::<String>::with_theme(&SimpleTheme)
            .with_prompt(question)
            .allow_empty(true)
            .default(default.to_owned())
            .show_default(!default.is_empty())
            .validate_with(|text: &String| check(text));
        self.answered(input.interact_text_on(&term))
    }

    fn choose(&mut self, question: &str, items: &[String]) -> io::Result<usize> {
        let term = self.guard()?;
        let items = fitting(items, &term);
        self.answered(
            Select::with_theme(&SimpleTheme)
                .with_prompt(question)
                .items(items)
                .default(0)
                .interact_on(&term),
        )
    }

    fn choose_many(&mut self, question: &str, items: &[String]) -> io::Result<Vec<usize>> {
        let term = self.guard()?;
        let items = fitting(items, &term);
        self.answered(
            MultiSelect::with_theme(&SimpleTheme)
                .with_prompt(question)
                .items(items)
                .report(false)
                .interact_on(&term),
        )
    }

    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>> {
        let term = self.guard()?;
        self.last(
            Password::with_theme(&SimpleTheme)
                .with_prompt(question)
                .allow_empty_password(true)
                .interact_on(&term),
        )
        .map(Zeroizing::new)
    }
}
