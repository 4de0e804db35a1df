//! Lines that are longer than a terminal is wide, broken between words; without a terminal they
//! stay as they are.

use textwrap::core::Word;
use textwrap::wrap_algorithms::wrap_first_fit;
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::domain::remedy::{Hint, HintPart};
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;

/// Where the value of a field begins.
const FIELD: usize = 14;

/// The line in as many lines as the width asks for; those after the first begin at column `indent`.
pub(crate) fn wrap_hanging(line: &str, indent: usize, width: Option<u16>) -> Vec<String> {
    let Some(width) = width else {
        return vec![line.into()];
    };
    let text = line.trim_start_matches(' ');
    let (first, others) = (" ".repeat(line.len() - text.len()), " ".repeat(indent));
    let options = Options::new(usize::from(width))
        .initial_indent(&first)
        .subsequent_indent(&others);
    let options = options
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(text, options)
        .into_iter()
        .map(Into::into)
        .collect()
}

/// A hint behind `label`, wrapped like any other line; but each command in it stays in one piece,
/// with the marks around it, however wide it is.
pub(crate) fn wrap_hint(
    label: &str,
    hint: &Hint<String>,
    indent: usize,
    width: Option<u16>,
) -> Vec<String> {
    let mut pieces = vec![label.to_owned()];
    let mut ends_word = false;
    for part in hint.parts() {
        let (text, is_command) = match part {
            HintPart::Words(words) => (visible(words), false),
            HintPart::Command(command) => (visible(command), true),
        };
        let words: Vec<&str> = if is_command {
            vec![&*text]
        } else {
            text.split_inclusive(' ').collect()
        };
        for word in words {
            if ends_word {
                pieces.push(String::new());
            }
            ends_word = !is_command && word.ends_with(' ');
            if let Some(piece) = pieces.last_mut() {
                piece.push_str(word);
            }
        }
    }
    let Some(width) = width.map(usize::from) else {
        return vec![pieces.concat()];
    };
    let words: Vec<Word<'_>> = pieces.iter().map(|piece| Word::from(piece)).collect();
    let widths = [width, width.saturating_sub(indent)].map(|width| width as f64);
    let line = |(at, words): (usize, &[Word<'_>])| {
        let mut line = if at == 0 {
            String::new()
        } else {
            " ".repeat(indent)
        };
        for word in words {
            line.push_str(word.word);
            line.push_str(word.whitespace);
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    };
    let lines = wrap_first_fit(&words, &widths);
    lines.into_iter().enumerate().map(line).collect()
}

/// A field of a thing: its name, and its value in a column.
pub(crate) fn field(name: &str, value: &str, theme: &Theme) -> Vec<String> {
    wrap_hanging(
        &format!("  {} {value}", theme.label(&format!("{name:<11}"))),
        FIELD,
        theme.width,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint() -> Hint<String> {
        Hint::from("let its owner do this first: ")
            .then(HintPart::Command(
                "chmod go-w '/a/rather/long/path to/the/store'".into(),
            ))
            .then(", or keep the store below a directory that only you can write to")
    }

    #[test]
    fn the_words_of_a_hint_wrap_and_its_command_stays_whole() {
        assert_eq!(
            wrap_hint("hint: ", &hint(), 2, Some(40)),
            [
                "hint: let its owner do this first:",
                "  chmod go-w '/a/rather/long/path to/the/store',",
                "  or keep the store below a directory",
                "  that only you can write to",
            ]
        );
    }

    #[test]
    fn a_hint_that_begins_with_a_command_stands_beside_its_label() {
        let command = "chmod 600 '/a/rather/long/path/to/the store/keys.db'";
        let hint = Hint::from("").then(HintPart::Command(command.into()));
        assert_eq!(
            wrap_hint("  > ", &hint, 4, Some(40)),
            [format!("  > {command}")]
        );
    }

    #[test]
    fn without_a_terminal_a_hint_is_one_line() {
        assert_eq!(
            wrap_hint("hint: ", &hint(), 2, None),
            [format!("hint: {}", hint())]
        );
    }
}
