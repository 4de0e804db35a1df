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

/// The text of pages of keys, in their order.
pub struct KeyPages {
    page_format: PageFormat,
    count: u64,
    thread: Option<PageThread>,
}

struct PageThread {
    pages: SyncSender<Vec<Key>>,
    texts: Receiver<Result<Vec<u8>, Error>>,
    thread: JoinHandle<()>,
}

/// What a page looks like.
#[derive(Debug, Clone, Copy)]
pub struct PageFormat {
    /// Ids only, one a line.
    pub ids_only: bool,
    /// In which form, unless that is so.
    pub format: Format,
    /// As of when.
    pub now: Timestamp,
}

impl KeyPages {
    /// No page yet.
    pub fn new(page_format: PageFormat) -> Self {
        KeyPages {
            page_format,
            count: 0,
            thread: None,
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
            return write(self.page_format.text(&page)?);
        }
        let thread = match &self.thread {
            Some(thread) => thread,
            None => self.thread.insert(PageThread::start(self.page_format)?),
        };
        thread.pages.send(page).map_err(|_| Error::ended_early())?;
        thread.texts.try_iter().try_for_each(|text| write(text?))
    }

    /// Ends: what is not written yet goes to `write`.
    pub fn end(self, mut write: impl FnMut(Vec<u8>) -> Result<(), Error>) -> Result<(), Error> {
        let Some(PageThread {
            pages,
            texts,
            thread,
        }) = self.thread
        else {
            return Ok(());
        };
        drop(pages);
        texts.iter().try_for_each(|text| write(text?))?;
        thread.join().map_err(|_| Error::ended_early())
    }
}

impl PageThread {
    fn start(page_format: PageFormat) -> Result<Self, Error> {
        let (pages, waiting) = sync_channel::<Vec<Key>>(WAITING);
        let (done, texts) = channel();
        // Whoever no longer listens does not want the rest.
        let work = move || {
            for_each(waiting, |page| {
                done.send(
                    page_format
                        .text(&page)
                        .map(|text| [page_format.between(), &text].concat()),
                )
                .is_ok()
            })
        };
        let thread = thread::Builder::new()
            .spawn(work)
            .map_err(|e| Error::io("start a thread", e))?;
        Ok(PageThread {
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

impl PageFormat {
    /// What stands between two pages.
    fn between(self) -> &'static [u8] {
        if self.format == Format::Json && !self.ids_only {
            b","
        } else {
            b""
        }
    }

    /// A page: lines, or the items of a JSON array.
    fn text(self, page: &[Key]) -> Result<Vec<u8>, Error> {
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
