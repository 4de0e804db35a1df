//! An error: what went wrong, and what to do. It goes to standard error, in every format.

use std::io::Write;

use serde::Serialize;

use crate::domain::remedy::Hint;
use crate::error::Error;
use crate::view::OutputOptions;
use crate::view::json::{self, Document};
use crate::view::text::escape::visible;
use crate::view::text::wrap::{wrap_hanging, wrap_hint};

#[derive(Serialize)]
struct FailureBody {
    error: ErrorBody,
}

#[derive(Serialize)]
struct ErrorBody {
    code: &'static str,
    message: String,
    hint: Option<String>,
}

/// What is printed of an error: one JSON document, or a sentence and a hint, in which the commands
/// are written out.
pub fn failure(error: &Error, hint: Option<&Hint<String>>, options: OutputOptions) -> Vec<u8> {
    let theme = options.err;
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = if options.format.is_json() {
        let body = FailureBody {
            error: ErrorBody {
                code: error.code.row().0,
                message: error.sentence(),
                hint: hint.map(ToString::to_string),
            },
        };
        json::write(&mut text, &Document::new(body)).and_then(|()| writeln!(text))
    } else {
        let sentence = format!("{} {}", theme.bad("error:"), visible(&error.sentence()));
        let mut lines = wrap_hanging(&sentence, 2, theme.width);
        if let Some(hint) = hint {
            let label = format!("{} ", theme.label("hint:"));
            lines.extend(wrap_hint(&label, hint, 2, theme.width));
        }
        writeln!(text, "{}", lines.join("\n"))
    };
    text
}
