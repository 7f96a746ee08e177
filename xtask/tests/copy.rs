//! `copy` puts one file and its crates into another package, or leaves that package as it was.

mod fixture;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use fixture::{Ended, Fixture};

const TOML: &str = "crates/patterns/my-pool/experiment.toml";
/// fastrand is a crate of this workspace, so that no network is needed.
const TABLE: &str = "\n[workspace.dependencies]\nfastrand = \"2\"\ntempfile = \"999\"\n";

const FAST: &str = "//! Draws a number.

/// Draws it.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// # let hidden = 1;
/// let number = my_pool::run();
///
/// println!(\"{number}\");
/// ```
pub fn run() -> u8 {
    // Right: whoever asks gets one.
    fastrand::Rng::with_seed(1).choice([1]).unwrap_or_default()
}
";

/// A workspace with one pattern, of which `bare` needs no crate, and `fast` one and something in `main`.
fn house() -> Fixture {
    let fixture = Fixture::new(&["good"]);
    fixture.write("Cargo.toml", &(fixture.read("Cargo.toml") + TABLE));
    fixture.add_experiment("crates/patterns/my-pool", &["bare", "fast", "bad", "python_snake"]);
    fixture.write("crates/patterns/my-pool/python/snake.py", "");
    fixture.write("crates/patterns/my-pool/src/fast.rs", FAST);
    with(&fixture, "bare", "when = \"you need nothing\"");
    with(&fixture, "fast", "when = \"it has to be fast\"\nsetup = \"call `init()`\"");
    with(
        &fixture,
        "fast",
        "dependencies = { fastrand = { default-features = false, features = [\"alloc\"] } }",
    );
    fixture.edit(
        TOML,
        "name = \"bad\"\nmodel = \"serial\"\nrole = \"right\"",
        "name = \"bad\"\nmodel = \"serial\"\nrole = \"wrong\"",
    );
    fixture
}

/// Gives a variant more keys.
fn with(house: &Fixture, variant: &str, keys: &str) {
    let name = format!("name = \"{variant}\"\n");
    house.edit(TOML, &name, &format!("{name}{keys}\n"));
}

/// Somebody's package.
fn package() -> Fixture {
    let package = Fixture::empty();
    package.write("Cargo.toml", "[package]\nname = \"app\"\nedition = \"2021\"\n");
    package.write("src/lib.rs", "#![deny(warnings)]\n\npub mod my_pool;\n");
    package
}

fn copy_command(house: &Fixture, what: &str, package: &Fixture) -> Command {
    let mut command = house.command(&["copy", what]);
    command.arg(package.root()).env("CARGO_NET_OFFLINE", "true");
    command
}

fn copy(house: &Fixture, what: &str, package: &Fixture) -> Ended {
    copy_command(house, what, package).into()
}

/// Runs `command`, which must fail and leave the package as it was.
#[track_caller]
fn changes_nothing(command: Command, package: &Fixture) -> Ended {
    let before = package.files();
    let ended = Ended::from(command).exits(1);
    assert!(before == package.files(), "it has changed the package: {ended}");
    assert!(ended.stdout.is_empty(), "{ended}");
    ended
}

#[track_caller]
fn refused(package: &Fixture, parts: &[&str]) {
    let house = house();
    changes_nothing(copy_command(&house, "my-pool/fast", package), package).says_one_error().says(parts);
}

#[test]
fn it_writes_the_file_as_it_is_and_says_how_to_call_it() {
    let (house, package) = (house(), package());
    let mut expected = package.files();
    let ended = copy(&house, "my-pool/bare", &package).exits(0);
    let text = house.read("crates/patterns/my-pool/src/bare.rs");
    assert_eq!(package.read("src/my_pool.rs"), text);
    expected.insert("src/my_pool.rs".into(), text.into());
    assert!(expected == package.files(), "it has changed something else");
    let file = package.path("src/my_pool.rs");
    let told = "Write `mod my_pool;` in src/lib.rs. The comments in the file say how to call it.";
    assert_eq!(ended.stdout, format!("wrote {}\n\n{told}\n", file.display()));
}

#[test]
fn it_adds_the_crates_and_the_package_builds() {
    let (house, package) = (house(), package());
    let lib = package.read("src/lib.rs");
    let ended = copy(&house, "my-pool/fast", &package).exits(0);
    assert_eq!(package.read("src/my_pool.rs"), FAST);
    assert_eq!(package.read("src/lib.rs"), lib);
    let added = "fastrand = { version = \"2\", default-features = false, features = [\"alloc\"] }";
    assert!(package.read("Cargo.toml").contains(added), "{}", package.read("Cargo.toml"));
    let told = "\
added fastrand 2 with alloc, without its default features

First in `main`: call `init()`
Write `mod my_pool;` in src/lib.rs. To call it:

    let number = my_pool::run();
    
    println!(\"{number}\");
";
    assert!(ended.stdout.ends_with(told), "{ended}");
    let mut check = Command::new(env!("CARGO"));
    check.args(["check", "--offline"]).current_dir(package.root()).env_remove("CARGO_TARGET_DIR");
    Ended::from(check).exits(0);
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    for what in ["my-pool/bare", "my-pool/fast"] {
        let (house, package) = (house(), package());
        let before = package.files();
        let mut dry_run = copy_command(&house, what, &package);
        dry_run.arg("--dry-run");
        let would = Ended::from(dry_run).exits(0).stdout;
        assert!(before == package.files(), "it has written");
        let did = copy(&house, what, &package).exits(0).stdout;
        assert_eq!(would.replace("would write", "wrote").replace("would add", "added"), did);
    }
}

#[test]
fn a_dependency_that_is_there_keeps_its_version_and_its_features() {
    let (house, package) = (house(), package());
    let manifest = package.read("Cargo.toml");
    for (there, then) in [
        ("\"2.0\"", "{ version = \"2.0\", features = [\"alloc\"] }"),
        (
            "{ version = \"2.0\", features = [\"std\"] }",
            "{ version = \"2.0\", features = [\"alloc\", \"std\"] }",
        ),
    ] {
        package.write("Cargo.toml", &format!("{manifest}\n[dependencies]\nfastrand = {there}\n"));
        let ended = copy(&house, "my-pool/fast", &package).exits(0);
        let kept = "kept the version of fastrand (the file is made for 2) with alloc\n";
        assert!(ended.stdout.contains(kept), "{ended}");
        let manifest = package.read("Cargo.toml");
        assert!(manifest.contains(&format!("fastrand = {then}\n")), "{manifest}");
        package.remove("src/my_pool.rs");
    }
}

#[test]
fn default_features_that_it_needs_are_switched_on() {
    let (house, package) = (house(), package());
    house.edit(TOML, "default-features = false, ", "");
    let manifest = package.read("Cargo.toml");
    let there = "fastrand = { version = \"2\", default-features = false }";
    package.write("Cargo.toml", &format!("{manifest}\n[dependencies]\n{there}\n"));
    copy(&house, "my-pool/fast", &package).exits(0);
    let then = "fastrand = { version = \"2\", features = [\"alloc\"] }";
    assert!(package.read("Cargo.toml").contains(then), "{}", package.read("Cargo.toml"));
}

#[test]
fn a_member_of_a_workspace_is_a_package_too() {
    let (house, whole) = (house(), package());
    let manifest = whole.read("Cargo.toml");
    let workspace = "[workspace]\nmembers = [\"part\"]\ndefault-members = [\".\", \"part\"]\n";
    whole.write("Cargo.toml", &format!("{workspace}{manifest}"));
    whole.write("part/Cargo.toml", &manifest.replace("app", "part"));
    whole.write("part/src/lib.rs", "");
    copy(&house, "my-pool/fast", &whole).exits(0);
    assert!(whole.read("Cargo.toml").contains("fastrand"));
    assert!(!whole.read("part/Cargo.toml").contains("fastrand"));

    let before = whole.files();
    with(&house, "bare", "dependencies = { fastrand = {}, tempfile = {} }");
    let part = whole.path("part").display().to_string();
    let mut command = house.command(&["copy", "my-pool/bare", &part]);
    command.env("CARGO_NET_OFFLINE", "true");
    Ended::from(command).exits(1).says(&["tempfile = \"^999\""]);
    assert!(before == whole.files(), "it has changed the workspace");
}

#[test]
fn it_lists_what_there_is() {
    let house = house();
    let list = "my-pool/bare  you need nothing\nmy-pool/fast  it has to be fast\n";
    assert_eq!(house.xtask(&["copy"]).exits(0).stdout, list);
    house.add_experiment("crates/patterns/other", &["good"]);
    assert_eq!(house.xtask(&["copy", "my-pool"]).exits(0).stdout, list);
}

#[test]
fn what_cannot_be_copied_is_told_why_and_what_can() {
    for (what, why) in [
        ("my-pool", "no variant of a pattern"),
        ("my-pool/best", "no variant of a pattern"),
        ("nothing/bare", "no variant of a pattern"),
        ("../my-pool/bare", "no variant of a pattern"),
        ("fixture/good", "only a pattern"),
        ("my-pool/bad", "wrong"),
        ("my-pool/python_snake", "not Rust"),
    ] {
        let (house, package) = (house(), package());
        let before = package.files();
        let ended = copy(&house, what, &package).exits(2).says_one_error();
        ended.says(&[&format!("`{what}`"), why, "there are my-pool/bare, my-pool/fast\n"]);
        assert!(before == package.files(), "it has written");
    }
    house().xtask(&["copy", "nothing"]).exits(2).says_one_error().says(&["there are my-pool/bare"]);
}

#[test]
fn no_package_is_named() {
    house().xtask(&["copy", "my-pool/bare"]).exits(2).says_one_error().says(&["copy my-pool/bare DIR"]);
}

#[test]
fn no_directory() {
    let (house, package) = (house(), package());
    for path in ["nowhere", "Cargo.toml"] {
        let path = package.path(path).display().to_string();
        let ended = changes_nothing(house.command(&["copy", "my-pool/fast", &path]), &package);
        ended.says_one_error().says(&[&format!("{path} is no directory")]);
    }
}

#[test]
fn no_package() {
    let package = package();
    package.write("Cargo.toml", "[workspace]\n");
    refused(&package, &["Cargo.toml has no [package]", "members"]);
    package.write("Cargo.toml", "[package\n");
    let ended = changes_nothing(copy_command(&house(), "my-pool/fast", &package), &package);
    ended.says(&["Cargo.toml"]);
    package.remove("Cargo.toml");
    refused(&package, &["has no Cargo.toml", "cargo init"]);
}

#[test]
fn no_crate_root() {
    let (house, package) = (house(), package());
    package.remove("src/lib.rs");
    let command = copy_command(&house, "my-pool/fast", &package);
    changes_nothing(command, &package).says_one_error().says(&["src/lib.rs"]);
    // A file beside one of these would be a program too.
    package.write("src/bin/one.rs", "fn main() {}\n");
    package.write("src/bin/two.rs", "fn main() {}\n");
    refused(&package, &["no src/lib.rs", "make a src/lib.rs"]);
}

#[test]
fn a_file_that_is_there() {
    for file in ["src/my_pool.rs", "src/my_pool/mod.rs"] {
        let package = package();
        package.write(file, "mine");
        refused(&package, &[file, "is there already", "move it away"]);
    }
}

#[test]
fn a_link_that_leads_elsewhere() {
    for path in ["Cargo.toml", "Cargo.lock", "src", "src/my_pool.rs"] {
        let (package, elsewhere) = (package(), Fixture::empty());
        let target = elsewhere.path("target");
        if package.exists(path) {
            fs::rename(package.path(path), &target).unwrap();
        }
        // The others dangle.
        symlink(&target, package.path(path)).unwrap();
        let before = elsewhere.files();
        refused(&package, &[&format!("{path} is a symlink"), "remove it"]);
        assert!(before == elsewhere.files(), "it has written where {path} leads to");
    }
}

#[test]
fn the_lock_file_of_the_workspace_around_it_is_no_link() {
    let (house, around) = (house(), package());
    around.write("Cargo.toml", &(around.read("Cargo.toml") + "\n[workspace]\nmembers = [\"part\"]\n"));
    around.write("part/Cargo.toml", "[package]\nname = \"part\"\nedition = \"2021\"\n");
    around.write("part/src/lib.rs", "");
    around.write("elsewhere", "somebody's");
    symlink(around.path("elsewhere"), around.path("Cargo.lock")).unwrap();
    let mut command = house.command(&["copy", "my-pool/fast"]);
    command.arg(around.path("part")).env("CARGO_NET_OFFLINE", "true");
    changes_nothing(command, &around).says(&["Cargo.lock is a symlink", "remove it"]);
}

#[test]
fn a_link_to_the_package_is_only_another_name_for_it() {
    let (house, package, links) = (house(), package(), Fixture::empty());
    symlink(package.root(), links.path("app")).unwrap();
    let app = links.path("app").display().to_string();
    house.xtask(&["copy", "my-pool/bare", &app]).exits(0);
    assert!(package.exists("src/my_pool.rs"));
}

#[test]
fn our_own_workspace() {
    let (house, links) = (house(), Fixture::empty());
    symlink(house.root(), links.path("ours")).unwrap();
    let linked = links.path("ours/crates/patterns/my-pool").display().to_string();
    for folder in [".", "crates/misconceptions/fixture", &linked] {
        let command = house.command(&["copy", "my-pool/bare", folder]);
        changes_nothing(command, &house).says_one_error().says(&["is in this workspace", "outside"]);
    }
}

#[test]
fn a_folder_that_nobody_can_write_to() {
    let (house, package) = (house(), package());
    fs::set_permissions(package.path("src"), Permissions::from_mode(0o555)).unwrap();
    if fs::write(package.path("src/probe"), "").is_ok() {
        eprintln!("not tested: nothing is read-only to root");
        return;
    }
    let ended = changes_nothing(copy_command(&house, "my-pool/fast", &package), &package);
    ended.says_one_error().says(&["cannot write", "src/my_pool.rs"]);
}

#[test]
fn a_crate_that_cargo_cannot_add_takes_all_back() {
    for lock in [None, Some("# This file is automatically @generated by Cargo.\nversion = 4\n")] {
        let (house, package) = (house(), package());
        with(&house, "bare", "dependencies = { fastrand = {}, tempfile = {} }");
        if let Some(lock) = lock {
            package.write("Cargo.lock", lock);
        }
        let ended = changes_nothing(copy_command(&house, "my-pool/bare", &package), &package);
        ended.says(&["check build", "nothing was copied", "tempfile = \"^999\""]);
        // Without a check build, cargo adds one crate and then cannot add the other.
        let mut unchecked = copy_command(&house, "my-pool/bare", &package);
        unchecked.arg("--no-check");
        let ended = changes_nothing(unchecked, &package);
        ended.says_one_error().says(&[
            "cargo cannot add tempfile 999",
            "put back as it was",
            "tempfile = \"^999\"",
        ]);
    }
}

/// A cargo that does `script` where it is asked to add a crate.
fn with_cargo(house: &Fixture, what: &str, package: &Fixture, script: &str) -> Command {
    let cargo = env!("CARGO");
    house.program("bin/cargo", &format!("[ \"$1\" = add ] || exec '{cargo}' \"$@\"\n{script}"));
    let mut command = copy_command(house, what, package);
    command.env("PATH", house.with_bin_first());
    command
}

#[test]
fn a_file_that_comes_at_the_last_moment_is_kept() {
    let (house, package) = (house(), package());
    let script = "echo '# added' >> Cargo.toml; echo '# lock' > Cargo.lock; echo theirs > src/my_pool.rs";
    let mut before = package.files();
    let ended = Ended::from(with_cargo(&house, "my-pool/fast", &package, script)).exits(1);
    ended.says_one_error().says(&["cannot write", "src/my_pool.rs", "exists"]);
    before.insert("src/my_pool.rs".into(), "theirs\n".into());
    assert!(before == package.files(), "it has changed the package");
}

#[cfg(target_os = "linux")]
mod interrupts {
    use std::process::Stdio;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::{Ended, fixture::eventually, house, package, with_cargo};

    #[test]
    fn an_interrupt_leaves_the_package_as_it_was() {
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            let (house, package) = (house(), package());
            let before = package.files();
            let marker = house.path("adding");
            let script = format!(
                "echo half > Cargo.toml; echo lock > Cargo.lock; touch '{}'; sleep 600",
                marker.display()
            );
            let mut copy = with_cargo(&house, "my-pool/fast", &package, &script);
            let copy = copy.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            assert!(eventually(|| marker.exists()), "cargo was never run");
            kill(Pid::from_raw(copy.id().cast_signed()), signal).unwrap();
            let ended = Ended::from(copy.wait_with_output().unwrap()).exits(130).says(&["interrupted"]);
            assert!(before == package.files(), "it has changed the package: {ended}");
            house.leaves_no_process();
        }
    }
}
