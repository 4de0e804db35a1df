//! The Debian package, once it is installed: a new user, who has what every new user has, completes
//! the name of a key.

use std::fs;
use std::path::Path;

use crate::support::shell::Bench;

/// Says that the package is installed, so that the test must run.
const INSTALLED: &str = "ZENFLOW_KEYS_INSTALLED";

#[test]
fn the_installed_package_completes_in_a_fresh_bash() {
    if std::env::var_os(INSTALLED).is_none() {
        eprintln!("SKIPPED, for {INSTALLED} does not say that the package is installed");
        return;
    }
    let bench = Bench::with_keys(&["ERP Integration"]);
    // The one in /usr/bin is meant.
    fs::remove_file(bench.path("bin/zenflow-keys")).unwrap();
    fs::copy("/etc/skel/.bashrc", bench.path(".bashrc")).unwrap();
    let mut terminal = bench.shell("bash", &["-i"]);
    terminal.types("zenflow-keys show E\t\r");
    terminal.shows("ERP Integration  ● active");
    for file in [
        "zsh/vendor-completions/_zenflow-keys",
        "fish/vendor_completions.d/zenflow-keys.fish",
        "man/man1/zenflow-keys-rotate.1.gz",
        "doc/zenflow-keys/README.md",
        "doc/zenflow-keys/copyright",
    ] {
        let path = Path::new("/usr/share").join(file);
        let packed = format!("{}.gz", path.display());
        assert!(path.exists() || Path::new(&packed).exists(), "{path:?}");
    }
    for unit in ["zenflow-keys.socket", "zenflow-keys.service"] {
        let units = Path::new("/usr/lib/systemd/system");
        assert!(units.join(unit).exists(), "{unit}");
        let enabled = Path::new("/etc/systemd/system");
        for target in ["sockets.target.wants", "multi-user.target.wants"] {
            assert!(
                !enabled.join(target).join(unit).exists(),
                "{unit} is enabled"
            );
        }
    }
}
