//! The fenced blocks of a Markdown page: commands, and below them what they print.

use std::collections::BTreeMap;
use std::path::Path;

/// A block of commands.
#[derive(Debug)]
pub struct Block {
    /// The title of the part that it stands in.
    pub title: String,
    pub commands: String,
    /// The block of text or JSON that follows: what the commands print, standard error included.
    pub output: Option<String>,
    /// The exit status of the one command in it that fails, as the fence says: `sh exit=20`.
    pub exit: Option<String>,
    /// Why it cannot be run, if it is marked so by a comment: `<!-- not run: … -->`.
    pub not_run: Option<String>,
}

/// The blocks of a page, in order. Fences of another language are refused: nothing on the page goes
/// unread.
pub fn of(page: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let mut title = String::new();
    let mut not_run = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with('#') {
            title = line.trim_start_matches(['#', ' ']).to_owned();
        } else if let Some(reason) = line.strip_prefix("<!-- not run: ") {
            not_run = Some(reason.trim_end_matches(" -->").to_owned());
        } else if let Some(language) = line.strip_prefix("```") {
            let body: String = lines
                .by_ref()
                .take_while(|line| *line != "```")
                .flat_map(|line| [line, "\n"])
                .collect();
            let (language, exit) = match language.split_once(" exit=") {
                Some((language, exit)) => (language, Some(exit.to_owned())),
                None => (language, None),
            };
            match (language, blocks.last_mut()) {
                ("sh", _) => blocks.push(Block {
                    title: title.clone(),
                    commands: body,
                    output: None,
                    exit,
                    not_run: not_run.take(),
                }),
                ("text" | "json", Some(block)) if block.output.is_none() => {
                    block.output = Some(body)
                }
                _ => panic!("{page}: what is this block of '{language}' below '{title}'?"),
            }
        }
    }
    blocks
}

/// The text without what differs each time: ids are numbered as they come, instants and lengths of
/// time are blank.
pub fn lasting(text: &str, is_id: impl Fn(&str) -> bool) -> String {
    let mut ids = BTreeMap::new();
    let pieces =
        text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == ':' || c == '-'));
    let lasting = pieces.map(|piece| {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let end = &piece[word.len()..];
        let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let told = if is_id(word) {
            let next = ids.len() + 1;
            format!("<id {}>", ids.entry(word).or_insert(next))
        } else if zenflow_keys::domain::Timestamp::parse(word).is_ok() {
            "<instant>".into()
        } else if zenflow_keys::domain::Timestamp::parse(&format!("{word}T00:00:00Z")).is_ok() {
            "<day>".into()
        } else if digits.len() < word.len() && ["s", "m", "h", "d", "mo", "y"].contains(&digits) {
            "<span>".into()
        } else {
            word.into()
        };
        format!("{told}{end}")
    });
    lasting.collect::<String>().trim_end().to_owned()
}
