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
        ended.says_one_error().says(&["cargo cannot add tempfile 999", "put back as it was"]);
    }
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

#[test]
fn the_file_goes_beside_the_root_that_cargo_names() {
    for (target, root, file) in [
        ("[lib]\npath = \"code/library.rs\"\n", "code/library.rs", "code/my_pool.rs"),
        ("[lib]\npath = \"root.rs\"\n", "root.rs", "my_pool.rs"),
        ("[[bin]]\nname = \"app\"\npath = \"src/cli/start.rs\"\n", "src/cli/start.rs", "src/cli/my_pool.rs"),
        ("", "src/main.rs", "src/my_pool.rs"),
        ("", "src/bin/app/main.rs", "src/bin/app/my_pool.rs"),
    ] {
        let (house, package) = (house(), package());
        package.remove("src/lib.rs");
        package.write("Cargo.toml", &(package.read("Cargo.toml") + target));
        package.write(root, "mod my_pool;\n\nfn main() {\n    my_pool::run();\n}\n");
        let ended = copy(&house, "my-pool/bare", &package).exits(0);
        assert!(ended.stdout.contains(&format!("Write `mod my_pool;` in {root}. ")), "{ended}");
        assert!(package.exists(file), "no {file}: {ended}");
        builds(&package);
    }
}

#[test]
fn a_library_and_a_program_are_both_named() {
    let (house, package) = (house(), package());
    package.write("src/main.rs", "fn main() {}\n");
    let ended = copy(&house, "my-pool/bare", &package).exits(0);
    assert!(ended.stdout.contains("in src/lib.rs or src/main.rs."), "{ended}");
}

#[test]
fn a_root_outside_of_the_package() {
    let (house, around) = (house(), package());
    around.write("app/Cargo.toml", &(around.read("Cargo.toml") + "[lib]\npath = \"../src/lib.rs\"\n"));
    let mut command = house.command(&["copy", "my-pool/bare"]);
    command.arg(around.path("app"));
    changes_nothing(command, &around).says_one_error().says(&["is outside of"]);
}

#[test]
fn an_older_edition_or_rust_than_the_file_needs() {
    for (key, needs, parts) in [
        (
            "edition = \"2021\"",
            "edition = \"2024\"",
            &["needs edition 2024", "has edition 2021", "cargo fix --edition"],
        ),
        (
            "edition = \"2021\"\nrust-version = \"1.60\"",
            "rust_version = \"1.61\"",
            &["needs Rust 1.61", "1.60", "rust-version"],
        ),
        ("edition = \"2021\"", "rust_version = \"1.999\"", &["needs Rust 1.999", "rustc is 1.", "toolchain"]),
    ] {
        let (house, package) = (house(), package());
        with(&house, "bare", needs);
        package.edit("Cargo.toml", "edition = \"2021\"", key);
        changes_nothing(copy_command(&house, "my-pool/bare", &package), &package)
            .says_one_error()
            .says(parts);
    }
    // What a library's own `edition` key says counts, and a package without one has that of 2015.
    let (house, package) = (house(), package());
    with(&house, "bare", "edition = \"2018\"");
    package.edit("Cargo.toml", "edition = \"2021\"\n", "");
    changes_nothing(copy_command(&house, "my-pool/bare", &package), &package).says(&["has edition 2015"]);
}

#[test]
fn an_edition_and_a_rust_of_the_workspace_around() {
    let (house, around) = (house(), package());
    with(&house, "bare", "edition = \"2021\"\nrust_version = \"1.70\"");
    let inherits = "[package]\nname = \"part\"\nedition.workspace = true\nrust-version.workspace = true\n";
    around.write("part/Cargo.toml", inherits);
    around.write("part/src/main.rs", "mod my_pool;\n\nfn main() {\n    my_pool::run();\n}\n");
    let part = || {
        let mut command = house.command(&["copy", "my-pool/bare"]);
        command.arg(around.path("part"));
        command
    };
    let shared = "[workspace]\nmembers = [\"part\"]\n[workspace.package]\n";
    around.write("Cargo.toml", &format!("{shared}edition = \"2018\"\nrust-version = \"1.70\"\n"));
    changes_nothing(part(), &around).says(&["needs edition 2021"]);
    around.write("Cargo.toml", &format!("{shared}edition = \"2021\"\nrust-version = \"1.69.0\"\n"));
    changes_nothing(part(), &around).says(&["needs Rust 1.70"]);
    around.write("Cargo.toml", &format!("{shared}edition = \"2021\"\nrust-version = \"1.70\"\n"));
    Ended::from(part()).exits(0);
}

#[test]
fn a_crate_under_another_name() {
    for (there, parts) in [
        (
            "quick = { package = \"fastrand\", version = \"2\" }",
            &["under the name `quick`", "without `package`"],
        ),
        ("fastrand = { package = \"tempfile\", version = \"3\" }", &["is another crate, tempfile", "rename"]),
    ] {
        let package = package();
        package.write("Cargo.toml", &format!("{}[dependencies]\n{there}\n", package.read("Cargo.toml")));
        refused(&package, parts);
    }
    let package = package();
    let test = "[dev-dependencies]\nquick = { package = \"fastrand\", version = \"2\" }\n";
    package.write("Cargo.toml", &(package.read("Cargo.toml") + test));
    refused(&package, &["under the name `quick`"]);
}

#[test]
fn an_optional_crate_puts_the_module_behind_its_feature() {
    for (features, cfg) in [
        ("", "feature = \"fastrand\""),
        ("[features]\ndefault = [\"luck\"]\nluck = [\"dep:fastrand\"]\n", "feature = \"luck\""),
        (
            "[features]\na = [\"dep:fastrand\"]\nb = [\"fastrand/std\"]\nc = [\"fastrand?/std\"]\n",
            "any(feature = \"a\", feature = \"b\")",
        ),
    ] {
        let (house, package) = (house(), package());
        let optional = "[dependencies]\nfastrand = { version = \"2\", optional = true }\n";
        package.write("Cargo.toml", &format!("{}{optional}{features}", package.read("Cargo.toml")));
        let ended = copy(&house, "my-pool/fast", &package).exits(0);
        let declared = format!("#[cfg({cfg})] mod my_pool;");
        assert!(ended.stdout.contains(&format!("Write `{declared}` in src/lib.rs.")), "{ended}");
        assert!(package.read("Cargo.toml").contains("optional = true"));
        package.write("src/lib.rs", &format!("#![allow(dead_code)]\n{declared}\n"));
        builds(&package);
    }
}

/// A workspace whose member `part` is to get a copy; `shared` is its table of dependencies, `own` that of the member.
fn shared(shared: &str, own: &str) -> Fixture {
    let around = Fixture::empty();
    around.write(
        "Cargo.toml",
        &format!("[workspace]\nresolver = \"2\"\nmembers = [\"part\"]\n[workspace.dependencies]\n{shared}\n"),
    );
    around.write(
        "part/Cargo.toml",
        &format!("[package]\nname = \"part\"\nedition = \"2021\"\n[dependencies]\n{own}\n"),
    );
    around.write("part/src/lib.rs", "pub mod my_pool;\n");
    around
}

fn into_part(house: &Fixture, around: &Fixture) -> Command {
    let mut command = house.command(&["copy", "my-pool/fast"]);
    command.arg(around.path("part")).env("CARGO_NET_OFFLINE", "true");
    command
}

#[test]
fn a_crate_of_the_workspace_around_is_inherited() {
    let house = house();
    for own in ["", "fastrand = { workspace = true }", "fastrand.workspace = true"] {
        let around = shared("fastrand = { version = \"2.0\", default-features = false }", own);
        Ended::from(into_part(&house, &around)).exits(0);
        let manifest = around.read("part/Cargo.toml");
        assert!(manifest.contains("workspace = true") && manifest.contains("alloc"), "{manifest}");
        assert!(!manifest.contains("version"), "{manifest}");
        builds(&around);
    }
    // One of the name that is another crate does not help.
    let around = shared("fastrand = { package = \"tempfile\", version = \"3\" }", "");
    Ended::from(into_part(&house, &around)).exits(0);
    assert!(around.read("part/Cargo.toml").contains("version = \"2\""), "{}", around.read("part/Cargo.toml"));
}

#[test]
fn default_features_that_the_workspace_around_switches_off() {
    let house = house();
    house.edit(TOML, "default-features = false, ", "");
    let off = "fastrand = { version = \"2\", default-features = false }";
    let around = shared(off, "fastrand = { workspace = true }");
    let ended = changes_nothing(into_part(&house, &around), &around).says_one_error();
    ended.says(&["without its default features", "remove `default-features = false` from fastrand"]);
    // One that it does not inherit yet gets a version of its own.
    let around = shared(off, "");
    Ended::from(into_part(&house, &around)).exits(0);
    builds(&around);
}

/// A crate that is called fastrand, of a version, and has no `Rng::choice` unless it is 2.
fn older_fastrand(package: &Fixture, version: &str, code: &str) {
    let manifest = format!(
        "[package]\nname = \"fastrand\"\nversion = \"{version}\"\nedition = \"2021\"\n[features]\nalloc = []\n"
    );
    package.write("older/Cargo.toml", &manifest);
    package.write("older/src/lib.rs", code);
}

#[test]
fn a_version_that_has_not_what_the_file_calls_takes_all_back() {
    let house = house();
    house.edit("Cargo.toml", "fastrand = \"2\"", "fastrand = \"2.3\"");
    for patched in [false, true] {
        let package = package();
        older_fastrand(&package, "2.0.0", "pub struct Rng;\n");
        let there = if patched {
            "[dependencies]\nfastrand = \"2\"\n[patch.crates-io]\nfastrand = { path = \"older\" }\n"
        } else {
            "[dependencies]\nfastrand = { path = \"older\" }\n"
        };
        package.write("Cargo.toml", &format!("{}{there}", package.read("Cargo.toml")));
        let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.0.0\"\ndependencies = [\n \"fastrand\",\n]\n\n\
                    [[package]]\nname = \"fastrand\"\nversion = \"2.0.0\"\n";
        package.write("Cargo.lock", lock);
        let ended = changes_nothing(copy_command(&house, "my-pool/fast", &package), &package);
        ended.says(&[
            "check build of my-pool/fast",
            "fastrand is locked there at 2.0.0",
            "made for 2.3 or later",
            "cargo update fastrand",
            "with_seed",
        ]);
        let unchecked = copy_with(&house, "my-pool/fast", &package, &["--no-check"]);
        changes_nothing(unchecked, &package)
            .says_one_error()
            .says(&["may not compile", "locked there at 2.0.0"]);
        // What is older and has it all is used.
        let code = "pub struct Rng;\nimpl Rng {\n    pub fn with_seed(_: u64) -> Self { Self }\n    \
                    pub fn choice<T>(&mut self, from: [T; 1]) -> Option<T> { from.into_iter().next() }\n}\n";
        older_fastrand(&package, "2.0.0", code);
        copy(&house, "my-pool/fast", &package).exits(0);
        builds(&package);
    }
}

#[test]
fn what_a_house_forbids_is_seen_before_anything_is_written() {
    for (manifest, root) in [
        ("", "#![forbid(dead_code)]\nmod my_pool;\n"),
        ("", "#![no_std]\nmod my_pool;\n"),
        ("[lints.rust]\ndead_code = \"forbid\"\n", "mod my_pool;\n"),
    ] {
        let (house, package) = (house(), package());
        let text = "//! Allows.\n#![allow(dead_code)]\n\n// Right: it needs std.\npub fn run() -> String {\n    std::string::String::new()\n}\n";
        house.write("crates/patterns/my-pool/src/bare.rs", text);
        package.write("src/lib.rs", root);
        package.write("Cargo.toml", &(package.read("Cargo.toml") + manifest));
        changes_nothing(copy_command(&house, "my-pool/bare", &package), &package)
            .says(&["check build", "my_pool.rs"]);
        Ended::from(copy_with(&house, "my-pool/bare", &package, &["--no-check"])).exits(0);
    }
}

#[test]
fn a_package_that_does_not_build_just_now_gets_its_copy() {
    let (house, package) = (house(), package());
    package.write("src/lib.rs", "pub mod my_pool;\nfn half_written(\n");
    package.write("build.rs", "fn main() { panic!() }\n");
    copy(&house, "my-pool/fast", &package).exits(0);
}

#[test]
fn another_name() {
    let (house, package) = (house(), package());
    copy(&house, "my-pool/bare", &package).exits(0);
    let ended = Ended::from(copy_with(&house, "my-pool/fast", &package, &["--as", "quick"])).exits(0);
    assert_eq!(package.read("src/quick.rs"), FAST);
    assert!(ended.stdout.contains("Write `mod quick;`") && ended.stdout.contains("quick::run()"), "{ended}");
    assert!(!ended.stdout.contains("my_pool::"), "{ended}");
    package.write("src/lib.rs", "pub mod my_pool;\npub mod quick;\n");
    builds(&package);
}

#[test]
fn a_name_that_no_module_can_have() {
    let (house, package) = (house(), package());
    let before = package.files();
    for name in [
        "", "my-pool", "1st", "a b", "../up", "a/b", "ü", "mod", "async", "gen", "Self", "_", "main", "lib",
        "a.rs", "'",
    ] {
        let ended = Ended::from(copy_with(&house, "my-pool/bare", &package, &["--as", name])).exits(2);
        ended.says_one_error().says(&[&format!("--as {name}: that is ")]);
    }
    // In its place, these would be what other code means by the name.
    for name in ["std", "app"] {
        let command = copy_with(&house, "my-pool/bare", &package, &["--as", name]);
        changes_nothing(command, &package).says_one_error().says(&["would hide the crate"]);
    }
    assert!(before == package.files(), "it has written");
    package.write("Cargo.toml", &(package.read("Cargo.toml") + "[lib]\npath = \"root.rs\"\n"));
    package.write("root.rs", "");
    let command = copy_with(&house, "my-pool/bare", &package, &["--as", "build"]);
    changes_nothing(command, &package).says_one_error().says(&["build script"]);
}

#[test]
fn the_features_that_main_needs_are_named() {
    let house = house();
    with(&house, "bare", "main = { tempfile = [\"a\", \"b\"] }");
    let told =
        "`#[tempfile::main]` needs features of tempfile that are not there: `cargo add tempfile --features ";
    let package = package();
    let ended = copy(&house, "my-pool/bare", &package).exits(0);
    assert!(ended.stdout.contains(&format!("{told}a,b`\n")), "{ended}");
    package.remove("src/my_pool.rs");
    let manifest = package.read("Cargo.toml");
    for (features, lacks) in [("\"a\"", Some("b")), ("\"a\", \"b\"", None), ("\"full\"", None)] {
        let there = format!("[dependencies]\ntempfile = {{ version = \"3\", features = [{features}] }}\n");
        package.write("Cargo.toml", &format!("{manifest}{there}"));
        let ended = copy(&house, "my-pool/bare", &package).exits(0);
        let named = lacks.map(|lacks| format!("{told}{lacks}`\n"));
        assert_eq!(ended.stdout.contains("::main]"), named.is_some(), "{ended}");
        assert!(named.is_none_or(|named| ended.stdout.contains(&named)), "{ended}");
        package.remove("src/my_pool.rs");
    }
}

#[test]
fn the_cargo_of_the_package_runs_and_not_ours() {
    let (house, package) = (house(), package());
    let log = house.path("log");
    let script = format!(
        "echo \"$1 ${{CARGO-none}} ${{RUSTUP_TOOLCHAIN-none}} $PWD\" >> '{}'\nexec '{}' \"$@\"",
        log.display(),
        env!("CARGO")
    );
    house.program("bin/cargo", &script);
    let mut command = copy_command(&house, "my-pool/fast", &package);
    command.env("PATH", house.with_bin_first()).env("RUSTUP_TOOLCHAIN", "stable");
    Ended::from(command).exits(0);
    let folder = package.root().canonicalize().unwrap();
    let log = house.read("log");
    assert_eq!(
        log.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["metadata", "check", "add"]
    );
    for line in log.lines() {
        assert!(line.ends_with(&format!(" none none {}", folder.display())), "{line}");
    }
}

#[test]
fn a_compiler_of_the_folder_that_is_too_old() {
    let (house, package) = (house(), package());
    with(&house, "bare", "rust_version = \"1.65\"");
    house.program("bin/rustc", "echo 'rustc 1.64.0 (a55dd71d5 2022-09-19)'");
    let mut command = copy_command(&house, "my-pool/bare", &package);
    command.env("PATH", house.with_bin_first());
    changes_nothing(command, &package).says_one_error().says(&["needs Rust 1.65", "rustc is 1.64.0"]);
}

#[test]
fn a_path_with_spaces_and_quotes() {
    let (house, around) = (house(), Fixture::empty());
    let folder = "a b'c\"d $(e) %41 \u{fc}";
    around.write(&format!("{folder}/Cargo.toml"), &package().read("Cargo.toml"));
    around.write(&format!("{folder}/src/lib.rs"), "pub mod my_pool;\n");
    let mut command = house.command(&["copy", "my-pool/fast"]);
    command.arg(around.path(folder)).env("CARGO_NET_OFFLINE", "true");
    Ended::from(command).exits(0);
    assert_eq!(around.read(&format!("{folder}/src/my_pool.rs")), FAST);
}

#[test]
fn what_nobody_can_be_told_is_not_done() {
    for lock in [None, Some("# This file is automatically @generated by Cargo.\nversion = 4\n")] {
        let (house, package) = (house(), package());
        if let Some(lock) = lock {
            package.write("Cargo.lock", lock);
        }
        let before = package.files();
        let mut command = copy_command(&house, "my-pool/fast", &package);
        command.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        let ended = Ended::from(
            command.stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap(),
        );
        ended.exits(1).says_one_error().says(&["cannot say what was done, so nothing was"]);
        assert!(before == package.files(), "it has changed the package");
    }
}

#[test]
fn a_file_that_comes_at_the_last_moment_is_kept() {
    for (stage, parts) in [("check", &["cannot write", "exists"][..]), ("add", &["cannot add", "no luck"])] {
        let (house, package) = (house(), package());
        let change =
            if stage == "add" { "echo '# added' >> Cargo.toml; echo '# lock' > Cargo.lock;" } else { "" };
        let then = if stage == "add" { "echo no luck >&2; exit 1" } else { "exec \"$CARGO_HERE\" \"$@\"" };
        let script = format!(
            "[ \"$1\" = {stage} ] || exec \"$CARGO_HERE\" \"$@\"\n{change} echo theirs > src/my_pool.rs; {then}"
        );
        house.program("bin/cargo", &script);
        let mut before = package.files();
        let mut command = copy_command(&house, "my-pool/fast", &package);
        command.env("PATH", house.with_bin_first()).env("CARGO_HERE", env!("CARGO"));
        Ended::from(command).exits(1).says_one_error().says(parts);
        before.insert("src/my_pool.rs".into(), "theirs\n".into());
        assert!(before == package.files(), "it has changed the package");
    }
}

const PIECE: &str = "//! A piece.\n\npub(super) fn number() -> u8 {\n    42\n}\n";

/// The same, where `bare` and `fast` take in one more file.
fn house_with_a_piece() -> Fixture {
    let house = house();
    let takes_in = |text: &str| {
        let code = "#[path = \"my_pool/piece.rs\"]\nmod piece;\n";
        text.replace(
            "\npub fn run",
            &format!("\n{code}\npub fn number() -> u8 {{\n    piece::number()\n}}\n\npub fn run"),
        )
    };
    house.write("crates/patterns/my-pool/src/my_pool/piece.rs", PIECE);
    for variant in ["bare", "fast"] {
        let file = format!("crates/patterns/my-pool/src/{variant}.rs");
        house.write(&file, &takes_in(&house.read(&file)));
        with(&house, variant, "with = [\"piece\"]");
    }
    house
}

#[test]
fn the_files_that_it_takes_in_come_along() {
    for (target, root, beside) in [
        ("", "src/lib.rs", "src"),
        ("[lib]\npath = \"code/library.rs\"\n", "code/library.rs", "code"),
        ("[lib]\npath = \"root.rs\"\n", "root.rs", "."),
    ] {
        for module in ["my_pool", "quick"] {
            let (house, package) = (house_with_a_piece(), package());
            package.write("Cargo.toml", &(package.read("Cargo.toml") + target));
            package.write(root, &format!("#![deny(warnings)]\npub mod {module};\n"));
            let copied = copy_with(&house, "my-pool/bare", &package, &["--as", module]);
            let ended = Ended::from(copied).exits(0);
            let text = house.read("crates/patterns/my-pool/src/bare.rs");
            assert_eq!(package.read(&format!("{beside}/{module}.rs")), text);
            assert_eq!(package.read(&format!("{beside}/my_pool/piece.rs")), PIECE);
            let wrote = [format!("{module}.rs"), "my_pool/piece.rs".to_owned()];
            let wrote = wrote.map(|file| format!("wrote {}\n", package.path(beside).join(file).display()));
            assert!(ended.stdout.starts_with(&wrote.concat().replace("/./", "/")), "{ended}");
            builds(&package);
        }
    }
}

#[test]
fn a_dry_run_names_the_files_that_it_takes_in() {
    let (house, package) = (house_with_a_piece(), package());
    let before = package.files();
    let ended = Ended::from(copy_with(&house, "my-pool/fast", &package, &["--dry-run"])).exits(0);
    assert!(before == package.files(), "it has written");
    let would = ended.stdout;
    let did = copy(&house, "my-pool/fast", &package).exits(0).stdout;
    assert_eq!(would.replace("would write", "wrote").replace("would add", "added"), did);
}

#[test]
fn a_file_that_another_copy_has_brought_along_is_kept() {
    let (house, package) = (house_with_a_piece(), package());
    copy(&house, "my-pool/bare", &package).exits(0);
    let manifest = package.read("Cargo.toml");
    let ended = Ended::from(copy_with(&house, "my-pool/fast", &package, &["--as", "quick"])).exits(0);
    let kept = format!("kept {}\n", package.path("src/my_pool/piece.rs").display());
    assert!(ended.stdout.contains(&kept), "{ended}");
    package.write("src/lib.rs", "pub mod my_pool;\npub mod quick;\n");
    builds(&package);
    // One that comes to nothing leaves it there.
    package.remove("src/quick.rs");
    package.write("Cargo.toml", &manifest);
    house.edit("Cargo.toml", "fastrand = \"2\"", "fastrand = \"999\"");
    let unchecked = copy_with(&house, "my-pool/fast", &package, &["--as", "quick", "--no-check"]);
    changes_nothing(unchecked, &package).says(&["cargo cannot add fastrand"]);
}

#[test]
fn another_file_in_the_place_of_one_that_it_takes_in() {
    for (file, text, parts) in [
        ("src/my_pool/piece.rs", "mine", ["piece.rs is there already", "move it away"]),
        ("src/my_pool", "mine", ["src/my_pool is no directory", "move it away"]),
    ] {
        let (house, package) = (house_with_a_piece(), package());
        package.write(file, text);
        for arguments in [&[][..], &["--as", "quick"], &["--dry-run"], &["--no-check"]] {
            let command = copy_with(&house, "my-pool/bare", &package, arguments);
            changes_nothing(command, &package).says_one_error().says(&parts);
        }
    }
    for path in ["src/my_pool", "src/my_pool/piece.rs"] {
        let (house, package, elsewhere) = (house_with_a_piece(), package(), Fixture::empty());
        fs::create_dir_all(package.path(path).parent().unwrap()).unwrap();
        elsewhere.write("target/piece.rs", PIECE);
        symlink(elsewhere.path("target"), package.path(path)).unwrap();
        let before = elsewhere.files();
        let command = copy_command(&house, "my-pool/bare", &package);
        changes_nothing(command, &package).says_one_error().says(&[path, "is a symlink"]);
        assert!(before == elsewhere.files(), "it has written where {path} leads to");
    }
}

#[test]
fn the_files_that_it_takes_in_go_with_all_else() {
    // The check build fails, and then what cargo adds.
    let (house, package) = (house_with_a_piece(), package());
    let piece = "crates/patterns/my-pool/src/my_pool/piece.rs";
    house.write(piece, "//! A piece.\n\npub(super) fn number() -> u8 {\n    \"none\"\n}\n");
    let ended = changes_nothing(copy_command(&house, "my-pool/fast", &package), &package);
    ended.says(&["check build", "my_pool/piece.rs"]);
    house.write(piece, PIECE);
    house.edit("Cargo.toml", "fastrand = \"2\"", "fastrand = \"999\"");
    for theirs in [None, Some("src/my_pool/theirs.rs")] {
        if let Some(theirs) = theirs {
            package.write(theirs, "theirs");
        }
        let unchecked = copy_with(&house, "my-pool/fast", &package, &["--no-check"]);
        changes_nothing(unchecked, &package).says(&["cargo cannot add fastrand"]);
        assert_eq!(package.exists("src/my_pool"), theirs.is_some(), "a folder is left, or gone");
    }
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
