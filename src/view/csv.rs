//! CSV for spreadsheets: no cell is run as a formula.

use std::io::{self, Write};

use crate::view::text::escape::visible;

/// Makes hidden characters visible, and disarms what a spreadsheet would run as a formula with a
/// leading `'` (OWASP, "CSV Injection"): at the start of the cell, and after each `;`, which many
/// locales read as the end of a cell.
fn disarmed(cell: &str) -> String {
    let cell = visible(cell);
    let mut disarmed = String::with_capacity(cell.len() + 1);
    for part in cell.split_inclusive(';') {
        if part
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        {
            disarmed.push('\'');
        }
        disarmed.push_str(part);
    }
    disarmed
}

/// Writes rows of cells behind what is there already.
pub fn write_rows<const N: usize>(
    before: Vec<u8>,
    rows: impl Iterator<Item = [String; N]>,
) -> io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().from_writer(before);
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| disarmed(cell)))
            .map_err(io::Error::from)?;
    }
    writer.into_inner().map_err(|e| e.into_error())
}

/// Writes one row.
pub fn write_row<'a>(
    writer: &mut dyn Write,
    cells: impl IntoIterator<Item = &'a str>,
) -> io::Result<()> {
    let mut row = csv::WriterBuilder::new().from_writer(Vec::new());
    row.write_record(cells.into_iter().map(disarmed))
        .map_err(io::Error::from)?;
    writer.write_all(&row.into_inner().map_err(|e| e.into_error())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> String {
        let mut written = Vec::new();
        write_row(&mut written, cells.iter().copied()).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(
            row(&["a", "b c", "d,e", "f\"g", ""]),
            "a,b c,\"d,e\",\"f\"\"g\",\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for start in ['=', '+', '-', '@', '＝'] {
            assert!(
                row(&[&format!("{start}cmd"), "x"])
                    .trim_start_matches('"')
                    .starts_with(&format!("'{start}")),
                "{start:?}"
            );
        }
        for cell in ["a=b", "a; b", "a;b-c", ";"] {
            assert_eq!(row(&[cell]), format!("{cell}\n"));
        }
    }

    #[test]
    fn a_formula_after_a_semicolon_or_spaces_is_disarmed() {
        for (cell, disarmed) in [
            ("a;=1+1", "a;'=1+1"),
            ("a; =1;+2", "a;' =1;'+2"),
            (" =1", "' =1"),
        ] {
            assert_eq!(row(&[cell]), format!("{disarmed}\n"));
        }
    }
}
