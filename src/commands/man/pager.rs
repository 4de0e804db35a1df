//! A page of the manual for a person at a terminal: `man` formats it and pages it.

use std::io::{self, ErrorKind, Write};
use std::process::Command;
use std::sync::Arc;

use signal_hook::consts::SIGINT;

use crate::commands::man::Page;

/// Shows a page with `man`, until the person leaves it; `false` if there is no `man`, or none that
/// shows a file.
pub fn show(page: &Page) -> io::Result<bool> {
    let mut file = tempfile::Builder::new()
        .prefix(&format!("{}-", page.name()))
        .suffix(".1")
        .tempfile()?;
    file.write_all(page.text().as_bytes())?;
    // Ctrl-C is for the pager, which may have a use for it, and must not end the program below it.
    let handler = signal_hook::flag::register(SIGINT, Arc::default())?;
    let shown = Command::new("man").arg("-l").arg(file.path()).status();
    signal_hook::low_level::unregister(handler);
    match shown {
        Ok(status) => Ok(status.success()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}
