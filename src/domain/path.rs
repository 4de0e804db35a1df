//! Paths, as messages show them: a directory or a link may have been named after an API key.

use std::fmt::Write;
use std::path::Path;

use crate::domain::secret_text::holds_a_key;

/// What stands for a part of a path that holds a key.
const MASK: &str = "[API key]";

/// The path, with each of its names that holds an API key masked.
pub fn shown(path: &Path) -> String {
    without_keys(path.to_string_lossy().into_owned())
}

/// The same; bytes that are no UTF-8 are told as `\xHH`, so that two paths stay two.
pub fn shown_exactly(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to memory cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    without_keys(text)
}

fn without_keys(text: String) -> String {
    if !holds_a_key(&text) {
        return text;
    }
    let masked: Vec<&str> = text
        .split('/')
        .map(|name| if holds_a_key(name) { MASK } else { name })
        .collect();
    let masked = masked.join("/");
    // Whatever is taken for a key and is spread over several names.
    if holds_a_key(&masked) {
        MASK.into()
    } else {
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_told_one_by_one() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let told = |bytes: &[u8]| shown_exactly(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(told("é/a".as_bytes()), "é/a");
        assert_eq!(told(b"a\xff\xe9/b"), "a\\xFF\\xE9/b");
        let with_key = [b"\xff/", KEY.as_bytes(), b"/x"].concat();
        assert_eq!(told(&with_key), "\\xFF/[API key]/x");
    }

    const KEY: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

    #[test]
    fn a_key_in_a_path_is_masked_and_all_else_is_told() {
        let masked = |path: String| shown(Path::new(&path));
        assert_eq!(masked("/srv/keys.db".into()), "/srv/keys.db");
        assert_eq!(
            masked(format!("/srv/{KEY}/keys.db")),
            "/srv/[API key]/keys.db"
        );
        assert_eq!(masked(format!("a {KEY}.txt")), "[API key]");
        assert_eq!(
            masked("/srv/zenflow_live_k3m9x2q7vd_…".into()),
            "/srv/zenflow_live_k3m9x2q7vd_…"
        );
    }
}
