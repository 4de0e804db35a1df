//! Searches the versions of files among the loose objects.

use std::io::Read;
use std::path::Path;

use super::blob_search::{BlobFound, BlobSearch};
use super::limits::Limits;
use super::loose::{LooseObject, in_directory, path_of};
use super::object::{Damaged, ObjectId, ObjectKind};
use super::pack::Pack;
use crate::leak::git::object_store::ObjectStore;

/// Searches loose objects.
pub struct LooseSearch<'s, 'k> {
    store: &'s ObjectStore,
    packs: &'s [Pack],
    limits: &'s Limits,
    /// What they hold, but for the keys.
    pub blobs: BlobSearch<'k>,
    bytes: Vec<u8>,
    /// How many commits there are.
    pub commits: u64,
    /// What was found.
    pub found: Vec<(ObjectId, BlobFound)>,
    /// What could not be read here.
    pub left: Vec<ObjectId>,
}

impl<'s, 'k> LooseSearch<'s, 'k> {
    /// A search of the objects that are in none of the packs.
    pub fn new(
        store: &'s ObjectStore,
        packs: &'s [Pack],
        limits: &'s Limits,
        blobs: BlobSearch<'k>,
    ) -> Self {
        LooseSearch {
            store,
            packs,
            limits,
            blobs,
            bytes: Vec::new(),
            commits: 0,
            found: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Searches the objects whose names begin with this byte.
    pub fn directory(&mut self, first_byte: u8) {
        let directories = &self.store.directories;
        for (number, directory) in directories.iter().enumerate() {
            let objects = match in_directory(directory, first_byte, self.store.id_length) {
                Ok(objects) => objects,
                Err(e) => {
                    self.blobs.survey.add_unreadable(directory, e);
                    continue;
                }
            };
            for id in objects {
                // One that cannot be looked up is rather searched twice.
                let is_packed = |pack: &Pack| matches!(pack.index.find(&id), Ok(Some(_)));
                let is_known = directories[..number]
                    .iter()
                    .any(|earlier| path_of(earlier, &id).exists());
                if is_known || self.packs.iter().any(is_packed) {
                    continue;
                }
                match self.object(&path_of(directory, &id)) {
                    Ok(found) if found.is_empty() => {}
                    Ok(found) => self.found.push((id, found)),
                    Err(Damaged) => self.left.push(id),
                }
            }
        }
    }

    fn object(&mut self, path: &Path) -> Result<BlobFound, Damaged> {
        let mut object = LooseObject::open(path)?;
        match object.kind {
            ObjectKind::Blob if object.size > self.limits.object => {
                self.blobs.search_stream(&mut object)
            }
            ObjectKind::Blob => {
                self.bytes.clear();
                object.read_to_end(&mut self.bytes)?;
                Ok(self.blobs.search(&self.bytes))
            }
            ObjectKind::Commit => {
                self.commits += 1;
                Ok(BlobFound::default())
            }
            ObjectKind::Tree | ObjectKind::Tag => Ok(BlobFound::default()),
        }
    }
}
