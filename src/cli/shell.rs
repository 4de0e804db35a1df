//! Commands that are shown to be copied into a shell.

use shlex::Quoter;

/// The command line that runs this program with these arguments, quoted where a shell would read
/// something else.
pub fn command(arguments: &[&str]) -> String {
    let quoted = arguments.iter().map(|argument| quoted(argument));
    std::iter::once("zenflow-keys".to_owned())
        .chain(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The parts of a list one by one: its commas mean nothing to a shell outside of braces, which are
/// quoted.
fn quoted(word: &str) -> String {
    // A NUL is all that it refuses, so no part is left out.
    let quoter = Quoter::new().allow_nul(true);
    let parts = word
        .split(',')
        .filter_map(|part| quoter.quote(part).ok())
        .collect::<Vec<_>>();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_the_words_that_were_meant() {
        for words in [
            ["revoke", "it's over"],
            ["a b", ""],
            ["$(touch x)", "`x`"],
            ["*", "~"],
            ["#", "\\"],
            ["\"", "!x"],
            ["a;b", "2>c"],
            ["{a,b}", "a b,c"],
            [",", "a,"],
            ["a%b=c", "^é"],
        ] {
            let script = command(&words).replacen("zenflow-keys", r"printf %s\\n", 1);
            let told = std::process::Command::new("sh")
                .args(["-c", &script])
                .output()
                .unwrap();
            assert_eq!(
                String::from_utf8(told.stdout).unwrap(),
                format!("{}\n{}\n", words[0], words[1])
            );
        }
    }

    #[test]
    fn plain_words_stay_plain() {
        let words = [
            "allowlist",
            "set",
            "k3m9x2q7vd",
            "203.0.113.0/24",
            "2001:db8::/48",
            "read:orders,write:orders",
        ];
        assert_eq!(command(&words), format!("zenflow-keys {}", words.join(" ")));
    }
}
