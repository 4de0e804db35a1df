//! What the state of a key forbids, as failures with the way out.

use crate::domain::remedy::{Hint, Remedy};
use crate::domain::rotation::{Refusal, Unproven};
use crate::domain::{Key, Status, Timestamp};
use crate::error::{Code, Error};
use crate::store::ReadTx;
use crate::view::text::time::exact_and_relative;

/// How a key is named in a sentence: `'ERP Integration' (k3m9x2q7vd)`.
pub fn called(key: &Key) -> String {
    format!("'{}' ({})", key.name, key.id)
}

/// A revoked key is not changed.
pub fn revoked(key: &Key) -> Error {
    Error::new(
        Code::KeyRevoked,
        format!("{} is revoked for good", called(key)),
    )
    .hint("create a new key in its place")
}

/// Passes if the key is not revoked.
pub fn unless_revoked(key: &Key, now: Timestamp) -> Result<(), Error> {
    if key.is_revoked(now) {
        return Err(revoked(key));
    }
    Ok(())
}

/// The name belongs to another usable key.
pub fn name_taken(holder: &Key) -> Error {
    Error::new(
        Code::NameTaken,
        format!(
            "the name '{}' is in use in '{}' by key {}",
            holder.name, holder.environment, holder.id
        ),
    )
    .hint("choose another name, rotate that key, or use create --if-absent")
}

/// Passes if no usable key but `key` and its partner in a rotation has its name.
pub fn unless_name_is_free(view: ReadTx<'_>, key: &Key, now: Timestamp) -> Result<(), Error> {
    let own: Vec<_> = [Some(key.id), key.rotated_from, key.rotated_to]
        .into_iter()
        .flatten()
        .collect();
    match view.name_holder(&key.name, key.environment, &own, now)? {
        Some(holder) => Err(name_taken(&holder)),
        None => Ok(()),
    }
}

/// Why a key cannot be rotated.
pub fn rotation(key: &Key, refusal: Refusal, now: Timestamp) -> Error {
    match refusal {
        Refusal::Revoked => revoked(key),
        Refusal::AlreadyRotated(successor) => Error::new(
            Code::AlreadyRotated,
            format!(
                "{} was already rotated: {successor} replaces it",
                called(key)
            ),
        )
        .hint(if key.is_being_replaced(now) {
            Hint::from("finish that rotation: ").then(Remedy::FinishRotation(key.id))
        } else {
            Hint::from("see its successor: ").then(Remedy::Show(successor))
        }),
        Refusal::Disabled => Error::new(Code::KeyDisabled, format!("{} is disabled", called(key)))
            .hint(Hint::from("enable it first: ").then(Remedy::Enable(key.id))),
        Refusal::RevocationScheduled(at) => Error::new(
            Code::RevocationScheduled,
            format!(
                "the revocation of {} is scheduled for {}",
                called(key),
                exact_and_relative(at, now)
            ),
        )
        .hint(Hint::from("cancel it first: ").then(Remedy::CancelRevocation(key.id))),
        Refusal::StillOpen(old) => Error::new(
            Code::RotationOpen,
            format!(
                "the rotation that made {} is open: {old} still works",
                called(key)
            ),
        )
        .hint(Hint::from("finish it first: ").then(Remedy::FinishRotation(key.id))),
    }
}

/// Why a rotation cannot be finished yet.
pub fn unproven(old: &Key, new: &Key, unproven: Unproven, now: Timestamp) -> Error {
    let force = "or override with --force";
    match unproven {
        Unproven::NewNotActive(status) => Error::new(
            Code::NotProven,
            format!("the new key {} is {}", new.id, status.as_str()),
        )
        .hint(match status {
            Status::Disabled => Hint::from("enable it first: ")
                .then(Remedy::Enable(new.id))
                .then(format!(", {force}")),
            _ => Hint::from(
                "without the old key nothing would work; to do without both, revoke it: ",
            )
            .then(Remedy::Revoke {
                key: old.id,
                reason: None,
            }),
        }),
        Unproven::NewNeverUsed => Error::new(
            Code::NotProven,
            format!("the new key {} has no recorded allowed use", new.id),
        )
        .hint(format!(
            "let the application use it ('check --record' counts), {force}"
        )),
        Unproven::OldStillUsed(at) => Error::new(
            Code::StillInUse,
            format!(
                "the old key {} was used {}",
                old.id,
                exact_and_relative(at, now)
            ),
        )
        .hint(format!(
            "update what still uses it, wait (--quiet-for says how long), {force}"
        )),
    }
}
