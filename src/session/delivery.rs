//! Handing a new key over: insert, show, and only then commit. A key that could not be shown is
//! not created.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::context::Streams;
use crate::domain::path::shown;
use crate::domain::{ApiKey, Entropy, KeyId};
use crate::error::{Code, Error};
use crate::store::files::Destination;
use crate::store::{Published, ReadTx, WriteTx};
use crate::view::{Output, View};

/// Draws an id that no key has or had.
pub fn draw_id(view: ReadTx<'_>, entropy: &mut dyn Entropy) -> Result<KeyId, Error> {
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
pub fn unless_stdout_is_lost(streams: &Streams, out: Option<&Path>) -> Result<(), Error> {
    if streams.stdout_is_lost && out.is_none() {
        return Err(Error::new(
            Code::StdoutUnusable,
            "standard output is closed or /dev/null, and the key would be printed there",
        )
        .hint("capture it: KEY=$(zenflow-keys create ...), or use --out FILE"));
    }
    Ok(())
}

/// The file that `--out` names; `-` is standard output.
pub fn out_file(out: Option<PathBuf>) -> Option<PathBuf> {
    out.filter(|path| path.as_os_str() != "-")
}

/// Passes if the file for the key can still be made.
pub fn check_out(out: Option<&Path>, store: &Path) -> Result<(), Error> {
    out.map_or(Ok(()), |path| place_of(path, store)?.must_be_free())
}

fn place_of(path: &Path, store: &Path) -> Result<Destination, Error> {
    Destination::new(path, Some(store), Code::OutFile)
}

/// Shows the key on standard output, or writes it to a new file for this user alone; then commits.
/// `view` makes what is shown, with the secret or without it.
pub fn deliver<'k, V: View>(
    write: WriteTx<'_>,
    key: &'k ApiKey,
    out: Option<&Path>,
    output: &mut Output<'_>,
    view: impl FnOnce(Option<&'k str>) -> V,
) -> Result<(), Error> {
    let Some(path) = out else {
        output.deliver(key, &view(Some(key.expose())))?;
        return write.commit().map_err(void);
    };
    let line = Zeroizing::new([key.expose(), "\n"].concat());
    let place = place_of(path, write.path())?;
    let file = place.create(line.as_bytes()).map_err(|mut error| {
        error.message += ", so no key was created";
        error
    })?;
    write
        .commit()
        .map_err(|error| without_file(path, &file, error))?;
    output.done();
    output.show(&view(None))
}

fn void(error: Error) -> Error {
    if error.code == Code::StoreUncertain {
        return Error {
            message: format!(
                "the key that was printed may or may not work: {}",
                error.message
            ),
            ..error
        };
    }
    Error::new(
        Code::KeyVoid,
        format!(
            "the key that was printed is void because it could not be stored: {}",
            error.sentence()
        ),
    )
    .hint(
        error
            .hint
            .unwrap_or_else(|| "run the command again for another key".into()),
    )
}

/// A failure after which the file holds a key that does not work: it is removed, or else the error
/// says what it is.
fn without_file(path: &Path, file: &Published, mut error: Error) -> Error {
    if let Err(cause) = file.remove() {
        error.message += &format!(
            "; {} could not be removed ({cause}), the key in it {}",
            shown(path),
            if error.code == Code::StoreUncertain {
                "may work"
            } else {
                "is void"
            }
        );
    }
    error
}
