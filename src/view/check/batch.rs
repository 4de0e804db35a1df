//! `check --batch`: one verdict a line.

use std::borrow::Cow;
use std::io;

use serde_json::value::RawValue;

use crate::domain::{KeyId, Reason, Verdict};
use crate::view::json;

/// The verdict of a line that could not be read.
const BAD_REQUEST: &str = "bad_request";

/// The answer to one line.
#[derive(Debug)]
pub struct BatchAnswer<'a> {
    reference: Option<&'a RawValue>,
    allowed: bool,
    verdict: &'static str,
    reason: Option<&'static str>,
    key_id: Option<&'a str>,
    message: Option<Message<'a>>,
}

/// What is said of a line.
#[derive(Debug)]
enum Message<'a> {
    /// Words of ours, in which nothing is to be escaped.
    Ours(Cow<'static, str>),
    /// Words that may repeat what the line said.
    Quoting(&'a str),
}

impl<'a> BatchAnswer<'a> {
    /// The verdict on a line; the message is what the API would say.
    pub fn verdict(
        reference: Option<&'a RawValue>,
        verdict: &Verdict,
        key: Option<&'a KeyId>,
    ) -> Self {
        let message = match verdict {
            Verdict::Allowed => None,
            Verdict::Refused(failures) => Some(Message::Ours(failures.message())),
        };
        BatchAnswer {
            reference,
            allowed: verdict.reason().is_none(),
            verdict: verdict.as_str(),
            reason: verdict.reason().map(Reason::as_str),
            key_id: key.map(KeyId::as_str),
            message,
        }
    }

    /// What is wrong with a line.
    pub fn bad_request(reference: Option<&'a RawValue>, message: &'a str) -> Self {
        BatchAnswer {
            reference,
            allowed: false,
            verdict: BAD_REQUEST,
            reason: None,
            key_id: None,
            message: Some(Message::Quoting(message)),
        }
    }

    /// Writes it on a line. Only `ref` and the message on a bad line may hold what must be
    /// escaped; the rest are words of ours, and putting them together by hand takes half as long as
    /// the general way.
    pub fn write(&self, line: &mut Vec<u8>) -> io::Result<()> {
        line.extend(b"{\"ref\":");
        match self.reference {
            Some(reference) => json::write(line, &reference)?,
            None => line.extend(b"null"),
        }
        line.extend(if self.allowed {
            &b",\"allowed\":true"[..]
        } else {
            b",\"allowed\":false"
        });
        for (name, word) in [
            ("verdict", Some(self.verdict)),
            ("reason", self.reason),
            ("key_id", self.key_id),
        ] {
            [",\"", name, "\":"]
                .iter()
                .for_each(|piece| line.extend(piece.as_bytes()));
            match word {
                Some(word) => ["\"", word, "\""]
                    .iter()
                    .for_each(|piece| line.extend(piece.as_bytes())),
                None => line.extend(b"null"),
            }
        }
        line.extend(b",\"message\":");
        match &self.message {
            Some(Message::Ours(words)) => ["\"", words, "\""]
                .iter()
                .for_each(|piece| line.extend(piece.as_bytes())),
            Some(Message::Quoting(words)) => json::write(line, words)?,
            None => line.extend(b"null"),
        }
        line.extend(b"}\n");
        Ok(())
    }
}
