//! Tables for people: columns where there is room, a few lines for each row where there is not.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width};
use textwrap::core::display_width;

use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;

/// Below this width a row becomes a few lines: the columns have room for their longest words from
/// here on.
pub(crate) const NARROW: u16 = 80;
/// As long as `write:products,`.
const LONGEST_WORD: usize = 15;

/// Lays rows out in columns. Colours come last, since an escape sequence in a cell would count as
/// text: the titles are labels, and the first of `painted` that a line holds gets its colour.
pub(crate) fn columns(
    header: &[&str],
    rows: Vec<Vec<String>>,
    painted: &[(String, String)],
    theme: &Theme,
) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(header.iter().map(Cell::new));
    let column = |place: usize| {
        rows.iter()
            .filter_map(move |row| row.get(place))
            .map(String::as_str)
    };
    let words = header
        .iter()
        .enumerate()
        .map(|(place, title)| widest_word(column(place).chain([*title]), painted));
    let widest: Vec<u16> = words.collect();
    for row in rows {
        table.add_row(row.into_iter().map(Cell::new));
    }
    match theme.width {
        Some(width) => table
            .set_width(width)
            .set_content_arrangement(ContentArrangement::Dynamic),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for (place, width) in widest.into_iter().enumerate() {
        if let Some(column) = table.column_mut(place) {
            let padding = if place == 0 { (0, 1) } else { (1, 1) };
            column.set_padding(padding);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(
                width + padding.0 + padding.1,
            )));
        }
    }
    let paint = |line: &str| match painted.iter().find(|(plain, _)| line.contains(plain)) {
        Some((plain, painted)) => line.replacen(plain, painted, 1),
        None => line.to_owned(),
    };
    let lines: Vec<String> = table.lines().collect();
    lines
        .iter()
        .map(|line| line.trim_end())
        .enumerate()
        .map(|(place, line)| {
            if place == 0 {
                theme.label(line)
            } else {
                paint(line)
            }
        })
        .collect()
}

/// The width of the longest word in a column; what is painted is one word. No word is broken unless
/// it is longer than a scope.
fn widest_word<'a>(cells: impl Iterator<Item = &'a str>, painted: &[(String, String)]) -> u16 {
    let words = cells.flat_map(
        |cell| match painted.iter().any(|(plain, _)| plain == cell) {
            true => vec![cell],
            false => cell.split_whitespace().collect(),
        },
    );
    words
        .map(|word| display_width(word).min(LONGEST_WORD) as u16)
        .max()
        .unwrap_or(0)
}

/// Names with their meanings and their lists, in which a line end separates items.
pub(crate) fn catalogue(header: [&str; 3], rows: Vec<[String; 3]>, theme: &Theme) -> Vec<String> {
    if theme.width.is_none_or(|width| width >= NARROW) {
        return columns(
            &header,
            rows.into_iter().map(Vec::from).collect(),
            &[],
            theme,
        );
    }
    let stacked = |[name, what, list]: [String; 3]| {
        let lines = list
            .split('\n')
            .map(|line| format!("  {line}"))
            .collect::<Vec<_>>();
        [vec![theme.strong(&name), format!("  {what}")], lines].concat()
    };
    rows.into_iter()
        .flat_map(stacked)
        .flat_map(|line| wrap_hanging(&line, 4, theme.width))
        .collect()
}
