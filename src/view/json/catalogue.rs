//! The documents of `scopes` and `presets`.

use serde::Serialize;

use crate::domain::{Endpoint, Preset, Scope, preset};

/// `scopes`.
#[derive(Serialize)]
pub struct Scopes {
    scopes: Vec<ScopeBody>,
}

#[derive(Serialize)]
struct ScopeBody {
    scope: &'static str,
    description: &'static str,
    endpoints: Vec<&'static str>,
}

impl Scopes {
    /// The catalogue.
    pub fn all() -> Self {
        let body = |scope: Scope| ScopeBody {
            scope: scope.as_str(),
            description: scope.description(),
            endpoints: Endpoint::needing(scope)
                .map(|endpoint| endpoint.pattern)
                .collect(),
        };
        Scopes {
            scopes: Scope::ALL.map(body).into(),
        }
    }
}

/// `presets`.
#[derive(Serialize)]
pub struct Presets {
    presets: Vec<PresetBody>,
}

#[derive(Serialize)]
struct PresetBody {
    id: &'static str,
    name: &'static str,
    scopes: Vec<&'static str>,
    use_case: &'static str,
}

impl Presets {
    /// The catalogue.
    pub fn all() -> Self {
        let body = |preset: &Preset| PresetBody {
            id: preset.id,
            name: preset.name,
            scopes: preset.scopes.words(),
            use_case: preset.use_case,
        };
        Presets {
            presets: preset::PRESETS.iter().map(body).collect(),
        }
    }
}
