//! Colours and symbols: when to use them, and which.

use crate::domain::words::words;
use std::ffi::OsString;

use anstyle::{AnsiColor, Style};

use crate::domain::Status;

words! {
    kind "colour choice";
    /// What `--color` says.
    #[derive(Default)]
    pub enum ColorChoice {
        /// As the environment and the stream suggest.
        #[default]
        Auto = "auto",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
}

/// Whether a stream gets colours: `--color`, then `FORCE_COLOR` and `CLICOLOR_FORCE`, then
/// `NO_COLOR` and `TERM=dumb`, then whether it is a terminal.
pub fn wants_color(
    choice: ColorChoice,
    variable: &dyn Fn(&str) -> Option<OsString>,
    is_terminal: bool,
) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let on = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if on("FORCE_COLOR") || on("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => {
            is_terminal && !set("NO_COLOR") && variable("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Whether the locale's characters are Unicode's: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that
/// is set names UTF-8.
pub fn speaks_unicode(variable: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| variable(name))
        .find(|value| !value.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// How one stream is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Theme {
    /// With colours.
    pub color: bool,
    /// With characters beyond ASCII.
    pub unicode: bool,
    /// How many columns a line may have; `None` means as many as it needs.
    pub width: Option<u16>,
}

impl Theme {
    /// The text in a style, if this stream has colours.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.into()
        }
    }

    /// Headings and labels.
    pub fn label(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// What matters most in a line.
    pub fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    /// What went wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// What wants attention.
    pub fn caution(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// One of two texts: with Unicode, or in ASCII.
    pub fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    /// How much is done, as a bar and a number.
    pub fn bar(self, percent: u64) -> String {
        let done = usize::try_from(percent / 5).map_or(20, |done| done.min(20));
        let (full, empty) = (self.pick("█", "#"), self.pick("░", "-"));
        format!(
            "{}{} {percent:>3}%  ",
            full.repeat(done),
            empty.repeat(20 - done)
        )
    }

    /// A state as a symbol and a word, never by colour alone.
    pub fn status(self, status: Status) -> String {
        let (symbol, style) = match status {
            Status::Active => (self.pick("●", "+"), AnsiColor::Green.on_default()),
            Status::Disabled => (self.pick("◌", "-"), AnsiColor::Yellow.on_default()),
            Status::Expired => (self.pick("○", "o"), AnsiColor::Magenta.on_default()),
            Status::Revoked => (self.pick("✗", "x"), AnsiColor::Red.on_default()),
        };
        self.paint(style, &format!("{symbol} {}", status.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        move |name| {
            set.iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| value.into())
        }
    }

    #[test]
    fn colour_follows_flag_then_force_then_refusal_then_terminal() {
        let auto =
            |set: &[(&str, &str)], terminal| wants_color(ColorChoice::Auto, &with(set), terminal);
        assert!(wants_color(
            ColorChoice::Always,
            &with(&[("NO_COLOR", "1")]),
            false
        ));
        assert!(!wants_color(
            ColorChoice::Never,
            &with(&[("FORCE_COLOR", "1")]),
            true
        ));
        assert!(auto(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false));
        assert!(auto(&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], false));
        assert!(!auto(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!auto(&[("FORCE_COLOR", "")], false));
        assert!(!auto(&[("NO_COLOR", "1")], true));
        assert!(auto(&[("NO_COLOR", "")], true));
        assert!(!auto(&[("TERM", "dumb")], true));
        assert!(auto(&[], true));
        assert!(!auto(&[], false));
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(speaks_unicode(&with(&[("LANG", "es_AR.UTF-8")])));
        assert!(speaks_unicode(&with(&[
            ("LC_ALL", ""),
            ("LC_CTYPE", "C.utf8"),
            ("LANG", "C")
        ])));
        assert!(!speaks_unicode(&with(&[
            ("LC_ALL", "C"),
            ("LANG", "es_AR.UTF-8")
        ])));
        assert!(!speaks_unicode(&with(&[])));
    }
}
