//! An error: what went wrong, and what to do. It goes to standard error, in every format.

use std::io::Write;

use serde::Serialize;

use crate::error::Error;
use crate::view::OutputOptions;
use crate::view::json::{self, Document};
use crate::view::text::escape::visible;
use crate::view::text::wrap::wrap_hanging;

#[derive(Serialize)]
struct FailureBody<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'static str,
    message: String,
    hint: Option<&'a str>,
}

/// What is printed of an error: one JSON document, or a sentence and a hint.
pub fn failure(error: &Error, options: OutputOptions) -> Vec<u8> {
    let theme = options.err;
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = if options.format.is_json() {
        let body = FailureBody {
            error: ErrorBody {
                code: error.code.row().0,
                message: error.sentence(),
                hint: error.hint.as_deref(),
            },
        };
        json::write(&mut text, &Document::new(body)).and_then(|()| writeln!(text))
    } else {
        let hint = error
            .hint
            .as_ref()
            .map(|hint| format!("\n{} {}", theme.label("hint:"), visible(hint)))
            .unwrap_or_default();
        let sentence = format!("{} {}", theme.bad("error:"), visible(&error.sentence()));
        // A hint may be a command to copy.
        let sentence = wrap_hanging(&sentence, 2, theme.width).join("\n");
        writeln!(text, "{sentence}{hint}")
    };
    text
}
