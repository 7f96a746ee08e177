//! The demo as a person runs it.

use std::fs;
use std::process::Command as Process;
use std::time::Duration;

use assert_cmd::Command;
use origin::Origin;

/// Whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

const VARIANTS: [&str; 7] =
    ["threads", "threads_small_buffers", "tokio", "hyper", "smol", "async_std", "floor"];

fn demo() -> Command {
    let mut demo = Command::cargo_bin("mass-download").expect("cargo has built it");
    demo.env_remove("OUTCOME_FILE").env_remove("OUTCOME_CASE").timeout(PATIENCE);
    demo
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Fetches a list of these lines with `variant`; the exit code, what it printed and what it said.
fn fetch(variant: &str, lines: &[u8]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.txt");
    fs::write(&list, lines).unwrap();
    let output = demo().args([variant, "--urls"]).arg(&list).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Where nobody listens: at a port that no system hands out by itself.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn with_a_name_it_runs_that_variant_against_an_origin_of_its_own() {
    for variant in VARIANTS {
        let run = demo().args([variant, "--requests", "20", "--delay-ms", "1"]).assert().success();
        let said = text(&run.get_output().stdout);
        assert!(said.starts_with(&format!("{variant}: 20 of 20 in ")), "{said}");
    }
}

#[test]
fn without_a_name_it_runs_all() {
    let run = demo().args(["--requests", "3", "--delay-ms", "1"]).assert().success();
    let table = text(&run.get_output().stdout);
    let names: Vec<_> = table.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, VARIANTS, "{table}");
}

#[test]
fn a_list_is_fetched_and_told_line_by_line() {
    let origin = Origin::in_thread().unwrap();
    let (url, closed) = (origin.url(), NOWHERE);
    let lines =
        format!("# ours\n{url}/bytes/5?delay_ms=100\r\n\n  {url}/status/404\n{closed}/\n{url}/bytes/6");
    for variant in VARIANTS {
        let (code, printed, said) = fetch(variant, lines.as_bytes());
        let rows: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["200", "5", &format!("{url}/bytes/5?delay_ms=100")]);
        assert_eq!(rows[1], ["404", "14", &format!("{url}/status/404")]);
        assert_eq!(rows[2][..3], ["failed", "-", &format!("{closed}/:")]);
        assert!(printed.lines().nth(2).unwrap().contains("refused"), "{printed}");
        assert_eq!(rows[3], ["200", "6", &format!("{url}/bytes/6")]);
        assert_eq!((code, rows.len()), (1, 4), "{printed}");
        assert!(said.contains("1 of 4 downloads failed"), "{said}");
    }
}

#[test]
fn a_list_that_all_comes_in_is_a_success() {
    let origin = Origin::in_thread().unwrap();
    let (code, _, said) = fetch("hyper", format!("{}/bytes/5\n", origin.url()).as_bytes());
    assert!(code == 0 && said.starts_with("hyper: 1 of 1 in "), "{said}");
}

#[test]
fn a_bad_list_is_refused_with_file_and_line() {
    let lists: [(&[u8], &str); 6] = [
        (b"http://a/\nhttps://b/\n", "list.txt:2: https://b/ is https"),
        (b"\n\ngarbage\n", "list.txt:3: `garbage` does not begin with http://"),
        (b"http://a/\nhttp://\n", "list.txt:2: `http://` is not a URL"),
        (b"ftp://a/\n", "list.txt:1: `ftp://a/` does not begin with http://"),
        (b"http://a/\xff\n", "list.txt:1: not a URL, since it is not UTF-8"),
        (b"# nothing\n", "list.txt: there is no URL in it"),
    ];
    for (lines, message) in lists {
        let (code, printed, said) = fetch("smol", lines);
        assert!(code == 1 && printed.is_empty() && said.contains(message), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let run = demo().args(["--urls", "/no/such/list"]).assert().code(1);
    let said = text(&run.get_output().stderr);
    assert!(said.contains("/no/such/list") && said.contains("No such file"), "{said}");
}

#[test]
fn wrong_use_is_refused() {
    for arguments in [
        ["tokio", "--requests", "0", "--bytes", "1"],
        ["tokio", "--delay-ms", "-1", "--bytes", "1"],
        ["tokio", "--urls", "list.txt", "--origin", NOWHERE],
        ["hope", "--requests", "1", "--bytes", "1"],
    ] {
        demo().args(arguments).assert().code(2);
    }
    let run = demo().args(["tokio", "--origin", "ftp://a"]).assert().code(1);
    assert!(text(&run.get_output().stderr).contains("`ftp://a` is not an origin's URL"));
}

#[test]
fn an_origin_that_does_not_answer_is_an_error_that_says_so() {
    for variant in VARIANTS {
        let run = demo().args([variant, "--requests", "10", "--origin", NOWHERE]).assert().code(1);
        let said = text(&run.get_output().stderr);
        assert!(said.contains("10 of 10 downloads failed"), "{variant}: {said}");
        assert!(said.contains("Connection refused"), "{variant}: {said}");
    }
}

#[test]
fn a_limit_on_open_files_is_named_and_hangs_nobody() {
    let origin = Origin::in_thread().unwrap();
    for variant in VARIANTS {
        let mut limited = Process::new("sh");
        limited.args(["-c", "ulimit -n 256; exec \"$@\"", "sh"]).arg(demo().get_program());
        limited.args([variant, "--requests", "1000", "--delay-ms", "500", "--origin", origin.url()]);
        let run = Command::from(limited).env_remove("OUTCOME_FILE").timeout(PATIENCE).assert().code(1);
        let said = text(&run.get_output().stderr);
        assert!(said.contains("RLIMIT_NOFILE") && !said.contains("panicked"), "{variant}: {said}");
    }
}
