//! Where the store is.

use std::path::PathBuf;

use crate::context::Variable;
use crate::error::{Code, Error};

/// The place of the store, and whether it is the default one.
pub struct StorePlace {
    pub path: PathBuf,
    pub is_default: bool,
}

/// `--db`, `ZENFLOW_KEYS_DB`, or the default below the data directory of the platform (XDG Base
/// Directory Specification on Linux).
pub fn place(db: Option<PathBuf>, variable: Variable<'_>) -> Result<StorePlace, Error> {
    if let Some(path) = db.or_else(|| variable("ZENFLOW_KEYS_DB").map(PathBuf::from)) {
        if path.as_os_str().is_empty() {
            return Err(Error::usage("the path of the store is empty")
                .hint("name a file with --db or ZENFLOW_KEYS_DB"));
        }
        return Ok(StorePlace {
            path,
            is_default: false,
        });
    }
    let data = variable("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = variable("HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let below_home = if cfg!(target_os = "macos") {
        "Library/Application Support"
    } else {
        ".local/share"
    };
    let directory = data.or_else(|| home.map(|home| home.join(below_home)));
    match directory {
        Some(directory) => Ok(StorePlace {
            path: directory.join("zenflow-keys").join("keys.db"),
            is_default: true,
        }),
        None => Err(Error::new(
            Code::Usage,
            "there is no home directory to look for the store in",
        )
        .hint("name a file with --db or ZENFLOW_KEYS_DB")),
    }
}
