//! Paths, as messages show them: a directory or a link may have been named after an API key.

use std::path::Path;

use crate::domain::secret_text::holds_a_key;

/// What stands for a part of a path that holds a key.
const MASK: &str = "[API key]";

/// The path, with each of its names that holds an API key masked.
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if !holds_a_key(&text) {
        return text.into_owned();
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
