//! What a key may do: the nine scopes of ZenFlow's API and sets of them.

use crate::domain::remedy::{Hint, Remedy};
use crate::domain::words::words;
use std::str::FromStr;

use crate::domain::Invalid;

words! {
    kind "scope", hint Hint::from("'").then(Remedy::ListScopes).then("' lists all scopes");
    /// A permission, as ZenFlow's documentation lists them ("Authentication", scopes). The order is the
    /// catalogue's.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum Scope {
        /// Read order data.
        ReadOrders = "read:orders",
        /// Create and update orders.
        WriteOrders = "write:orders",
        /// Read product catalog.
        ReadProducts = "read:products",
        /// Create and update products.
        WriteProducts = "write:products",
        /// Read inventory levels.
        ReadStock = "read:stock",
        /// Update inventory.
        WriteStock = "write:stock",
        /// View webhook configurations.
        ReadWebhooks = "read:webhooks",
        /// Manage webhooks.
        WriteWebhooks = "write:webhooks",
        /// Full access to all resources.
        Admin = "admin",
    }
}

impl Scope {
    /// What it grants, in ZenFlow's words.
    pub const fn description(self) -> &'static str {
        match self {
            Scope::ReadOrders => "Read order data",
            Scope::WriteOrders => "Create and update orders",
            Scope::ReadProducts => "Read product catalog",
            Scope::WriteProducts => "Create and update products",
            Scope::ReadStock => "Read inventory levels",
            Scope::WriteStock => "Update inventory",
            Scope::ReadWebhooks => "View webhook configurations",
            Scope::WriteWebhooks => "Manage webhooks",
            Scope::Admin => "Full access to all resources",
        }
    }
}

/// A set of scopes. As text: the words in the catalogue's order, joined by a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ScopeSet(u16);

impl ScopeSet {
    /// The empty set.
    pub const EMPTY: ScopeSet = ScopeSet(0);

    /// The set of these scopes.
    pub const fn of(scopes: &[Scope]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < scopes.len() {
            bits |= 1 << scopes[i] as u16;
            i += 1;
        }
        ScopeSet(bits)
    }

    /// Whether this very scope is in the set (`admin` is not looked through; see
    /// [`ScopeSet::grants`]).
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// Whether a key with this set may do `scope`: it is in the set, or `admin` is. Nothing else
    /// implies anything.
    pub fn grants(self, scope: Scope) -> bool {
        self.contains(scope) || self.contains(Scope::Admin)
    }

    /// The scopes of `needed` that a key with this set may not do.
    pub fn missing(self, needed: ScopeSet) -> ScopeSet {
        needed.iter().filter(|scope| !self.grants(*scope)).collect()
    }

    /// The set as a number of its own.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether there is no scope in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The union of both.
    #[must_use]
    pub fn with(self, other: ScopeSet) -> ScopeSet {
        ScopeSet(self.0 | other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn without(self, other: ScopeSet) -> ScopeSet {
        ScopeSet(self.0 & !other.0)
    }

    /// Its scopes, in the catalogue's order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }

    /// The words of its scopes, in the catalogue's order.
    pub fn words(self) -> Vec<&'static str> {
        self.iter().map(Scope::as_str).collect()
    }
}

impl From<Scope> for ScopeSet {
    fn from(scope: Scope) -> Self {
        ScopeSet::of(&[scope])
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(ScopeSet::EMPTY, |set, scope| {
            set.with(ScopeSet::of(&[scope]))
        })
    }
}

impl std::fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for ScopeSet {
    type Err = Invalid;

    /// Reads the canonical text only: each scope once, in the catalogue's order, one space between.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let disorder = || {
            Err(Invalid::new(format!(
                "'{text}' is not a list of scopes in the catalogue's order"
            )))
        };
        let mut last = None;
        let mut set = ScopeSet::EMPTY;
        for word in text.split(' ').filter(|_| !text.is_empty()) {
            if word.is_empty() {
                return disorder();
            }
            let scope = Some(word.parse::<Scope>()?);
            if scope <= last {
                return disorder();
            }
            set = set.with(scope.into_iter().collect());
            last = scope;
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_grants_every_scope_and_no_other_scope_implies_anything() {
        for held in Scope::ALL {
            for asked in Scope::ALL {
                let granted = ScopeSet::of(&[held]).grants(asked);
                assert_eq!(
                    granted,
                    held == asked || held == Scope::Admin,
                    "{held} {asked}"
                );
            }
        }
    }

    #[test]
    fn a_mistyped_scope_is_named_with_the_nearest() {
        let fault = "read:order".parse::<Scope>().unwrap_err();
        assert_eq!(
            fault.message,
            "unknown scope 'read:order'; did you mean 'read:orders'?"
        );
        for text in [
            "",
            "READ:ORDERS",
            "read: orders",
            "read:orders ",
            "*",
            "read",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_set_is_written_and_read_in_the_catalogues_order() {
        let set: ScopeSet = [Scope::Admin, Scope::WriteOrders, Scope::ReadOrders]
            .into_iter()
            .collect();
        assert_eq!(set.to_string(), "read:orders write:orders admin");
        assert_eq!(
            "read:orders write:orders admin".parse::<ScopeSet>(),
            Ok(set)
        );
        for text in [
            "write:orders read:orders",
            "read:orders  admin",
            "read:orders read:orders",
            " admin",
            "admin ",
            "root",
        ] {
            assert!(text.parse::<ScopeSet>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_word_reads_back() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse::<Scope>(), Ok(scope));
        }
    }
}
