//! `scopes`: the catalogue of what a key may do.

use serde::Serialize;

use crate::domain::{Endpoint, Scope};
use crate::view::View;
use crate::view::text::table;
use crate::view::text::theme::Theme;

/// All scopes, each with the endpoints that need it.
#[derive(Debug)]
pub struct ScopeCatalogue;

#[derive(Serialize)]
struct ScopesBody {
    scopes: Vec<ScopeBody>,
}

#[derive(Serialize)]
struct ScopeBody {
    scope: &'static str,
    description: &'static str,
    endpoints: Vec<&'static str>,
}

impl View for ScopeCatalogue {
    fn json(&self) -> impl Serialize {
        let body = |scope: Scope| ScopeBody {
            scope: scope.as_str(),
            description: scope.description(),
            endpoints: patterns(scope),
        };
        ScopesBody {
            scopes: Scope::ALL.map(body).into(),
        }
    }

    fn human(&self, theme: &Theme) -> Vec<String> {
        let rows = Scope::ALL.iter().map(|scope| {
            let endpoints = if *scope == Scope::Admin {
                "all endpoints".into()
            } else {
                patterns(*scope).join("\n")
            };
            [scope.as_str().into(), scope.description().into(), endpoints]
        });
        table::catalogue(["SCOPE", "GRANTS", "ENDPOINTS"], rows.collect(), theme)
    }
}

fn patterns(scope: Scope) -> Vec<&'static str> {
    Endpoint::needing(scope)
        .map(|endpoint| endpoint.pattern)
        .collect()
}
