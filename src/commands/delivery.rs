//! Handing a new key over: insert, show, and only then commit. A key never lives that nobody was
//! shown.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;

use crate::domain::{ApiKey, Entropy, KeyId};
use crate::error::{Code, Error};
use crate::output::Output;
use crate::store::{View, Write};

/// Draws an id that no key has or had.
///
/// # Errors
/// If the source of randomness or the store fails.
pub fn draw_id(view: View<'_>, entropy: &mut dyn Entropy) -> Result<KeyId, Error> {
    loop {
        let id = KeyId::draw(entropy).map_err(no_randomness)?;
        if view.key(id)?.is_none() && view.tombstone(id)?.is_none() {
            return Ok(id);
        }
    }
}

/// No key without randomness.
pub fn no_randomness(cause: std::io::Error) -> Error {
    Error::io("draw random bytes", cause)
}

/// Passes if a key that is printed will be read by somebody.
///
/// # Errors
/// If standard output is closed or `/dev/null`.
pub fn unless_stdout_is_lost(stdout_is_lost: bool, out: Option<&Path>) -> Result<(), Error> {
    if stdout_is_lost && out.is_none() {
        return Err(Error::new(
            Code::StdoutUnusable,
            "standard output is closed or /dev/null, and the key would be printed there",
        )
        .hint("capture it: KEY=$(zenflow-keys …), or use --out FILE"));
    }
    Ok(())
}

/// Passes if the file for the key can still be made.
///
/// # Errors
/// If there is something of that name already.
pub fn unless_out_exists(out: Option<&Path>) -> Result<(), Error> {
    match out {
        Some(path) if path.symlink_metadata().is_ok() => Err(out_exists(path)),
        _ => Ok(()),
    }
}

/// Passes if the file for the key is not the one that the store is going to be.
///
/// # Errors
/// If it is.
pub fn unless_out_is_store(out: Option<&Path>, store: &Path) -> Result<(), Error> {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    match out {
        Some(path) if absolute(path) == absolute(store) => Err(Error::new(
            Code::OutFile,
            format!("{} is the store", path.display()),
        )
        .hint("name another file with --out")),
        _ => Ok(()),
    }
}

fn out_exists(path: &Path) -> Error {
    Error::new(Code::OutFile, format!("{} exists already", path.display()))
        .hint("name a new file, or move that one away")
}

/// Shows the key on standard output or writes it to a new file; then commits. `body` makes the
/// document for JSON.
///
/// # Errors
/// If the key did not arrive: then nothing is stored. Or if it arrived and could not be stored:
/// then it is void, and the error says so.
pub fn deliver<'k, T: Serialize>(
    write: Write<'_>,
    key: &'k ApiKey,
    out: Option<&Path>,
    output: &mut Output<'_>,
    body: impl FnOnce(Option<&'k str>) -> T,
) -> Result<(), Error> {
    let Some(path) = out else {
        output.deliver(key, |secret| body(Some(secret)))?;
        return write.commit().map_err(void);
    };
    write_file(path, key)?;
    write.commit().map_err(|error| without_file(path, error))?;
    output.done();
    output.outcome(body(None))
}

fn void(error: Error) -> Error {
    Error::new(
        Code::KeyVoid,
        format!(
            "the key that was printed is void, it could not be stored: {}",
            error.sentence()
        ),
    )
    .hint(
        error
            .hint
            .unwrap_or_else(|| "run the command again for another key".into()),
    )
}

/// Writes the key to a new file for this user alone. It is on the disk, with its name, when this
/// returns.
fn write_file(path: &Path, key: &ApiKey) -> Result<(), Error> {
    let fault = |cause: std::io::Error| {
        Error::new(
            Code::OutFile,
            format!(
                "{} could not be written, so no key was made",
                path.display()
            ),
        )
        .because(cause)
        .hint("check the directory and the disk")
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => out_exists(path),
            _ => fault(e),
        })?;
    let written = writeln!(file, "{}", key.expose())
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_directory(path));
    written.map_err(|e| without_file(path, fault(e)))
}

/// A failure after which the file holds a key that does not work: it is removed, or else the error
/// says what it is.
fn without_file(path: &Path, mut error: Error) -> Error {
    if let Err(cause) = fs::remove_file(path) {
        error.message += &format!(
            "; {} could not be removed ({cause}), the key in it is void",
            path.display()
        );
    }
    error
}

fn sync_directory(path: &Path) -> std::io::Result<()> {
    let directory = std::path::absolute(path)?;
    File::open(directory.parent().unwrap_or(&directory))?.sync_all()
}
