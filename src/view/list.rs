//! `list`: keys, page by page. Lines are written as they come; a JSON document is held back until it
//! is whole, and a table until its widths are known; a long one is cut into several.

pub mod pages;

use crate::domain::{Key, Status, Timestamp};
use crate::error::Error;
use crate::view::json::JsonArray;
use crate::view::key::KEY_COLUMNS;
use crate::view::list::pages::{KeyPages, PageFormat};
use crate::view::text::escape::visible;
use crate::view::text::summary::{access, end, end_in_column};
use crate::view::text::table;
use crate::view::text::theme::Theme;
use crate::view::text::time::relative;
use crate::view::text::wrap::wrap_hanging;
use crate::view::{Format, Output};

/// How many rows a table has at most. More than anybody reads; the memory that a list takes ends
/// here.
const LONGEST_TABLE: usize = 5000;

/// A list of keys.
pub struct KeyList {
    /// The rows of the table that is to come; of anything else only how many there were is
    /// remembered.
    rows: Vec<Key>,
    array: JsonArray,
    pages: KeyPages,
    count: u64,
    page_format: PageFormat,
}

impl KeyList {
    /// An empty list. With `ids_only` it has nothing but ids.
    pub fn new(ids_only: bool, output: &Output<'_>, now: Timestamp) -> Self {
        let page_format = PageFormat {
            ids_only,
            format: output.options.format,
            now,
        };
        KeyList {
            rows: Vec::new(),
            array: JsonArray::new("keys"),
            pages: KeyPages::new(page_format),
            count: 0,
            page_format,
        }
    }

    /// Adds a page of keys.
    pub fn add(&mut self, output: &mut Output<'_>, page: Vec<Key>) -> Result<(), Error> {
        let is_first = self.count == 0;
        self.count += page.len() as u64;
        match self.page_format.format {
            _ if page.is_empty() => Ok(()),
            Format::Human if !self.page_format.ids_only => {
                self.rows.extend(page);
                if self.rows.len() < LONGEST_TABLE {
                    Ok(())
                } else {
                    self.table(output)
                }
            }
            Format::Json => self.pages.add(page, |text| self.array.add_items(text)),
            format => {
                if is_first && format == Format::Csv {
                    output.csv(KEY_COLUMNS)?;
                }
                self.pages.add(page, |text| output.bytes(&text))
            }
        }
    }

    /// Ends the list; returns how many keys it had.
    pub fn end(mut self, output: &mut Output<'_>) -> Result<u64, Error> {
        match self.page_format.format {
            Format::Json => {
                self.pages.end(|text| self.array.add_items(text))?;
                self.array.end(output)?;
            }
            Format::Csv if self.count == 0 => output.csv(KEY_COLUMNS)?,
            Format::Human if !self.rows.is_empty() => self.table(output)?,
            _ => self.pages.end(|text| output.bytes(&text))?,
        }
        Ok(self.count)
    }

    /// Writes the rows there are as a table; the next one begins with a title line again.
    fn table(&mut self, output: &mut Output<'_>) -> Result<(), Error> {
        let options = output.options;
        let lines = key_table(&self.rows, self.page_format.now, &options.out);
        self.rows.clear();
        lines.iter().try_for_each(|line| output.line(line))
    }
}

fn last_use(key: &Key, now: Timestamp) -> String {
    key.last_use
        .map_or_else(|| "-".into(), |last| relative(last.at, now))
}

/// Columns where there is room, a few lines for each key where there is not.
fn key_table(keys: &[Key], now: Timestamp, theme: &Theme) -> Vec<String> {
    if theme.width.is_some_and(|width| width < table::NARROW) {
        return keys
            .iter()
            .flat_map(|key| stacked(key, now, theme))
            .flat_map(|line| wrap_hanging(&line, 4, theme.width))
            .collect();
    }
    let roomy = theme.width.is_none_or(|width| width >= 120);
    let mut header = vec!["ID", "NAME", "ENV", "STATUS", "ACCESS", "ENDS", "LAST USED"];
    if roomy {
        header.extend(["CREATED", "OWNER"]);
    }
    let rows = keys.iter().map(|key| {
        let mut row = vec![
            key.id.to_string(),
            visible(key.name.as_str()).into_owned(),
            key.environment.to_string(),
            Theme {
                color: false,
                ..*theme
            }
            .status(key.status(now)),
            access(key),
            end_in_column(key, now),
            last_use(key, now),
        ];
        if roomy {
            row.push(key.created_at.to_string());
            row.push(
                key.owner
                    .as_ref()
                    .map_or_else(|| "-".into(), |owner| visible(owner.as_str()).into_owned()),
            );
        }
        row
    });
    let painted = Status::ALL.map(|status| {
        (
            Theme {
                color: false,
                ..*theme
            }
            .status(status),
            theme.status(status),
        )
    });
    table::columns(&header, rows.collect(), &painted, theme)
}

fn stacked(key: &Key, now: Timestamp, theme: &Theme) -> [String; 3] {
    [
        format!(
            "{}  {}  {}",
            theme.strong(&visible(key.name.as_str())),
            theme.status(key.status(now)),
            key.environment
        ),
        format!("  {}  {}", key.id, access(key)),
        format!("  {}, last used {}", end(key, now), last_use(key, now)),
    ]
}
