//! The nearest known word to a mistyped one.

/// The known word that `word` was most likely meant to be, or `None` if none is near.
///
/// Near means a Jaro–Winkler similarity of 0.8 or more, ignoring case; the first of equals wins.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let mut best = None;
    let mut best_score = 0.8;
    for candidate in known {
        let score = strsim::jaro_winkler(&word, &candidate.to_lowercase());
        if score > best_score {
            best = Some(candidate);
            best_score = score;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typing_error_finds_the_word_that_was_meant() {
        assert_eq!(
            nearest("read:order", ["read:stock", "read:orders"]),
            Some("read:orders")
        );
        assert_eq!(
            nearest("ERP-Snyc", ["read-only", "erp-sync"]),
            Some("erp-sync")
        );
        assert_eq!(nearest("stock-a", ["stock-b", "stock-c"]), Some("stock-b"));
    }

    #[test]
    fn nothing_is_suggested_for_a_word_that_is_not_near() {
        assert_eq!(nearest("banana", ["read:orders", "admin"]), None);
    }
}
