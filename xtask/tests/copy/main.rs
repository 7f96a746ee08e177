//! `copy` puts one file and its crates into another package, or leaves that package as it was.

mod dependencies;
#[path = "../fixture/mod.rs"]
mod fixture;
mod package;
mod pieces;
mod refusals;

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

/// `copy` of `what` into `package` with more arguments.
fn copy_with(house: &Fixture, what: &str, package: &Fixture, arguments: &[&str]) -> Command {
    let mut command = copy_command(house, what, package);
    command.args(arguments);
    command
}

/// Compiles the package, whose code declares the module as it was told to.
#[track_caller]
fn builds(package: &Fixture) {
    let mut check = Command::new(env!("CARGO"));
    check.args(["check", "--offline"]).current_dir(package.root()).env_remove("CARGO_TARGET_DIR");
    Ended::from(check).exits(0);
}

#[cfg(target_os = "linux")]
mod interrupts {
    use std::process::Stdio;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::{Ended, copy_command, fixture::eventually, house, package};

    #[test]
    fn an_interrupt_leaves_the_package_as_it_was() {
        for (stage, signal) in [
            ("metadata", Signal::SIGINT),
            ("check", Signal::SIGTERM),
            ("add", Signal::SIGINT),
            ("add", Signal::SIGTERM),
            ("add", Signal::SIGHUP),
        ] {
            let (house, package) = (house(), package());
            let before = package.files();
            let marker = house.path("reached");
            let change = if stage == "add" { "echo half > Cargo.toml; echo lock > Cargo.lock; " } else { "" };
            let cargo = env!("CARGO");
            house.program(
                "bin/cargo",
                &format!(
                    "[ \"$1\" = {stage} ] || exec '{cargo}' \"$@\"\n{change}touch '{}'; sleep 600",
                    marker.display()
                ),
            );
            let mut copy = copy_command(&house, "my-pool/fast", &package);
            copy.env("PATH", house.with_bin_first());
            let copy = copy.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            assert!(eventually(|| marker.exists()), "cargo was never run");
            kill(Pid::from_raw(copy.id().cast_signed()), signal).unwrap();
            let ended = Ended::from(copy.wait_with_output().unwrap()).exits(130).says(&["interrupted"]);
            assert!(before == package.files(), "it has changed the package: {ended}");
            house.leaves_no_process();
        }
    }
}
