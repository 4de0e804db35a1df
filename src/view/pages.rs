//! Pages of keys as text. From the second page on a thread of its own does it, so that the next
//! page is read meanwhile.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::view::json;
use crate::view::key::KeyBody;
use crate::view::{Format, csv};

/// How many pages may wait for the thread.
const WAITING: usize = 2;

type Text = Result<Vec<u8>, Error>;

/// The text of pages of keys, in their order.
pub struct Pages {
    form: Form,
    count: u64,
    helper: Option<Helper>,
}

struct Helper {
    pages: SyncSender<Vec<Key>>,
    texts: Receiver<Text>,
    thread: JoinHandle<()>,
}

/// What a page looks like.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Ids only, one a line.
    pub ids_only: bool,
    /// In which form, unless that is so.
    pub format: Format,
    /// As of when.
    pub now: Timestamp,
}

impl Pages {
    /// No page yet.
    pub fn new(form: Form) -> Self {
        Pages {
            form,
            count: 0,
            helper: None,
        }
    }

    /// Adds a page. What is text by now goes to `write`: this page, or earlier ones.
    pub fn add(
        &mut self,
        page: Vec<Key>,
        mut write: impl FnMut(Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.count += 1;
        if self.count == 1 {
            return write(self.form.text(&page)?);
        }
        let helper = match &self.helper {
            Some(helper) => helper,
            None => self.helper.insert(Helper::start(self.form)?),
        };
        helper.pages.send(page).map_err(|_| Error::ended_early())?;
        helper.texts.try_iter().try_for_each(|text| write(text?))
    }

    /// Ends: what is not written yet goes to `write`.
    pub fn end(self, mut write: impl FnMut(Vec<u8>) -> Result<(), Error>) -> Result<(), Error> {
        let Some(Helper {
            pages,
            texts,
            thread,
        }) = self.helper
        else {
            return Ok(());
        };
        drop(pages);
        texts.iter().try_for_each(|text| write(text?))?;
        thread.join().map_err(|_| Error::ended_early())
    }
}

impl Helper {
    fn start(form: Form) -> Result<Self, Error> {
        let (pages, waiting) = sync_channel::<Vec<Key>>(WAITING);
        let (done, texts) = channel();
        // Whoever no longer listens does not want the rest.
        let work = move || {
            for_each(waiting, |page| {
                done.send(
                    form.text(&page)
                        .map(|text| [form.between(), &text].concat()),
                )
                .is_ok()
            })
        };
        let thread = thread::Builder::new()
            .spawn(work)
            .map_err(|e| Error::io("start a thread", e))?;
        Ok(Helper {
            pages,
            texts,
            thread,
        })
    }
}

fn for_each<T>(items: Receiver<T>, mut each: impl FnMut(T) -> bool) {
    while let Ok(item) = items.recv() {
        if !each(item) {
            return;
        }
    }
}

impl Form {
    /// What stands between two pages.
    fn between(self) -> &'static [u8] {
        if self.format == Format::Json && !self.ids_only {
            b","
        } else {
            b""
        }
    }

    /// A page: lines, or the items of a JSON array.
    fn text(self, page: &[Key]) -> Text {
        let mut text = Vec::with_capacity(512 * page.len());
        if self.ids_only {
            page.iter()
                .for_each(|key| text.extend([key.id.as_str().as_bytes(), b"\n"].concat()));
            return Ok(text);
        }
        if self.format == Format::Csv {
            let rows = page.iter().map(|key| KeyBody::new(key, self.now).cells());
            return csv::write_rows(text, rows).map_err(|e| Error::io("write CSV", e));
        }
        for (place, key) in page.iter().enumerate() {
            if place > 0 && self.format == Format::Json {
                text.push(b',');
            }
            json::write(&mut text, &KeyBody::new(key, self.now))
                .map_err(|e| Error::io("write JSON", e))?;
            if self.format == Format::Jsonl {
                text.push(b'\n');
            }
        }
        Ok(text)
    }
}
