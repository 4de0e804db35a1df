//! What a user who is not root meets: files, directories and mounts that are read-only, full disks,
//! limits, and journals that a crash left.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use crate::process::owners::{NOBODY, as_nobody};
use crate::support::process::{Bench, feed, finish, mode, set_mode};
use crate::support::tools;

/// A directory of nobody's, with a store of nobody's that holds one key. `None` if that cannot be
/// done here.
fn nobodys() -> Option<(Bench, String)> {
    let bench = Bench::new();
    let create = as_nobody(&bench, &["create", "shop", "--preset", "read-only"])?;
    chown(bench.directory(), Some(NOBODY), Some(NOBODY)).unwrap();
    let key = finish(create).exits(0).stdout.trim_end().to_owned();
    Some((bench, key))
}

const READ: [&[&str]; 5] = [
    &["list"],
    &["show", "shop"],
    &["log", "--verify"],
    &["check"],
    &["revoke", "shop", "--dry-run"],
];
const WRITE: [&[&str]; 6] = [
    &["create", "other", "--preset", "read-only"],
    &["rotate", "shop"],
    &["revoke", "shop", "--yes"],
    &["update", "shop", "--note", "x"],
    &["allowlist", "add", "shop", "192.0.2.1"],
    &["check", "--record"],
];

/// Reading works, and changing is refused with this code and changes nothing.
fn can_only_be_read(bench: &Bench, key: &str) {
    let before = fs::read(bench.db()).unwrap();
    for args in READ {
        feed(as_nobody(bench, args).unwrap(), key.as_bytes()).exits(0);
    }
    for args in WRITE {
        let outcome = feed(
            as_nobody(bench, &[args, &["--json"]].concat()).unwrap(),
            key.as_bytes(),
        )
        .exits(6);
        assert_eq!(
            (outcome.code().as_str(), outcome.stdout.as_str()),
            ("store_unwritable", ""),
            "{args:?}"
        );
    }
    assert!(fs::read(bench.db()).unwrap() == before);
    assert_eq!(bench.files(), ["keys.db", "program"]);
}

#[test]
fn a_store_belongs_to_whoever_makes_it() {
    let Some((bench, key)) = nobodys() else {
        return;
    };
    assert_eq!(
        (bench.db().metadata().unwrap().uid(), mode(&bench.db())),
        (NOBODY, 0o600)
    );
    for args in READ.into_iter().chain(WRITE) {
        // After the rotation a name means no single key; whose the files are is what counts here.
        let _ = feed(as_nobody(&bench, args).unwrap(), key.as_bytes());
    }
    finish(as_nobody(&bench, &["list", "--all"]).unwrap()).exits(0);
    assert_eq!(bench.files(), ["keys.db", "program"]);
    // What root changes stays nobody's.
    bench.run(&["update", "shop", "--note", "by root"]).exits(0);
    finish(as_nobody(&bench, &["update", "shop", "--note", "by nobody"]).unwrap()).exits(0);
    assert_eq!(bench.db().metadata().unwrap().uid(), NOBODY);
}

#[test]
fn a_file_that_is_read_only_can_be_read() {
    let Some((bench, key)) = nobodys() else {
        return;
    };
    set_mode(&bench.db(), 0o400);
    can_only_be_read(&bench, &key);
}

#[test]
fn a_directory_that_is_read_only_can_be_read() {
    let Some((bench, key)) = nobodys() else {
        return;
    };
    set_mode(bench.directory(), 0o500);
    can_only_be_read(&bench, &key);
}

#[test]
fn no_store_is_made_where_nothing_may_be_written() {
    let Some((bench, _)) = nobodys() else { return };
    fs::remove_file(bench.db()).unwrap();
    set_mode(bench.directory(), 0o500);
    let outcome = finish(
        as_nobody(
            &bench,
            &["create", "shop", "--preset", "read-only", "--json"],
        )
        .unwrap(),
    )
    .exits(6);
    assert_eq!(
        (outcome.code().as_str(), outcome.stdout.as_str()),
        ("store_unwritable", "")
    );
    assert_eq!(bench.files(), ["program"]);
}

/// Runs a script as root with mounts of its own; `$0` is the directory, `$@` the program as nobody.
/// `false` if nothing can be mounted here.
fn with_mounts(bench: &Bench, script: &str) -> bool {
    if !tools::are_there(&["unshare", "mount", "setpriv", "cp"]) {
        return false;
    }
    let mounts = Command::new("unshare")
        .args(["-m", "mount", "-t", "tmpfs", "none", "/mnt"])
        .stderr(Stdio::null())
        .status();
    if !mounts.unwrap().success() {
        // Also in CI, which may be a container that is not allowed to.
        tools::say("SKIPPED: tests of full disks and read-only mounts need leave to mount");
        return false;
    }
    as_nobody(bench, &[]).unwrap();
    let mut shell = Command::new("unshare");
    let script = format!(
        "set -e; run() {{ setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups ./program \"$@\"; }}; {script}"
    );
    shell.args(["-m", "sh", "-c", &script]);
    let outcome = finish(bench.prepared(shell, &[]));
    assert_eq!(outcome.status, 0, "{outcome:?}");
    true
}

#[test]
fn a_mount_that_is_read_only_can_be_read() {
    let Some((bench, key)) = nobodys() else {
        return;
    };
    fs::write(bench.path("presented"), key).unwrap();
    let script = "
        mount --bind \"$PWD\" \"$PWD\"; mount -o remount,bind,ro \"$PWD\"; cd \"$PWD\"
        run list >/dev/null; run log --verify >/dev/null; run check --quiet <presented
        for change in 'revoke shop --yes' 'rotate shop' 'create other --preset read-only' 'update shop --note x'; do
            code=0; run $change --json 2>/dev/null || code=$?; [ $code = 6 ]
        done";
    with_mounts(&bench, script);
    assert!(!bench.path("keys.db-journal").exists());
}

#[test]
fn a_full_disk_refuses_changes_and_loses_nothing() {
    let Some((bench, key)) = nobodys() else {
        return;
    };
    fs::write(bench.path("presented"), key).unwrap();
    fs::create_dir(bench.path("small")).unwrap();
    let script = format!(
        "
        mount -t tmpfs -o size=512k,mode=700,uid={NOBODY},gid={NOBODY} none small
        cp -p keys.db small; export ZENFLOW_KEYS_DB=small/keys.db
        cat /dev/zero >small/filler 2>/dev/null || true
        for change in 'revoke shop --yes' 'rotate shop' 'create other --preset read-only' 'update shop --note x' 'check --record'; do
            code=0; run $change <presented 2>said || code=$?; [ $code = 6 ]; grep -q 'free some space on the disk' said
        done
        code=0; run create new --preset read-only --db small/new.db 2>said || code=$?; [ $code = 6 ]; grep -q 'free some space' said
        code=0; run create new --preset read-only --db keys.db --out small/key 2>said || code=$?; [ $code = 1 ]; grep -q 'small/key' said
        [ \"$(ls -A small)\" = \"$(printf 'filler\\nkeys.db')\" ]
        run list --ids >/dev/null; run check --quiet <presented; run log --verify >/dev/null
        rm small/filler; run revoke shop --yes; [ \"$(run list --ids)\" = '' ]"
    );
    if with_mounts(&bench, &script) {
        assert_eq!(bench.actions(), ["create"]);
    }
}

#[test]
fn a_file_that_may_not_grow_is_a_failure_and_no_sudden_end() {
    let (bench, key) = Bench::with_key("shop");
    for blocks in [0, 1, 8, 16, 40] {
        for args in WRITE {
            let script = format!("ulimit -f {blocks}; exec \"$@\"");
            let outcome = feed(
                bench.shell(&script, &[args, &["--json"]].concat()),
                key.as_bytes(),
            )
            .exits(6);
            assert_eq!(outcome.code(), "store_unwritable", "{args:?}");
        }
        let new = ["create", "new", "--preset", "read-only", "--db", "new.db"];
        finish(bench.shell(&format!("ulimit -f {blocks}; exec \"$@\""), &new)).exits(6);
    }
    assert_eq!(
        (bench.actions(), bench.files()),
        (vec!["create".into()], vec!["keys.db".into()])
    );
}

#[test]
fn too_few_open_files_are_a_failure_and_no_crash() {
    let (bench, key) = Bench::with_key("shop");
    for limit in 3..12 {
        for args in READ.into_iter().chain([
            &["update", "shop", "--note", "x"][..],
            &["create", "shop", "--preset", "read-only"],
        ]) {
            let script = format!("ulimit -n {limit}; exec \"$@\"");
            let outcome = feed(bench.shell(&script, args), key.as_bytes());
            // 127: it could not even be loaded. 4: the name is taken.
            assert!(
                [0, 1, 4, 6, 127].contains(&outcome.status),
                "{limit} {args:?} {outcome:?}"
            );
            assert!(
                outcome.status == 0 || !outcome.stderr.is_empty(),
                "{limit} {args:?}"
            );
        }
    }
    assert_eq!(bench.files(), ["keys.db"]);
    bench.run(&["log", "--verify"]).exits(0);
}

/// Leaves the store as a crash does: half written, with the journal that undoes it.
fn crash(bench: &Bench) {
    let aside = bench.path("aside");
    fs::create_dir(&aside).unwrap();
    let copy = aside.join("keys.db");
    fs::copy(bench.db(), &copy).unwrap();
    let writer = Connection::open(&copy).unwrap();
    // A cache of one page writes pages before the commit, and so syncs the journal.
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE keys SET name = 'half', name_folded = 'half'").unwrap();
    let fill = "INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
                SELECT 'b' || printf('%09d', i), randomblob(32), 'b', 'b', 'live', 'admin', 1 FROM n";
    writer
        .execute_batch(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) {fill}"
        ))
        .unwrap();
    for name in ["keys.db", "keys.db-journal"] {
        let owner = bench.db().metadata().unwrap();
        fs::copy(aside.join(name), bench.path(format!("{name}.new"))).unwrap();
        chown(
            bench.path(format!("{name}.new")),
            Some(owner.uid()),
            Some(owner.gid()),
        )
        .unwrap();
    }
    let was = mode(&bench.db());
    for name in ["keys.db", "keys.db-journal"] {
        fs::rename(bench.path(format!("{name}.new")), bench.path(name)).unwrap();
        set_mode(&bench.path(name), was);
    }
    drop(writer);
    fs::remove_dir_all(aside).unwrap();
}

#[test]
fn a_crash_is_undone_by_the_next_command_even_one_that_reads() {
    for args in READ {
        let (bench, key) = Bench::with_key("shop");
        let before = fs::read(bench.db()).unwrap();
        crash(&bench);
        assert!(
            fs::read(bench.db()).unwrap() != before,
            "the store is half written"
        );
        bench.feed(args, key.as_bytes()).exits(0);
        assert_eq!(bench.files(), ["keys.db"], "{args:?}");
        assert!(fs::read(bench.db()).unwrap() == before, "{args:?}");
    }
}

/// Every command says that the owner must open it once, and leaves the journal.
fn waits_for_its_owner(bench: &Bench, key: &str) {
    let journal = fs::read(bench.path("keys.db-journal")).unwrap();
    for args in READ {
        let outcome = feed(
            as_nobody(bench, &[args, &["--json"]].concat()).unwrap(),
            key.as_bytes(),
        )
        .exits(6);
        assert!(
            outcome.stderr.contains("once as the owner"),
            "{args:?} {outcome:?}"
        );
        assert_eq!(outcome.stdout, "");
    }
    assert!(fs::read(bench.path("keys.db-journal")).unwrap() == journal);
}

#[test]
fn a_crash_that_cannot_be_undone_is_left_to_the_owner() {
    let Some((bench, key)) = nobodys() else {
        return;
    };
    crash(&bench);
    set_mode(&bench.db(), 0o400);
    waits_for_its_owner(&bench, &key);
    set_mode(&bench.db(), 0o600);
    set_mode(bench.directory(), 0o500);
    waits_for_its_owner(&bench, &key);
    set_mode(bench.directory(), 0o700);
    feed(as_nobody(&bench, &["check"]).unwrap(), key.as_bytes()).exits(0);
    assert_eq!(bench.files(), ["keys.db", "program"]);

    // And a store of somebody else.
    let (bench, key) = Bench::with_key("shop");
    set_mode(bench.directory(), 0o755);
    set_mode(&bench.db(), 0o644);
    crash(&bench);
    waits_for_its_owner(&bench, &key);
    bench.run(&["list"]).exits(0);
    feed(as_nobody(&bench, &["check"]).unwrap(), key.as_bytes()).exits(0);
}

#[test]
fn a_journal_that_undoes_nothing_does_no_harm() {
    let noise: Vec<u8> = (0..5000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for content in [
        &b""[..],
        &[0; 4096],
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
        &noise,
    ] {
        let (bench, key) = Bench::with_key("shop");
        let before = fs::read(bench.db()).unwrap();
        write(&bench.path("keys.db-journal"), content);
        bench.feed(&["check"], key.as_bytes()).exits(0);
        assert!(fs::read(bench.db()).unwrap() == before);
        bench.run(&["update", "shop", "--note", "x"]).exits(0);
        assert_eq!(bench.files(), ["keys.db"]);
        bench.run(&["log", "--verify"]).exits(0);
    }
}

fn write(path: &Path, content: &[u8]) {
    File::create(path).unwrap().write_all(content).unwrap();
    set_mode(path, 0o600);
}
