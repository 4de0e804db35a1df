//! Where the secret of a key is, and where it is not.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::process::Stdio;

use rustix::fs::{OFlags, fcntl_setfl};

use crate::process::session::{LISTING, MAKING, OUT, PRESENTING, keys_in};
use crate::support::process::{Bench, contains, finish, secret, wait};

#[test]
fn a_secret_is_printed_once_and_kept_nowhere() {
    let bench = Bench::new();
    let (mut keys, mut stderr, mut later) = (Vec::new(), String::new(), String::new());
    for args in MAKING {
        let outcome = bench.run(args).exits(0);
        for key in keys_in(&outcome.stdout) {
            assert_eq!(outcome.stdout.matches(secret(&key)).count(), 1);
            keys.push(key);
        }
        stderr += &outcome.stderr;
    }
    for out in OUT {
        keys.extend(keys_in(&fs::read_to_string(bench.path(out)).unwrap()));
        fs::remove_file(bench.path(out)).unwrap();
    }
    assert_eq!(keys.len(), MAKING.len());
    for key in &keys {
        for args in PRESENTING {
            let outcome = bench.feed(args, key.as_bytes());
            later += &(outcome.stdout + &outcome.stderr);
        }
    }
    for args in LISTING {
        later += &bench.run(args).exits(0).stdout;
    }
    assert_eq!(bench.files(), ["keys.db"]);
    let store = fs::read(bench.db()).unwrap();
    for key in &keys {
        let secret = secret(key);
        for part in [secret, &secret[..16], &secret[16..32]] {
            assert!(!contains(&store, part), "in the store");
            assert!(!stderr.contains(part), "on standard error");
            assert!(!later.contains(part), "shown again");
        }
    }
}

#[test]
fn a_key_among_the_arguments_is_refused_and_not_repeated() {
    let (bench, key) = Bench::with_key("shop");
    let (upper, inside) = (key.to_uppercase(), format!("x={key};"));
    let (joined, flag) = (format!("--note={key}"), format!("--{key}"));
    for json in [&[][..], &["--json"]] {
        for args in [
            &["show", &key][..],
            &["show", &upper],
            &["revoke", &inside, "--yes"],
            &["check", &key],
            &["check", "--key-file", &key],
            &["create", &key, "--preset", "read-only"],
            &["create", "x", "--preset", "read-only", &joined],
            &["create", "x", "--preset", &key],
            &["create", "x", "--preset", "read-only", "--out", &key],
            &["list", "--db", &key],
            &["list", "--actor", &key],
            &["list", &flag],
            &["--format", &key, "list"],
            &[&key],
            &["--help", &key],
            &["show", "--", &key],
            &["show", &key[..44]],
        ] {
            let outcome = bench.run(&[json, args].concat()).exits(2);
            let said = (outcome.stdout.clone() + &outcome.stderr).to_lowercase();
            assert!(
                !said.contains(&secret(&key)[..10].to_lowercase()),
                "{args:?}: {outcome:?}"
            );
            assert_eq!(outcome.stdout, "");
            assert!(
                !json.is_empty() || said.contains("stdin") || said.contains("standard input"),
                "{outcome:?}"
            );
        }
    }
    assert_eq!(bench.actions(), ["create"]);
}

#[test]
fn no_variable_that_holds_a_key_is_repeated() {
    let (bench, key) = Bench::with_key("shop");
    for args in [
        &["check", "--key-env", "KEY"][..],
        &["check", "--key-env", "KEY", "--scope", "admin", "--json"],
        &["list"],
    ] {
        let mut command = bench.command(args);
        command.env("KEY", &key);
        let outcome = finish(command);
        assert!(!(outcome.stdout + &outcome.stderr).contains(secret(&key)));
    }
}

/// Standard error is a pipe that is full, so the process still runs when the key is known.
#[test]
#[cfg(target_os = "linux")]
fn the_command_line_of_the_process_does_not_hold_the_key() {
    let bench = Bench::new();
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    while writer.write(&[b' '; 4096]).map_err(|e| e.kind()) != Err(ErrorKind::WouldBlock) {}
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    let mut create = bench.command(&["create", "shop", "--preset", "read-only"]);
    let mut child = create.stderr(Stdio::from(writer)).spawn().unwrap();
    drop(create);
    let mut key = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut key)
        .unwrap();
    let cmdline = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    assert!(contains(&cmdline, "create") && !contains(&cmdline, secret(key.trim_end())));
    drop(reader);
    wait(child).exits(0);
    bench.feed(&["check"], key.as_bytes()).exits(0);
}
