//! The table of keys: finding one, making one, changing one. No change without its event.
//!
//! A key is found in an index, and its row is then read by its place: SQLite would give the column
//! that was asked for back from the index, and a damaged index could never be told from a whole
//! one.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, named_params};

use crate::domain::event;
use crate::domain::event::Action;
use crate::domain::{Digest, Environment, Key, KeyId, Name, Presented, Timestamp, name};
use crate::error::{Code, Error};
use crate::store::convert;
use crate::store::convert::KEY_COLUMNS;
use crate::store::failure;
use crate::store::{ReadTx, WriteTx, row_hash};

/// Neither revoked nor expired at `:now`. Most keys are not: the plus keeps SQLite from looking
/// them all up by their expiry.
pub(crate) const NOT_OVER: &str = "(k.revoked_at IS NULL OR k.revoked_at > :now) AND +coalesce(k.expires_at, 253402300800) > :now";

impl ReadTx<'_> {
    /// The key with this id.
    ///
    /// # Errors
    /// If the store cannot be read, the row is damaged, or it is another key's.
    pub fn key(&self, id: KeyId) -> Result<Option<Key>, Error> {
        match self.first(
            "WHERE k.seq = (SELECT seq FROM keys WHERE id = ?1)",
            [id.as_str()],
        )? {
            Some(key) if key.id != id => Err(failure::damaged(format!(
                "the row of key {} answers for another key",
                key.id
            ))),
            other => Ok(other),
        }
    }

    /// The key with this id, which the store itself has named.
    ///
    /// # Errors
    /// As for [`ReadTx::key`], and if there is none.
    pub fn known_key(&self, id: KeyId) -> Result<Key, Error> {
        self.key(id)?.ok_or_else(|| {
            Error::new(Code::KeyNotFound, format!("key {id} is gone")).hint("try again")
        })
    }

    /// The key that this one replaced in a rotation, unless it was pruned.
    ///
    /// # Errors
    /// If the store cannot be read or the row is damaged.
    pub fn predecessor(&self, key: &Key) -> Result<Option<Key>, Error> {
        Ok(key
            .rotated_from
            .map(|id| self.key(id))
            .transpose()?
            .flatten())
    }

    /// The record of a presented key, found by its digest. A damaged index must never yield another
    /// key's record, nor hide the key's own.
    ///
    /// # Errors
    /// If the store cannot be read, the row does not belong to the key, or the key is there and not
    /// found.
    pub fn key_presented(&self, presented: &Presented) -> Result<Option<Key>, Error> {
        let Some(digest) = presented.digest() else {
            return Ok(None);
        };
        let (mut lookup, id) = (self.lookup()?, presented.id());
        let key = lookup.by_digest(&digest, id)?;
        if let (None, Some(id)) = (&key, id) {
            lookup.confirm_absence(id, &digest)?;
        }
        Ok(key)
    }

    /// The usable keys of this name, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn usable_keys_named(&self, text: &str, now: Timestamp) -> Result<Vec<Key>, Error> {
        let filter = format!("WHERE k.name_folded = :name AND {NOT_OVER} ORDER BY k.seq");
        self.all(
            &filter,
            named_params! { ":name": name::fold(text), ":now": now.unix() },
        )
    }

    /// The newest key of this name, usable or not.
    ///
    /// # Errors
    /// If the store cannot be read or the row is damaged.
    pub fn newest_key_named(
        &self,
        text: &str,
        environment: Option<Environment>,
    ) -> Result<Option<Key>, Error> {
        let filter = "WHERE k.name_folded = ?1 AND (?2 IS NULL OR k.environment = ?2) ORDER BY k.seq DESC LIMIT 1";
        self.first(
            filter,
            (name::fold(text), environment.map(Environment::as_str)),
        )
    }

    /// The keys whose id begins with `prefix`, at most `limit` of them.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn keys_with_id_prefix(&self, prefix: &str, limit: u32) -> Result<Vec<Key>, Error> {
        let prefix = prefix.to_ascii_lowercase();
        let filter = "WHERE k.id >= ?1 AND k.id < ?1 || '~' ORDER BY k.id LIMIT ?2";
        self.all(filter, (prefix, limit))
    }

    /// The usable key that holds a name in an environment, other than `except`.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn name_holder(
        &self,
        name: &Name,
        environment: Environment,
        except: &[KeyId],
        now: Timestamp,
    ) -> Result<Option<Key>, Error> {
        let usable = self.usable_keys_named(name.as_str(), now)?;
        Ok(usable
            .into_iter()
            .find(|key| key.environment == environment && !except.contains(&key.id)))
    }

    /// The names and ids of the newest keys, to suggest one of.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn newest_names(&self) -> Result<Vec<String>, Error> {
        let mut statement = self
            .conn
            .prepare("SELECT name, id FROM keys ORDER BY seq DESC LIMIT 5000")?;
        let mut rows = statement.query([])?;
        let mut names = Vec::new();
        while let Some(row) = rows.next()? {
            names.push(row.get(0)?);
            names.push(row.get(1)?);
        }
        Ok(names)
    }

    fn first(&self, filter: &str, params: impl Params) -> Result<Option<Key>, Error> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("SELECT {KEY_COLUMNS} FROM keys k {filter}"))?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(convert::key).transpose()
    }

    fn all(&self, filter: &str, params: impl Params) -> Result<Vec<Key>, Error> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("SELECT {KEY_COLUMNS} FROM keys k {filter}"))?;
        let mut rows = statement.query(params)?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            keys.push(convert::key(row)?);
        }
        Ok(keys)
    }
}

impl<'c> ReadTx<'c> {
    /// The digests of all keys.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn digests(&self) -> Result<Vec<Digest>, Error> {
        let mut statement = self.conn.prepare("SELECT digest FROM keys")?;
        let digests = statement.query_map([], |row| row.get(0).map(Digest::from_bytes))?;
        digests.collect::<Result<_, _>>().map_err(failure::damaged)
    }

    /// The way to find many keys by their digests.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn lookup(&self) -> Result<Lookup<'c>, Error> {
        let sql = format!(
            "SELECT {KEY_COLUMNS} FROM keys k WHERE k.seq = (SELECT seq FROM keys WHERE digest = ?1)"
        );
        Ok(Lookup {
            conn: self.conn,
            by_digest: self.conn.prepare_cached(&sql)?,
            by_id: None,
        })
    }
}

/// The question for a key by its digest, to be asked again and again.
pub struct Lookup<'c> {
    conn: &'c Connection,
    by_digest: CachedStatement<'c>,
    /// Prepared once it is needed.
    by_id: Option<CachedStatement<'c>>,
}

impl Lookup<'_> {
    /// The record with this digest; one that is not found is to be confirmed to be absent. The
    /// digest of the row is compared with it once more, and the id of the row with the id inside
    /// the key, if it has one.
    ///
    /// # Errors
    /// If the store cannot be read, or the row does not belong to the key.
    pub fn by_digest(&mut self, digest: &Digest, id: Option<KeyId>) -> Result<Option<Key>, Error> {
        let mut rows = self.by_digest.query([digest.as_bytes()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let key = convert::key(row)?;
        if convert::key_digest(row)? != *digest || id.is_some_and(|id| id != key.id) {
            return Err(failure::damaged(format!(
                "the row of key {} answers for another key",
                key.id
            )));
        }
        Ok(Some(key))
    }

    /// Makes sure that a key that was not found by its digest is not there. One that was made since
    /// is no reason for alarm.
    ///
    /// # Errors
    /// If the store cannot be read, or the key is there and still not found.
    pub fn confirm_absence(&mut self, id: KeyId, digest: &Digest) -> Result<(), Error> {
        let by_id = match &mut self.by_id {
            Some(statement) => statement,
            none => none.insert(
                self.conn
                    .prepare_cached("SELECT digest FROM keys WHERE id = ?1")?,
            ),
        };
        let found = by_id
            .query_row([id.as_str()], |row| row.get(0))
            .optional()?
            .map(Digest::from_bytes);
        if found == Some(*digest) && self.by_digest(digest, Some(id))?.is_none() {
            return Err(failure::damaged(format!(
                "key {id} is not found by its digest"
            )));
        }
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Adds a new key, with its event.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn insert(&mut self, key: &Key, digest: &Digest, action: Action) -> Result<(), Error> {
        self.tx.execute(
            "INSERT INTO keys (digest, rotated_from, id, name, name_folded, environment, scopes, allowed_ips, owner, note, created_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            rusqlite::params![
                digest.as_bytes(),
                key.rotated_from.as_ref().map(KeyId::as_str),
                key.id.as_str(),
                key.name.as_str(),
                key.name.folded(),
                key.environment.as_str(),
                key.scopes.to_string(),
                key.allowlist.to_string(),
                key.owner.as_ref().map(|text| text.as_str()),
                key.note.as_ref().map(|text| text.as_str()),
                key.created_at.unix(),
                key.expires_at.map(Timestamp::unix),
            ],
        )?;
        let row_hash =
            row_hash::of_key(self.tx.last_insert_rowid(), key.id, key.created_at, digest);
        let mut changes = event::changes(None, key);
        changes.push(row_hash::change(None, row_hash));
        self.append(key, action, &changes)?;
        if self.view().row_hash(key.id)? != Some(row_hash) {
            return Err(not_as_written(key));
        }
        self.confirm(key)
    }

    /// Brings a key from one state to another, with its event. Returns whether anything changed;
    /// where nothing does, there is no event.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn save(&mut self, before: &Key, after: &Key, action: Action) -> Result<bool, Error> {
        let changes = event::changes(Some(before), after);
        if changes.is_empty() {
            return Ok(false);
        }
        let revocation = after.revocation.as_ref();
        let changed = self.tx.execute(
            "UPDATE keys SET name = ?2, name_folded = ?3, scopes = ?4, allowed_ips = ?5, owner = ?6, note = ?7, expires_at = ?8, disabled_at = ?9, \
             revoked_at = ?10, revocation_reason = ?11 WHERE seq = (SELECT seq FROM keys WHERE id = ?1) AND +id = ?1",
            rusqlite::params![
                after.id.as_str(),
                after.name.as_str(),
                after.name.folded(),
                after.scopes.to_string(),
                after.allowlist.to_string(),
                after.owner.as_ref().map(|text| text.as_str()),
                after.note.as_ref().map(|text| text.as_str()),
                after.expires_at.map(Timestamp::unix),
                after.disabled_at.map(Timestamp::unix),
                revocation.map(|revocation| revocation.at.unix()),
                revocation.and_then(|revocation| revocation.reason.as_ref()).map(|text| text.as_str()),
            ],
        )?;
        if changed != 1 {
            return Err(failure::damaged(format!(
                "key {} cannot be found again",
                after.id
            )));
        }
        self.append(after, action, &changes)?;
        self.confirm(after)?;
        Ok(true)
    }

    /// Reads a row again that was just written: what is told to have changed must have changed.
    fn confirm(&self, written: &Key) -> Result<(), Error> {
        let is_as_written = self.view().key(written.id)?.is_some_and(|read| {
            // What replaced it stands in another row.
            let rotated_to = written.rotated_to;
            Key { rotated_to, ..read } == *written
        });
        if is_as_written {
            Ok(())
        } else {
            Err(not_as_written(written))
        }
    }
}

fn not_as_written(key: &Key) -> Error {
    failure::damaged(format!("key {} is not as it was written", key.id))
}
