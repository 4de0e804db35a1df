//! The recipes of `docs/leaks.md`, and what they find and leave behind.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::manual::blocks::{self, Block};
use crate::support::home::{Outcome, Place};
use crate::support::tools;

type Recipe = fn(&mut Place, &[Block]);

const RECIPES: [(&str, Recipe); 9] = [
    ("As a pre-commit or prek hook", pre_commit),
    ("As a plain git hook", plain_hook),
    ("In GitHub Actions", |place, blocks| {
        place.set("GITHUB_BASE_REF", "main");
        pipeline(place, &blocks[0], ".github/workflows/leaks.yml", "- run: ");
    }),
    ("In GitLab CI", |place, blocks| {
        place.set("CI_MERGE_REQUEST_DIFF_BASE_SHA", "origin/main");
        pipeline(place, &blocks[0], ".gitlab-ci.yml", "- zenflow-keys ");
    }),
    ("Every night on a server", every_night),
    ("In the whole history of a repository", history),
    ("What to do with a finding", finding),
    ("Keys that may stay", may_stay),
    ("Patterns for other scanners", patterns),
];

#[test]
fn every_recipe_does_what_it_says() {
    if !tools::are_there(&["bash", "git", "grep"]) {
        return;
    }
    let mut blocks = blocks::of("docs/leaks.md");
    for (title, recipe) in RECIPES {
        let (own, others) = blocks.into_iter().partition(|block| block.title == title);
        blocks = others;
        let own: Vec<Block> = own;
        assert!(!own.is_empty(), "there is no recipe '{title}'");
        recipe(&mut Place::new(), &own);
    }
    assert!(blocks.is_empty(), "these are not run: {blocks:#?}");
}

fn git(place: &Place, args: &[&str]) -> bool {
    let path = format!(
        "{}:{}",
        place.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=n", "-c", "user.email=e@example.org"])
        .args(args)
        .current_dir(place.path("."))
        .env("HOME", place.path("."))
        .env("PATH", path);
    command.output().unwrap().status.success()
}

/// A repository with one commit.
fn repository(place: &Place) {
    assert!(git(place, &["init", "--quiet", "--initial-branch=main"]));
    place.write(".gitignore", "*\n!*.txt\n");
    place.write("first.txt", "x\n");
    assert!(git(place, &["add", "first.txt"]));
    assert!(git(place, &["commit", "--quiet", "--message=m"]));
}

fn key(place: &Place, name: &str) -> String {
    place.now(&["create", name, "--preset", "erp-sync"])
}

fn run(place: &Place, commands: &str) -> Outcome {
    place.run(&Block {
        title: String::new(),
        commands: commands.into(),
        output: None,
        exit: None,
        not_run: None,
    })
}

/// Runs a block of which one command fails as it says.
fn fails(place: &Place, block: &Block) -> String {
    let outcome = place.run(block);
    let exit = block.exit.as_deref().unwrap();
    assert_eq!(outcome.status.to_string(), exit, "{}", outcome.screen);
    outcome.screen
}

fn pre_commit(place: &mut Place, blocks: &[Block]) {
    repository(place);
    place.write(
        "bin/pre-commit",
        "#!/bin/sh\necho \"$*\" > pre-commit.args\n",
    );
    assert!(run(place, "chmod +x bin/pre-commit").status == 0);
    place.ok(&blocks[0]);
    assert_eq!(place.read("pre-commit.args"), "install\n");
    let offered = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/.pre-commit-hooks.yaml"
    ));
    let offered = offered.unwrap();
    let field = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| {
            line.trim_start_matches([' ', '-'])
                .strip_prefix(&format!("{name}: "))
                .map(str::to_owned)
        });
        line.unwrap_or_else(|| panic!("{name} is missing in {text}"))
    };
    assert_eq!(
        field(&place.read(".pre-commit-config.yaml"), "id"),
        field(&offered, "id")
    );
    assert_eq!(field(&offered, "pass_filenames"), "false");
    assert_eq!(field(&offered, "language"), "system");
    // What it runs refuses a key and nothing else.
    let entry = field(&offered, "entry");
    place.write("new.txt", &key(place, "Shop"));
    assert_eq!(run(place, &entry).status, 0);
    assert!(git(place, &["add", "new.txt"]));
    assert_eq!(run(place, &entry).status, 7);
}

fn plain_hook(place: &mut Place, blocks: &[Block]) {
    repository(place);
    place.ok(&blocks[0]);
    let commit = |name: &str, text: &str| {
        place.write(name, text);
        assert!(git(place, &["add", name]));
        git(place, &["commit", "--quiet", "--message=m"])
    };
    assert!(commit("good.txt", "harmless"));
    assert!(!commit("bad.txt", &key(place, "Shop")));
}

/// Writes a pipeline and runs its command, on a branch that adds a key and takes it away again.
fn pipeline(place: &mut Place, block: &Block, file: &str, marker: &str) {
    repository(place);
    assert!(git(
        place,
        &["update-ref", "refs/remotes/origin/main", "HEAD"]
    ));
    place.ok(block);
    let pipeline = place.read(file);
    let line = pipeline.lines().find_map(|line| {
        let line = line.trim_start();
        line.starts_with(marker)
            .then(|| line.trim_start_matches("- ").trim_start_matches("run: "))
    });
    let command = line.unwrap();
    assert_eq!(run(place, command).status, 0);
    let commit = |text: &str| {
        place.write("new.txt", text);
        assert!(git(place, &["add", "new.txt"]));
        assert!(git(place, &["commit", "--quiet", "--message=m"]));
    };
    commit(&key(place, "Shop"));
    commit("harmless");
    assert_eq!(run(place, command).status, 7);
    let log: Value = serde_json::from_str(&place.read("leaks.sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 1);
}

fn every_night(place: &mut Place, blocks: &[Block]) {
    fs::create_dir_all(place.path("disk/log")).unwrap();
    place.set("DISK", place.path("disk").to_str().unwrap());
    place.write(
        "leaks.baseline",
        "# zenflow-keys scan baseline, version 1\n",
    );
    place.ok(&blocks[0]);
    place.write("disk/log/app.log", &key(place, "Shop"));
    place.write("disk/image.iso", &key(place, "Other"));
    let outcome = place.run(&blocks[0]);
    assert_eq!(outcome.status, 7, "{}", outcome.screen);
    let report: Value = serde_json::from_str(&place.read("leaks.json")).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(
        (findings.len(), &findings[0]["key"]["name"]),
        (1, &"Shop".into())
    );
}

fn finding(place: &mut Place, blocks: &[Block]) {
    let [rotate, revoke, look] = blocks else {
        panic!("{blocks:#?}")
    };
    let old = key(place, "Shop");
    let other = key(place, "Other");
    place.ok(rotate);
    let status = |key: &str| {
        let listed: Value = serde_json::from_str(&place.now(&["list", "--all", "--json"])).unwrap();
        let keys = listed["keys"].as_array().unwrap().clone();
        let id = key.split('_').nth(2).unwrap();
        let found = keys.iter().find(|key| key["id"] == id).unwrap().clone();
        (found["status"].clone(), found["revocation_reason"].clone())
    };
    assert_eq!(status(&old).0, "revoked");
    assert_eq!(status(place.read("new.key").trim_end()).0, "active");
    place.write("build.log", &other);
    let screen = fails(place, revoke);
    assert!(
        screen.contains("Other") && !screen.contains(&other),
        "{screen}"
    );
    assert_eq!(
        status(&other),
        ("revoked".into(), "leaked: build.log".into())
    );
    place.ok(look);
}

fn may_stay(place: &mut Place, blocks: &[Block]) {
    let expired = key(place, "Old");
    place.now(&["revoke", "Old", "--yes"]);
    place.set("EXPIRED_KEY", &expired);
    fs::create_dir(place.path("old")).unwrap();
    place.write("old/notes", &expired);
    let screen = fails(place, &blocks[0]);
    assert!(screen.contains("no keys, 1 allowed line"), "{screen}");
    place.ok(&blocks[1]);
}

fn history(place: &mut Place, blocks: &[Block]) {
    repository(place);
    let key = key(place, "Shop");
    for text in [&*key, "nothing"] {
        place.write("first.txt", text);
        assert!(git(place, &["commit", "--quiet", "--all", "--message=m"]));
    }
    let screen = fails(place, &blocks[0]);
    assert!(screen.contains("first.txt"), "{screen}");
}

fn patterns(place: &mut Place, blocks: &[Block]) {
    for block in blocks {
        place.ok(block);
    }
    place.write("keys", &format!("a {} b\n", key(place, "Shop")));
    place.write(
        "none",
        "zenflow_live_k3m9x2q7vd_…\nzenflow_prod_k3m9x2q7vd_\n",
    );
    for file in [".gitleaks.toml", "kingfisher.yml", "github-pattern.txt"] {
        let text = place.read(file);
        let line = text
            .lines()
            .find(|line| line.contains("zenflow_("))
            .unwrap();
        let start = line.find("zenflow_(").unwrap();
        // Of what stands in a group, these two would take that for the whole key.
        let has_group = !line.contains("(?:live|test)");
        assert_eq!(has_group, file == "github-pattern.txt", "{file}");
        place.write("pattern", line[start..].trim_end_matches('\''));
        assert_eq!(run(place, "grep -qPf pattern keys").status, 0, "{file}");
        assert_eq!(run(place, "grep -qPf pattern none").status, 1, "{file}");
    }
    if std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|directory| directory.join("gitleaks").exists())
    {
        let found = run(
            place,
            "gitleaks dir keys --config .gitleaks.toml --exit-code 9",
        );
        assert_eq!(found.status, 9, "{}", found.screen);
    }
}

#[test]
fn the_page_lists_its_recipes() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/leaks.md")).unwrap();
    let titles = page.lines().filter_map(|line| line.strip_prefix("## "));
    let expected: Vec<String> = titles
        .map(|title| format!("- [{title}](#{})", title.to_lowercase().replace(' ', "-")))
        .collect();
    assert!(page.contains(&expected.join("\n")), "{expected:#?}");
}
