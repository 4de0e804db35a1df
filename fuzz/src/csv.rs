//! A row that is written is read back cell by cell, and no cell of it is a formula or more than one
//! line.

use zenflow_keys::internals::visible;
use zenflow_keys::internals::write_row;

pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let cells: Vec<&str> = text.split('\u{1f}').collect();
    let mut written = Vec::new();
    write_row(&mut written, cells.iter().copied()).unwrap();
    assert_eq!(
        written.iter().filter(|byte| **byte == b'\n').count(),
        1,
        "{written:?}"
    );
    assert_eq!(written.last(), Some(&b'\n'));

    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&*written);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 1, "{written:?}");
    assert_eq!(rows[0].len(), cells.len());
    for (read, cell) in rows[0].iter().zip(cells) {
        assert!(
            !read.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n']),
            "{read:?}"
        );
        assert_eq!(
            read.strip_prefix('\'')
                .filter(|rest| *rest == visible(cell))
                .unwrap_or(read),
            visible(cell)
        );
        assert!(read.len() <= visible(cell).len() + 1);
    }
}
