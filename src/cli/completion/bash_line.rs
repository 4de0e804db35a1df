//! A command line as bash has it: which words were typed, which part of the last one it will
//! replace, and how that part must be quoted.
//!
//! Bash hands over the raw line and replaces what stands behind the last break character
//! (`COMP_WORDBREAKS`: blanks, `:`, `=`, `@` …) or behind an open quote, with exactly the
//! characters that it is given.

/// A line up to the cursor.
#[derive(Debug, PartialEq, Eq)]
pub struct BashLine {
    /// The words, unquoted; the last one is being typed and may be empty.
    pub words: Vec<String>,
    /// How many bytes of the last word, unquoted, stay as they are.
    kept: usize,
    /// The quote that is open.
    quote: Option<char>,
    /// The last word is the file of a redirection.
    pub is_redirected: bool,
}

impl BashLine {
    /// Reads a line. `breaks` are the characters behind which bash begins to replace.
    pub fn parse(line: &str, breaks: &str) -> Self {
        let mut words = vec![String::new()];
        let (mut in_word, mut is_redirected) = (false, false);
        let (mut behind_break, mut behind_quote) = (0, 0);
        let mut quote = None;
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            let blank = quote.is_none() && matches!(c, ' ' | '\t' | '\n');
            let operator = quote.is_none() && matches!(c, '<' | '>');
            if blank || operator {
                if in_word {
                    words.push(String::new());
                }
                is_redirected = operator || (is_redirected && !in_word);
                (in_word, behind_break) = (false, 0);
                continue;
            }
            in_word = true;
            let Some(word) = words.last_mut() else { break };
            match (quote, c) {
                (None, '\\') => word.extend(rest.next()),
                (None, '"' | '\'') => {
                    quote = Some(c);
                    behind_quote = word.len();
                }
                (Some(open), c) if open == c => quote = None,
                (Some('"'), '\\') if rest.peek().is_some_and(|next| "\"\\$`".contains(*next)) => {
                    word.extend(rest.next())
                }
                (_, c) => {
                    let before = word.len();
                    word.push(c);
                    if quote.is_none() && breaks.contains(c) {
                        // Readline's "special prefixes" are replaced too.
                        behind_break = if matches!(c, '@' | '$') {
                            before
                        } else {
                            word.len()
                        };
                    }
                }
            }
        }
        BashLine {
            words,
            kept: if quote.is_some() {
                behind_quote
            } else {
                behind_break
            },
            quote,
            is_redirected,
        }
    }

    /// What bash must put in place of what it replaces, so that the last word becomes `word`.
    /// Nothing if that cannot be: the part that stays is another, or there is a character that
    /// cannot be quoted there.
    pub fn replacement(&self, word: &str) -> Option<String> {
        let typed = self.words.last()?;
        let replaced = word.strip_prefix(typed.get(..self.kept)?)?;
        let mut quoted = String::new();
        for c in replaced.chars() {
            let plain = match self.quote {
                Some('\'') if c == '\'' => return None,
                Some('\'') => true,
                Some(_) => !"\"\\$`".contains(c),
                None => !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.,/+@:=%".contains(c),
            };
            if c.is_control() {
                return None;
            }
            if !plain {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        Some(quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn line(line: &str) -> BashLine {
        BashLine::parse(line, BREAKS)
    }

    #[test]
    fn words_are_what_bash_would_pass_on() {
        for (typed, words) in [
            ("zenflow-keys ", &["zenflow-keys", ""][..]),
            ("zenflow-keys sho", &["zenflow-keys", "sho"]),
            (r"x  show ERP\ Int", &["x", "show", "ERP Int"]),
            (r#"x show "ERP Int"#, &["x", "show", "ERP Int"]),
            (r#"x show "ERP Int" "#, &["x", "show", "ERP Int", ""]),
            (
                r#"x show 'a"b' "c\"d\e""#,
                &["x", "show", "a\"b", r#"c"d\e"#],
            ),
            (r#"x --scope="read:o"#, &["x", "--scope=read:o"]),
            ("x '' ", &["x", "", ""]),
            (r"x a\", &["x", "a"]),
        ] {
            assert_eq!(line(typed).words, words, "{typed}");
        }
    }

    #[test]
    fn only_what_stands_behind_the_last_break_or_open_quote_is_replaced() {
        for (typed, chosen, replacement) in [
            ("x E", "ERP Integration", Some(r"ERP\ Integration")),
            (r"x ERP\ I", "ERP Integration", Some(r"ERP\ Integration")),
            (r#"x "ERP I"#, "ERP Integration", Some("ERP Integration")),
            (r#"x "ERP" "#, "ERP Integration", Some(r"ERP\ Integration")),
            (r#"x "ERP"I"#, "ERPI x", Some(r"ERPI\ x")),
            ("x 'a", "a b", Some("a b")),
            ("x 'a", "a'b", None),
            (r#"x "a"#, "a$b", Some(r"a\$b")),
            ("x --scope read:o", "read:orders", Some("orders")),
            ("x --scope=read:o", "--scope=read:orders", Some("orders")),
            ("x --scope=r", "--scope=read:orders", Some("read:orders")),
            (
                "x --scope=\"read:o",
                "--scope=read:orders",
                Some("read:orders"),
            ),
            ("x team@f", "team@factory 7", Some(r"@factory\ 7")),
            ("x team@f", "Team@factory", None),
            ("x t", "$(touch x);`y`", Some(r"\$\(touch\ x\)\;\`y\`")),
            ("x I", "Integración", Some("Integración")),
            ("x a", "a\nb", None),
        ] {
            assert_eq!(
                line(typed).replacement(chosen).as_deref(),
                replacement,
                "{typed}"
            );
        }
    }

    #[test]
    fn the_word_behind_a_redirection_is_a_file() {
        assert!(line("x list > fi").is_redirected);
        assert!(line("x list >fi").is_redirected);
        assert!(!line("x list > file --a").is_redirected);
        assert!(!line("x 'a > b").is_redirected);
    }
}
