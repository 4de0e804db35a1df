//! Lines that are longer than a terminal is wide, broken between words; without a terminal they
//! stay as they are.

use textwrap::{Options, WordSeparator, WordSplitter};

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

/// A field of a thing: its name, and its value in a column.
pub(crate) fn field(name: &str, value: &str, theme: &Theme) -> Vec<String> {
    wrap_hanging(
        &format!("  {} {value}", theme.label(&format!("{name:<11}"))),
        FIELD,
        theme.width,
    )
}
