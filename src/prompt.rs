//! Questions to a person at a terminal, by dialoguer. After Ctrl-C the terminal is as it was, and
//! nothing was changed.

use std::io;

use console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password, Select};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use zeroize::Zeroizing;

use crate::context::Prompt;
use crate::error::Code;

/// A terminal on standard error, read through standard input.
#[derive(Debug, Default)]
pub struct Terminal {
    guarded: bool,
}

impl Terminal {
    /// From the first question on, an interruption restores the terminal and ends the program with
    /// the exit status for it. A question hides the cursor or the echo, and dying at once would
    /// leave them hidden.
    fn guard(&mut self) -> io::Result<Term> {
        let term = Term::stderr();
        if !self.guarded {
            self.guarded = true;
            let before = tcgetattr(io::stdin())?;
            let mut signals = Signals::new([SIGINT])?;
            std::thread::spawn(move || {
                if signals.forever().next().is_some() {
                    restore(&before);
                    signal_hook::low_level::exit(i32::from(Code::Interrupted.exit()));
                }
            });
        }
        Ok(term)
    }
}

fn restore(before: &Termios) {
    let term = Term::stderr();
    // Nothing better can be done if the terminal itself is gone.
    let _ = term.show_cursor();
    let _ = term.write_line("");
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
}

/// An answer, or why there is none; a question that was interrupted leaves the cursor hidden in the
/// middle of a line.
fn plain<T>(answer: dialoguer::Result<T>) -> io::Result<T> {
    answer.map_err(|dialoguer::Error::IO(e)| {
        let term = Term::stderr();
        let _ = term.show_cursor();
        let _ = term.write_line("");
        e
    })
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
    fn confirm(&mut self, question: &str) -> io::Result<bool> {
        let term = self.guard()?;
        plain(
            Confirm::with_theme(&SimpleTheme)
                .with_prompt(question)
                .default(false)
                .interact_on(&term),
        )
    }

    fn text(
        &mut self,
        question: &str,
        initial: &str,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> io::Result<String> {
        let term = self.guard()?;
        let input = Input::<String>::with_theme(&SimpleTheme)
            .with_prompt(question)
            .allow_empty(true)
            .with_initial_text(initial)
            .validate_with(|text: &String| check(text));
        plain(input.interact_text_on(&term))
    }

    fn choose(&mut self, question: &str, items: &[String]) -> io::Result<usize> {
        let term = self.guard()?;
        let items = fitting(items, &term);
        plain(
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
        plain(
            MultiSelect::with_theme(&SimpleTheme)
                .with_prompt(question)
                .items(items)
                .report(false)
                .interact_on(&term),
        )
    }

    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>> {
        let term = self.guard()?;
        plain(
            Password::with_theme(&SimpleTheme)
                .with_prompt(question)
                .allow_empty_password(true)
                .interact_on(&term),
        )
        .map(Zeroizing::new)
    }
}
