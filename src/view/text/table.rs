//! Tables for people: columns where there is room, a few lines for each row where there is not.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width};
use textwrap::core::display_width;

use crate::domain::{Key, Status, Timestamp};
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::time::{event, relative};
use crate::view::text::wrap::wrap_hanging;

/// Below this width a row becomes a few lines: the columns have room for their longest words from
/// here on.
const NARROW: u16 = 80;
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

/// What ends a key, and when; whatever comes first.
enum End {
    Never,
    Expiry(Timestamp),
    Revocation(Timestamp),
}

impl End {
    fn of(key: &Key) -> End {
        let revoked_at = key.revocation.as_ref().map(|revocation| revocation.at);
        match (key.expires_at, revoked_at) {
            (None, None) => End::Never,
            (Some(expires), None) => End::Expiry(expires),
            (Some(expires), Some(revoked)) if expires < revoked => End::Expiry(expires),
            (_, Some(revoked)) => End::Revocation(revoked),
        }
    }
}

/// When a key ends, as a whole phrase: `no expiry`, `ends in 90d`, `ended 2h ago`, `revocation in
/// 7d`, `revoked 56s ago`.
pub(crate) fn end(key: &Key, now: Timestamp) -> String {
    match End::of(key) {
        End::Never => "no expiry".into(),
        End::Expiry(at) => event("ends", "ended", at, now),
        End::Revocation(at) => event("revocation", "revoked", at, now),
    }
}

/// The same in a column whose title says `ENDS`.
fn end_in_column(key: &Key, now: Timestamp) -> String {
    match End::of(key) {
        End::Never => "never".into(),
        End::Expiry(at) => relative(at, now),
        End::Revocation(_) => end(key, now),
    }
}

/// What a key may do, in a few words: its preset, or its scopes.
pub(crate) fn access(key: &Key) -> String {
    key.preset()
        .map_or_else(|| key.scopes.words().join(", "), |preset| preset.id.into())
}

fn last_use(key: &Key, now: Timestamp) -> String {
    key.last_use
        .map_or_else(|| "-".into(), |last| relative(last.at, now))
}

/// A list of keys.
pub(crate) fn keys(keys: &[Key], now: Timestamp, theme: &Theme) -> Vec<String> {
    if theme.width.is_some_and(|width| width < NARROW) {
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
    columns(&header, rows.collect(), &painted, theme)
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
