//! CSV for spreadsheets: no cell is run as a formula.

use std::io::{self, Write};

use crate::view::text::escape::visible;

/// Makes hidden characters visible, and disarms a cell that a spreadsheet would run as a formula
/// with a leading `'` (OWASP, "CSV Injection").
fn disarmed(cell: &str) -> String {
    let cell = visible(cell);
    let dangerous =
        cell.starts_with(['=', '+', '-', '@']) || cell.starts_with(['＝', '＋', '－', '＠']);
    if dangerous {
        format!("'{cell}")
    } else {
        cell.into_owned()
    }
}

/// Writes rows of cells behind what is there already.
///
/// # Errors
/// If they cannot be written.
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
///
/// # Errors
/// If the writer fails.
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
        assert_eq!(row(&["a=b"]), "a=b\n");
    }
}
