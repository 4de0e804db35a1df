//! Commands that are shown to be copied into a shell.

/// The command line that runs this program with these arguments, quoted where a shell would read
/// something else.
pub fn command(arguments: &[&str]) -> String {
    let mut line = String::from("zenflow-keys");
    for argument in arguments {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    line
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
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
