//! The recipes of `docs/ci.md`, each in a home of its own, and what they leave behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::manual::blocks::{self, Block};
use crate::support::home::Place;
use crate::support::tools;

/// In hours.
const DAY: i64 = 24;

/// The blocks below a title, and a home to run them in.
type Recipe = fn(&mut Place, &[Block]);

const RECIPES: [(&str, Recipe); 11] = [
    (
        "For the following steps of a GitHub Actions job",
        github_job,
    ),
    ("As a secret of a GitHub repository", |place, blocks| {
        handed_over(
            place,
            blocks,
            "gh",
            "secret set ZENFLOW_API_KEY --repo acme/shop",
        )
    }),
    (
        "As a masked variable of a GitLab project",
        |place, blocks| {
            handed_over(
                place,
                blocks,
                "glab",
                "variable set ZENFLOW_API_KEY --masked --repo acme/shop",
            );
        },
    ),
    ("As a file", file),
    ("Create it only once", only_once),
    ("Check a key before a deployment", check),
    ("Rotate on a schedule", rotate),
    ("Finish rotations", finish),
    ("Revoke a key that leaked into a log", leaked),
    ("Keep the head of the audit log", head),
    ("Back up every night", back_up),
];

#[test]
fn every_recipe_does_what_it_says() {
    if !tools::are_there(&["bash", "cat", "jq", "sort"]) {
        return;
    }
    let mut blocks = blocks::of("docs/ci.md");
    for (title, recipe) in RECIPES {
        let (own, others) = blocks.into_iter().partition(|block| block.title == title);
        blocks = others;
        let own: Vec<Block> = own;
        assert!(!own.is_empty(), "there is no recipe '{title}'");
        recipe(&mut Place::new(), &own);
    }
    assert!(blocks.is_empty(), "these are not run: {blocks:#?}");
}

#[test]
fn the_page_lists_its_recipes() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ci.md")).unwrap();
    let titles: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    let listed: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("- [")?.split_once("](#"))
        .collect();
    let anchor = |title: &str| format!("{})", title.to_lowercase().replace(' ', "-"));
    let expected: Vec<_> = titles.iter().map(|title| (*title, anchor(title))).collect();
    assert_eq!(
        listed
            .iter()
            .map(|(title, anchor)| (*title, anchor.to_string()))
            .collect::<Vec<_>>(),
        expected
    );
}

fn keys(place: &Place) -> Vec<Value> {
    let document: Value = serde_json::from_str(&place.now(&["list", "--all", "--json"])).unwrap();
    document["keys"].as_array().unwrap().clone()
}

fn id(key: &str) -> &str {
    key.split('_').nth(2).unwrap()
}

/// Whether the key works now.
fn works(place: &Place, key: &str) -> bool {
    keys(place)
        .iter()
        .any(|one| one["id"] == id(key) && one["status"] == "active")
}

fn github_job(place: &mut Place, blocks: &[Block]) {
    place.set("GITHUB_RUN_ID", "17");
    place.set("GITHUB_ENV", place.path("github.env").to_str().unwrap());
    let log = place.ok(&blocks[0]).screen;
    let variables = place.read("github.env");
    let key = variables
        .trim_end()
        .strip_prefix("ZENFLOW_API_KEY=")
        .unwrap();
    assert!(works(place, key) && key.len() == 62, "{key}");
    let (before, after) = log.split_once("::add-mask::").unwrap();
    assert!(
        !before.contains(key) && after.trim_end() == key,
        "only the mask holds the key: {log}"
    );
}

fn handed_over(place: &mut Place, blocks: &[Block], service: &str, arguments: &str) {
    place.ok(&blocks[0]);
    let key = place.read(&format!("{service}.stdin"));
    assert!(works(place, key.trim_end()), "{key}");
    assert_eq!(place.read(&format!("{service}.args")).trim_end(), arguments);
    assert_eq!(place.files("tmp"), [""; 0], "the key lies about");

    let place = Place::new();
    place.write("offline", "");
    let outcome = place.run(&blocks[0]);
    assert_eq!(outcome.status, 1, "{}", outcome.screen);
    assert_eq!(
        keys(&place)[0]["status"],
        "revoked",
        "a key lives that nobody has"
    );
    assert_eq!(place.files("tmp"), [""; 0], "the key lies about");
}

fn file(place: &mut Place, blocks: &[Block]) {
    place.ok(&blocks[0]);
    assert_eq!(
        place
            .path("zenflow.key")
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    assert!(works(place, place.read("zenflow.key").trim_end()));
    assert_eq!(place.run(&blocks[0]).status, 1, "it replaced the file");
}

fn only_once(place: &mut Place, blocks: &[Block]) {
    place.ok(&blocks[0]);
    let key = place.read("zenflow.key");
    place.ok(&blocks[1]);
    assert!(works(place, key.trim_end()) && keys(place).len() == 1);
    assert_eq!(place.read("zenflow.key"), key);
}

fn check(place: &mut Place, blocks: &[Block]) {
    let deploy = |place: &mut Place, key: &str| {
        place.set("ZENFLOW_API_KEY", key);
        let outcome = place.run(&blocks[0]);
        (outcome.status, outcome.screen.trim_end().to_owned())
    };
    assert_eq!(deploy(place, "").0, 2, "without a store the check fails");
    let good = place.now(&["create", "Good", "--preset", "erp-sync"]);
    let weak = place.now(&["create", "Weak", "--preset", "read-only"]);
    let far = place.now(&[
        "create",
        "Far",
        "--preset",
        "erp-sync",
        "--allow-ip",
        "203.0.113.7",
    ]);
    let gone = place.now(&["create", "Gone", "--preset", "erp-sync"]);
    place.now(&["revoke", "Gone", "--yes"]);
    assert_eq!(deploy(place, &good), (0, "deploying".into()));
    for invalid in [gone.as_str(), "", "nonsense"] {
        assert_eq!(
            deploy(place, invalid),
            (1, "no valid key: none, unknown, revoked or expired".into()),
            "{invalid}"
        );
    }
    assert_eq!(
        deploy(place, &weak),
        (1, "the key may not create orders".into())
    );
    assert_eq!(
        deploy(place, &far),
        (1, "the key may not be used from here".into())
    );
}

fn rotate(place: &mut Place, blocks: &[Block]) {
    let old = place.hours_ago(91 * DAY, &["create", "Old", "--preset", "erp-sync"], "");
    let young = place.hours_ago(89 * DAY, &["create", "Young", "--preset", "erp-sync"], "");
    let taken_away = |name: &str, how: &[&str]| {
        let key = place.hours_ago(91 * DAY, &["create", name, "--preset", "erp-sync"], "");
        place.now(&[&[how[0], id(&key)], &how[1..]].concat());
    };
    taken_away("Disabled", &["disable"]);
    taken_away("Ending", &["revoke", "--in", "120d"]);
    place.ok(&blocks[0]);
    assert_eq!(
        place.files("new-keys"),
        [id(&old)],
        "exactly the old key is rotated"
    );
    let new = place.read(&format!("new-keys/{}", id(&old)));
    assert!(
        [&old, &young, new.trim_end()]
            .iter()
            .all(|key| works(place, key))
    );
    place.ok(&blocks[0]);
    assert_eq!(
        keys(place).len(),
        5,
        "on the next night nothing is to be done"
    );
}

fn finish(place: &mut Place, blocks: &[Block]) {
    let rotated = |name: &str| {
        let old = place.hours_ago(9 * DAY, &["create", name, "--preset", "erp-sync"], "");
        (old, place.hours_ago(5 * DAY, &["rotate", name], ""))
    };
    let (proven, waiting, busy) = (rotated("Proven"), rotated("Waiting"), rotated("Busy"));
    let alone = place.hours_ago(9 * DAY, &["create", "Alone", "--preset", "erp-sync"], "");
    place.hours_ago(2 * DAY, &["check", "--record"], &proven.1);
    place.hours_ago(2 * DAY, &["check", "--record"], &busy.1);
    place.hours_ago(2, &["check", "--record"], &busy.0);
    place.ok(&blocks[0]);
    let (ended, others) = (
        &proven.0,
        [&proven.1, &waiting.0, &waiting.1, &busy.0, &busy.1, &alone],
    );
    assert!(!works(place, ended) && others.iter().all(|key| works(place, key)));
    place.ok(&blocks[0]);
}

fn leaked(place: &mut Place, blocks: &[Block]) {
    let shop = place.hours_ago(9 * DAY, &["create", "Shop", "--preset", "erp-sync"], "");
    let twice = place.hours_ago(9 * DAY, &["create", "Twice", "--preset", "erp-sync"], "");
    let kept = place.hours_ago(9 * DAY, &["create", "Kept", "--preset", "erp-sync"], "");
    let unknown = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
    place.write("build.log", "all is well\n");
    place.ok(&blocks[0]);
    let log = format!(
        "header: {shop}\n{{\"a\":\"{twice}\",\"b\":\"{twice}\"}} {unknown}\nzenflow_live_{}_… is fine\n",
        id(&kept)
    );
    place.write("build.log", &log);
    place.ok(&blocks[1]);
    let screen = place.ok(&blocks[0]).screen;
    assert!(
        !works(place, &shop) && !works(place, &twice) && works(place, &kept),
        "{screen}"
    );
    assert_eq!(keys(place)[0]["revocation_reason"], "leaked into build.log");
    assert!(
        !screen.contains(&shop) && !screen.contains(unknown),
        "{screen}"
    );
}

fn head(place: &mut Place, blocks: &[Block]) {
    place.now(&["create", "Shop", "--preset", "erp-sync"]);
    place.ok(&blocks[0]);
    let early = fs::read(place.path(".local/share/zenflow-keys/keys.db")).unwrap();
    place.now(&["disable", "Shop"]);
    place.ok(&blocks[0]);
    assert!(place.read("zenflow-keys.head").starts_with("2:"));
    fs::write(place.path(".local/share/zenflow-keys/keys.db"), early).unwrap();
    assert_eq!(place.run(&blocks[0]).status, 7, "a cut log is found");
    assert!(
        place.read("zenflow-keys.head").starts_with("2:"),
        "the old head is kept"
    );
}

fn back_up(place: &mut Place, blocks: &[Block]) {
    let key = place.now(&["create", "Shop", "--preset", "erp-sync"]);
    fs::create_dir(place.path("backups")).unwrap();
    let month_old = place.path("backups/2020-01-01.db");
    place.write("backups/2020-01-01.db", "");
    let touched = Command::new("touch")
        .args(["-d", "2020-01-01"])
        .arg(&month_old)
        .status()
        .unwrap();
    assert!(touched.success());
    place.ok(&blocks[0]);
    let files = place.files("backups");
    let [copy, heads] = files.as_slice() else {
        panic!("{files:?}")
    };
    assert!(copy.ends_with(".db") && heads == "heads", "{files:?}");
    let copied = place.now(&[
        "list",
        "--ids",
        "--db",
        place.path("backups").join(copy).to_str().unwrap(),
    ]);
    assert_eq!(copied, id(&key));
    assert!(place.read("backups/heads").starts_with("1:"));
    assert_ne!(place.run(&blocks[0]).status, 0, "it replaced a copy");
    assert_eq!(place.read("backups/heads").lines().count(), 1);
}
