//! The nearest known word to a mistyped one.

/// The known word that `word` was most likely meant to be, or `None` if none is near.
///
/// Near, ignoring case, is a word that begins with `word` (three characters or more), or that
/// differs in at most a third of its characters, a swap of two neighbours counting as one. The
/// first of equals wins.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .filter_map(|candidate| Some((distance(word, candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(word: &str, known: &str) -> Option<usize> {
    let (word, known) = (word.to_lowercase(), known.to_lowercase());
    let (typed, length) = (word.chars().count(), known.chars().count());
    let allowed = (typed.max(length) / 3).max(1);
    let distance = strsim::osa_distance(&word, &known);
    let is_near = distance <= allowed && distance < typed.min(length);
    if is_near {
        Some(distance)
    } else {
        // Behind everything that is near by itself.
        (typed >= 3 && known.starts_with(&word)).then_some(typed.max(length))
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::nearest::nearest;

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
    fn the_beginning_of_a_word_finds_it_behind_what_is_nearer() {
        assert_eq!(nearest("erp", ["ERP Integration"]), Some("ERP Integration"));
        assert_eq!(nearest("erp", ["ERP Integration", "erq"]), Some("erq"));
        assert_eq!(nearest("er", ["ERP Integration"]), None);
    }

    #[test]
    fn nothing_is_suggested_for_a_word_that_is_not_near() {
        assert_eq!(nearest("banana", ["read:orders", "admin"]), None);
        assert_eq!(nearest("GET /foo", ["GET /orders", "GET /stock"]), None);
        assert_eq!(nearest("rename", ["revoke", "enable", "prune"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
