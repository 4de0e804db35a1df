//! The pictures in the README are the program's own output, on a terminal of 80 columns.

use std::path::Path;

use anstyle_svg::{Palette, Term};
use zenflow_keys::context::Streams;

use crate::support::in_process::{Bench, DAY, HOUR, MINUTE, Made};

const COLUMNS: u16 = 80;

/// Readable on a background of its own, whether the page around it is light or dark.
fn terminal() -> Term {
    let rgb = |code: u32| {
        let [_, red, green, blue] = code.to_be_bytes();
        anstyle::RgbColor(red, green, blue)
    };
    let palette = [
        0x161b22, 0xff7b72, 0x56d364, 0xe3b341, 0x79c0ff, 0xd2a8ff, 0x56d4dd, 0xe6edf3, //
        0x8b949e, 0xff7b72, 0x56d364, 0xe3b341, 0x79c0ff, 0xd2a8ff, 0x56d4dd, 0xffffff,
    ];
    let width = usize::from(COLUMNS) * 84 / 10;
    Term::new()
        .palette(Palette(palette.map(rgb)))
        .fg_color(rgb(0xe6edf3).into())
        .bg_color(rgb(0x161b22).into())
        .min_width_px(width)
}

/// A store in the middle of its life: a rotation is open, a key is off, one ends soon.
fn store() -> (Bench, Made) {
    let bench = Bench::new();
    bench.set("LANG", "C.UTF-8");
    bench.set("ZENFLOW_KEYS_ACTOR", "ana");
    bench.streams.set(Streams {
        stdout_is_terminal: true,
        width: Some(COLUMNS),
        ..Streams::default()
    });
    let erp = [
        "--preset",
        "erp-sync",
        "--expires",
        "90d",
        "--allow-ip",
        "203.0.113.0/24",
        "--owner",
        "Ana Paz",
    ];
    let from_the_office = [
        "--record",
        "--request",
        "POST /orders",
        "--ip",
        "203.0.113.7",
    ];
    let reports = made(&bench, &["create", "Reports", "--preset", "read-only"]);
    bench.later(3 * DAY);
    made(
        &bench,
        &[
            "create",
            "Tienda Nube",
            "--preset",
            "stock-sync",
            "--expires",
            "45d",
        ],
    );
    let old = made(&bench, &[&["create", "ERP Córdoba"], &erp[..]].concat());
    made(
        &bench,
        &[
            "create",
            "Sandbox",
            "--scope",
            "read:orders,write:orders",
            "--env",
            "test",
        ],
    );
    bench.later(40 * DAY);
    bench.ok(&["disable", "Sandbox"]);
    assert_eq!(bench.check(&reports.secret, &["--record"]).status, 0);
    assert_eq!(bench.check(&old.secret, &from_the_office).status, 0);
    bench.later(2 * HOUR);
    let new = made(&bench, &["rotate", "ERP Córdoba"]);
    bench.later(HOUR);
    assert_eq!(bench.check(&new.secret, &from_the_office).status, 0);
    bench.later(5 * MINUTE);
    (bench, new)
}

fn made(bench: &Bench, args: &[&str]) -> Made {
    let document = bench.json(args);
    Made {
        id: document["key"]["id"].as_str().unwrap().into(),
        secret: document["api_key"].as_str().unwrap().into(),
    }
}

/// Fails if the picture in `docs/` is not this screen.
fn hold(picture: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(picture);
    // What a terminal shows dimmed is to be read here too.
    let svg = terminal()
        .render_svg(screen.trim_end())
        .replace(".dimmed { opacity: 0.4; }", ".dimmed { opacity: 0.7; }");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &svg).unwrap();
    }
    let drawn = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        drawn == svg,
        "docs/{picture} is stale; renew it: UPDATE=1 cargo test --locked pictures"
    );
}

fn screen(bench: &Bench, args: &[&str]) -> String {
    bench.ok(&[args, &["--color", "always"]].concat()).stdout
}

#[test]
fn the_picture_of_a_list_is_fresh() {
    let (bench, _) = store();
    hold(
        "list.svg",
        &format!("$ zenflow-keys list\n{}", screen(&bench, &["list"])),
    );
}

#[test]
fn the_picture_of_a_rotation_is_fresh() {
    let (bench, _) = store();
    hold(
        "show.svg",
        &format!(
            "$ zenflow-keys show \"ERP Córdoba\"\n{}",
            screen(&bench, &["show", "ERP Córdoba"])
        ),
    );
}

#[test]
fn the_picture_of_a_refusal_is_fresh() {
    let (bench, new) = store();
    let command = "$ zenflow-keys check --request \"PUT /products/17\" --ip 198.51.100.4 < erp.key";
    let refused = bench.check(
        &new.secret,
        &[
            "--request",
            "PUT /products/17",
            "--ip",
            "198.51.100.4",
            "--color",
            "always",
        ],
    );
    hold(
        "check.svg",
        &format!("{command}\n{}$ echo $?\n{}", refused.stdout, refused.status),
    );
}
