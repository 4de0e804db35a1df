//! ZenFlow's named sets of scopes.

use crate::domain::remedy::{Hint, Remedy};
use std::str::FromStr;

use crate::domain::{Invalid, Scope, ScopeSet};

/// A named set of scopes, as ZenFlow's dashboard offers them ("Authentication", presets).
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its word on the command line and in JSON: `erp-sync`.
    pub id: &'static str,
    /// Its name in the dashboard: `ERP Sync`.
    pub name: &'static str,
    /// What it grants.
    pub scopes: ScopeSet,
    /// What it is for, in ZenFlow's words.
    pub use_case: &'static str,
}

/// The catalogue of presets.
pub const PRESETS: [Preset; 4] = [
    Preset {
        id: "read-only",
        name: "Read Only",
        scopes: ScopeSet::of(&[Scope::ReadOrders, Scope::ReadProducts, Scope::ReadStock]),
        use_case: "Reporting and analytics",
    },
    Preset {
        id: "erp-sync",
        name: "ERP Sync",
        scopes: ScopeSet::of(&[
            Scope::ReadOrders,
            Scope::WriteOrders,
            Scope::ReadProducts,
            Scope::ReadStock,
            Scope::WriteStock,
        ]),
        use_case: "Full ERP integration",
    },
    Preset {
        id: "stock-sync",
        name: "Stock Sync",
        scopes: ScopeSet::of(&[Scope::ReadProducts, Scope::ReadStock, Scope::WriteStock]),
        use_case: "Inventory synchronization",
    },
    Preset {
        id: "full-access",
        name: "Full Access",
        scopes: ScopeSet::of(&[Scope::Admin]),
        use_case: "Administrative access",
    },
];

impl Preset {
    /// The preset whose scopes are exactly these.
    pub fn exactly(scopes: ScopeSet) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.scopes == scopes)
    }
}

/// A preset that was named on the command line.
impl FromStr for &'static Preset {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        PRESETS
            .iter()
            .find(|preset| preset.id == text)
            .ok_or_else(|| {
                Invalid::unknown("preset", text, PRESETS.iter().map(|p| p.id)).hint(
                    Hint::from("'")
                        .then(Remedy::ListPresets)
                        .then("' lists all presets"),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_zenflows() {
        let rows: Vec<_> = PRESETS
            .iter()
            .map(|p| format!("{} | {} | {} | {}", p.name, p.id, p.scopes, p.use_case))
            .collect();
        assert_eq!(
            rows,
            [
                "Read Only | read-only | read:orders read:products read:stock | Reporting and analytics",
                "ERP Sync | erp-sync | read:orders write:orders read:products read:stock write:stock | Full ERP integration",
                "Stock Sync | stock-sync | read:products read:stock write:stock | Inventory synchronization",
                "Full Access | full-access | admin | Administrative access",
            ]
        );
    }

    #[test]
    fn a_set_is_a_preset_only_if_it_is_exactly_its_scopes() {
        for preset in &PRESETS {
            assert_eq!(Preset::exactly(preset.scopes), Some(preset));
            assert_eq!(
                Preset::exactly(preset.scopes.with(ScopeSet::of(&[Scope::ReadWebhooks]))),
                None
            );
        }
        assert_eq!(Preset::exactly(ScopeSet::EMPTY), None);
    }

    #[test]
    fn a_mistyped_preset_is_named_with_the_nearest() {
        let fault = <&Preset>::from_str("erpsync").unwrap_err();
        assert_eq!(
            fault.message,
            "unknown preset 'erpsync'; did you mean 'erp-sync'?"
        );
    }
}
