//! What is refused, and leaves the package as it was.

use super::*;

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
fn a_compiler_of_the_folder_that_is_too_old() {
    let (house, package) = (house(), package());
    with(&house, "bare", "rust_version = \"1.65\"");
    house.program("bin/rustc", "echo 'rustc 1.64.0 (a55dd71d5 2022-09-19)'");
    let mut command = copy_command(&house, "my-pool/bare", &package);
    command.env("PATH", house.with_bin_first());
    changes_nothing(command, &package).says_one_error().says(&["needs Rust 1.65", "rustc is 1.64.0"]);
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
