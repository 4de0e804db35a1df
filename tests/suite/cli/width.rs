//! Output for people fits the terminal, narrow or wide, with colours or without, in Unicode or
//! ASCII.

use textwrap::core::display_width;
use zenflow_keys::context::Streams;

use crate::support::in_process::{Bench, DAY};

#[test]
fn every_line_fits_and_no_id_is_broken() {
    let bench = Bench::new();
    let old = bench.create(
        "Integración con el sistema ERP de Ñuñoa",
        &[
            "--preset",
            "erp-sync",
            "--owner",
            "finance and controlling, second floor",
        ],
    );
    let limited = bench.create(
        "Warehouse",
        &[
            "--allow-ip",
            "203.0.113.0/24,2001:db8::/32,198.51.100.7,192.0.2.0/25",
        ],
    );
    bench.use_it(&old);
    bench.rotate(&old.id, &[]);
    bench.later(DAY);
    bench.ok(&["disable", "Warehouse"]);
    bench.ok(&[
        "update",
        "Warehouse",
        "--note",
        "a note of many words ".repeat(9).trim_end(),
    ]);
    for width in [40, 80, 200] {
        for (color, locale) in [("never", "C"), ("never", "C.UTF-8"), ("always", "C.UTF-8")] {
            bench.set("LC_ALL", locale);
            bench.streams.set(Streams {
                stdout_is_terminal: true,
                width: Some(width),
                ..Streams::default()
            });
            for args in [
                &["list", "--all"][..],
                &["show", &old.id],
                &["show", "Warehouse"],
                &["allowlist", "list", "Warehouse"],
                &["log"],
                &["log", "--verify"],
                &["usage", "report"],
                &["usage", "report", "--by", "hour"],
                &["usage", "report", &old.id, "--by", "key"],
                &["scopes"],
                &["presets"],
            ] {
                let shown = bench.ok(&[args, &["--color", color]].concat()).stdout;
                fits(&shown, width, &format!("{args:?} {color} {locale}"));
                assert!(color == "always" || !shown.contains('\u{1b}'), "{args:?}");
                let symbols = ["●", "◌", "▸", "✓", "…", "→"];
                assert!(
                    locale != "C" || !symbols.iter().any(|symbol| shown.contains(symbol)),
                    "{args:?}: {shown}"
                );
                assert!(
                    !args.contains(&"list")
                        || shown.contains("203.0.113.0/24")
                        || shown.contains(&old.id),
                    "{shown}"
                );
            }
            let outcome = bench.check(
                &limited.secret,
                &[
                    "--scope",
                    "admin,write:webhooks,write:stock",
                    "--ip",
                    "9.9.9.9",
                    "--color",
                    color,
                ],
            );
            fits(&outcome.stdout, width, "check");
            assert!(
                outcome.stdout.contains("disabled") && outcome.stdout.contains("HTTP 401"),
                "{outcome:?}"
            );
        }
    }
}

#[track_caller]
fn fits(shown: &str, width: u16, what: &str) {
    for line in shown.lines() {
        // The head of the log is to be copied whole.
        let fits = display_width(line) <= usize::from(width) || line.starts_with("head ");
        assert!(fits, "{what}, {width} columns: {line:?}");
        assert_eq!(line.trim_end(), line, "{what}, {width} columns");
    }
}

#[test]
fn remarks_and_errors_wrap_at_the_width_of_standard_error_alone() {
    let bench = Bench::new();
    let widths = |width, stderr_width| {
        bench.streams.set(Streams {
            width,
            stderr_width,
            ..Streams::default()
        });
    };
    let fits = |text: &str| {
        let mut lines = text.lines().filter(|line| {
            // What may be copied stays in one piece.
            !line.contains("zenflow-keys ")
        });
        assert!(lines.all(|line| line.chars().count() <= 40), "{text}");
    };
    widths(None, Some(40));
    let remarks = bench
        .ok(&["create", "ERP", "--preset", "full-access"])
        .stderr;
    fits(&remarks);
    assert!(
        remarks.contains("Check it: printf %s \"$KEY\" | zenflow-keys check --scope admin\n"),
        "{remarks}"
    );
    fits(
        &bench
            .run(&["create", "ERP", "--preset", "full-access"])
            .stderr,
    );
    bench.ok(&["disable", "ERP"]);
    let refused = bench.run(&["rotate", "ERP"]).stderr;
    fits(&refused);
    assert!(
        refused
            .lines()
            .any(|line| line.starts_with("  zenflow-keys enable ")),
        "the command of a hint stays whole: {refused}"
    );
    widths(Some(40), None);
    let remarks = bench
        .ok(&["create", "Shop", "--preset", "full-access"])
        .stderr;
    assert!(
        remarks.lines().any(|line| line.len() > 80),
        "standard error is no terminal: {remarks}"
    );
}
