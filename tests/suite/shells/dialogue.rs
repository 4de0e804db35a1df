//! Questions at a real terminal.

use crate::support::shell::Bench;
use crate::support::tools;

#[test]
fn what_is_typed_replaces_the_default() {
    if !tools::are_there(&["setsid"]) {
        return;
    }
    let bench = Bench::with_keys(&[]);
    let mut terminal = bench.shell("bin/zenflow-keys", &["create", "--preset", "erp-sync"]);
    terminal.shows("Ctrl-C leaves");
    terminal.types("ERP\r");
    terminal.shows("[90d]:");
    terminal.types("30d\r");
    terminal.shows("Enter: any address");
    terminal.types("\r");
    terminal.shows("(in 30d)");
    terminal.shows("Create this key? [Y/n]");
    terminal.types("\r");
    terminal.shows("Created");
}

#[test]
fn ctrl_c_at_any_question_says_once_that_nothing_was_changed() {
    if !tools::are_there(&["setsid"]) {
        return;
    }
    const SAID: &str = "interrupted; nothing was changed";
    let bench = Bench::with_keys(&["ERP"]);
    for (args, before, question) in [
        (&["create"][..], "", "Name"),
        (&["create", "x"], "", "Access"),
        (&["create", "x"], "\r", "[90d]"),
        (&["create", "x", "--json"], "\r\r\r", "Create this key?"),
        (&["revoke", "ERP"], "", "for good?"),
        (&["check"], "", "API key"),
    ] {
        for _ in 0..3 {
            let args = args.join(" ");
            let script = format!("zenflow-keys {args}; echo \"ended: $?\"");
            let mut terminal =
                bench.shell("bash", &["--norc", "-c", &format!("trap : INT; {script}")]);
            terminal.types(before);
            terminal.shows(question);
            let screen = terminal.types_until("\u{3}", |shown| shown.contains("ended: 130"));
            assert_eq!(screen.matches(SAID).count(), 1, "{args}:\n{screen}");
            assert_eq!(
                screen.contains("\"code\":\"interrupted\""),
                args.contains("--json"),
                "{screen}"
            );
        }
    }
}
