//! `presets`: the catalogue of the named sets of scopes.

use serde::Serialize;

use crate::domain::{Preset, preset};
use crate::view::View;
use crate::view::text::table;
use crate::view::text::theme::Theme;

/// All presets.
#[derive(Debug)]
pub struct PresetCatalogue;

#[derive(Serialize)]
struct PresetsBody {
    presets: Vec<PresetBody>,
}

#[derive(Serialize)]
struct PresetBody {
    id: &'static str,
    name: &'static str,
    scopes: Vec<&'static str>,
    use_case: &'static str,
}

impl View for PresetCatalogue {
    fn json(&self) -> impl Serialize {
        let body = |preset: &Preset| PresetBody {
            id: preset.id,
            name: preset.name,
            scopes: preset.scopes.words(),
            use_case: preset.use_case,
        };
        PresetsBody {
            presets: preset::PRESETS.iter().map(body).collect(),
        }
    }

    fn human(&self, theme: &Theme) -> Vec<String> {
        let rows = preset::PRESETS.iter().map(|preset| {
            [
                preset.id.into(),
                preset.use_case.into(),
                preset.scopes.words().join(", "),
            ]
        });
        table::catalogue(["PRESET", "USE CASE", "SCOPES"], rows.collect(), theme)
    }
}
