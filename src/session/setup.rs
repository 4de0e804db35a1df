//! What is there before a store is opened, and the ways to open it.

use std::path::PathBuf;

use crate::context::{Clock, Variable};
use crate::domain::{Entropy, Text, Timestamp};
use crate::error::{Code, Error};
use crate::session::actor::actor;
use crate::session::input::Input;
use crate::session::place::{StorePlace, place};
use crate::session::{Issuer, Issuing, Reading, Session, Writing, remark_on};
use crate::store::{Access, Author, Store, when_free};
use crate::view::Output;

/// A session without a store.
pub struct Setup<'a> {
    /// `--db`.
    pub db: Option<PathBuf>,
    /// `--actor`.
    pub actor: Option<Text>,
    pub clock: Clock<'a>,
    pub variable: Variable<'a>,
    pub user: &'a dyn Fn() -> String,
    pub entropy: &'a mut dyn Entropy,
    pub input: Input<'a>,
    pub output: Output<'a>,
}

impl<'a> Setup<'a> {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Where the store is, or will be.
    pub fn place(&self) -> Result<StorePlace, Error> {
        place(self.db.clone(), self.variable)
    }

    /// In whose name the store is changed.
    pub fn actor(&self) -> Result<Text, Error> {
        actor(self.actor.clone(), self.variable, self.user)
    }

    fn author(&self) -> Result<Author<'a>, Error> {
        Ok(Author::new(self.clock, self.actor()?))
    }

    /// Opens the store to look at it, if it is there. One that was named must be.
    pub fn store_if_any(&mut self) -> Result<Option<Store>, Error> {
        let is_named = self.db.is_some() || (self.variable)("ZENFLOW_KEYS_DB").is_some();
        let place = match self.place() {
            // Without a home there is no default place, and no store in it.
            Err(_) if !is_named => return Ok(None),
            place => place?,
        };
        match Store::open(&place.path, Access::Read) {
            Err(error) if place.is_default && error.code == Code::StoreMissing => Ok(None),
            Err(error) => Err(error),
            Ok(store) => {
                remark_on(&store, &mut self.output);
                Ok(Some(store))
            }
        }
    }

    /// Opens the store to look at it.
    pub fn reading(self) -> Result<Reading<'a>, Error> {
        let store = Store::open(&self.place()?.path, Access::Read)?;
        Ok(session(store, (), self.clock, self.input, self.output))
    }

    /// Opens the store to change it.
    pub fn writing(self) -> Result<Writing<'a>, Error> {
        let author = self.author()?;
        let store = Store::open_to_write(&self.place()?.path, self.clock)?;
        Ok(session(store, author, self.clock, self.input, self.output))
    }

    /// The same as [`Setup::reading`] for a stream, which waits for as long as others hold the store.
    pub fn reading_when_free(self) -> Result<Reading<'a>, Error> {
        let path = self.place()?.path;
        let store = when_free(|| Store::open(&path, Access::Read))?;
        Ok(session(store, (), self.clock, self.input, self.output))
    }

    /// The same as [`Setup::writing`] for a stream.
    pub fn writing_when_free(self) -> Result<Writing<'a>, Error> {
        let author = self.author()?;
        let path = self.place()?.path;
        let store = when_free(|| Store::open_to_write(&path, self.clock))?;
        Ok(session(store, author, self.clock, self.input, self.output))
    }

    /// Opens the store to make keys in it.
    pub fn issuing(self) -> Result<Issuing<'a>, Error> {
        self.issuing_in(|place, _, clock| Store::open_to_write(&place.path, clock))
    }

    /// The same; a store that is not there is made.
    pub fn issuing_in_any_store(self) -> Result<Issuing<'a>, Error> {
        self.issuing_in(|place, entropy, clock| {
            Store::open_or_create(&place.path, place.is_default, entropy, clock)
        })
    }

    fn issuing_in(
        self,
        open: impl FnOnce(&StorePlace, &mut dyn Entropy, Clock<'a>) -> Result<Store, Error>,
    ) -> Result<Issuing<'a>, Error> {
        let author = self.author()?;
        let store = open(&self.place()?, self.entropy, self.clock)?;
        let issuer = Issuer {
            author,
            entropy: self.entropy,
        };
        Ok(session(store, issuer, self.clock, self.input, self.output))
    }
}

fn session<'a, A>(
    store: Store,
    author: A,
    clock: Clock<'a>,
    input: Input<'a>,
    mut output: Output<'a>,
) -> Session<'a, A> {
    remark_on(&store, &mut output);
    Session {
        store,
        author,
        input,
        output,
        clock,
    }
}
