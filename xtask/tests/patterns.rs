//! Every pattern of this project, copied as a reader would: it compiles with no edit from the edition on that it claims, keeps
//! the lints of strict projects, and asks for no newer crates than it needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;
use toml::{Table, Value};

const EDITIONS: [&str; 4] = ["2015", "2018", "2021", "2024"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A variant that can be copied.
struct Pattern {
    /// `EXPERIMENT/VARIANT`
    name: String,
    /// The module's usual name.
    usual: String,
    file: PathBuf,
    /// Those that its own takes in, from the folder of that.
    with: Vec<String>,
    edition: String,
    rust: String,
}

impl Pattern {
    /// A name of its own among all patterns.
    fn module(&self) -> String {
        self.name.replace(['-', '/'], "_")
    }
}

fn patterns() -> Vec<Pattern> {
    let mut patterns = Vec::new();
    let folders = fs::read_dir(root().join("crates/patterns")).unwrap();
    for folder in folders.map(|folder| folder.unwrap().path()) {
        let Ok(text) = fs::read_to_string(folder.join("experiment.toml")) else { continue };
        let experiment = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let table: Table = toml::from_str(&text).unwrap();
        for variant in table["variant"].as_array().unwrap() {
            let key = |key: &str| variant.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let name = key("name");
            if key("role") != "wrong" && !name.starts_with("python_") {
                let usual = experiment.replace('-', "_");
                let with = variant.get("with").and_then(Value::as_array).into_iter().flatten();
                let with = with.map(|part| format!("{usual}/{}.rs", part.as_str().unwrap())).collect();
                patterns.push(Pattern {
                    name: format!("{experiment}/{name}"),
                    usual,
                    with,
                    file: folder.join(format!("src/{name}.rs")),
                    edition: key("edition"),
                    rust: key("rust_version"),
                });
            }
        }
    }
    patterns.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(patterns.len() >= 6, "{} patterns", patterns.len());
    patterns
}

/// Cargo in `folder`, where it finds what earlier runs have built, and fetches nothing: all crates are here already.
fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).current_dir(folder).env("CARGO_NET_OFFLINE", "true");
    cargo.env("CARGO_TARGET_DIR", root().join("target/copies")).env("CARGO_INCREMENTAL", "0");
    cargo
}

#[track_caller]
fn succeeds(mut command: Command) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{}\n{said}", String::from_utf8_lossy(&output.stdout));
    output
}

fn copy(arguments: &[&str]) -> Command {
    let mut copy = Command::new(cargo_bin("xtask"));
    copy.arg("copy").args(arguments).current_dir(root()).env("CARGO_NET_OFFLINE", "true");
    copy
}

/// A package that has copies of all patterns, each under a name of its own, and declares none yet.
fn home_of_all(patterns: &[Pattern], lock: bool) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(home.path().join(path), text).unwrap();
    fs::create_dir(home.path().join("src")).unwrap();
    write("src/lib.rs", "");
    write("Cargo.toml", "[package]\nname = \"home\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
    if lock {
        fs::copy(root().join("Cargo.lock"), home.path().join("Cargo.lock")).unwrap();
    }
    for pattern in patterns {
        let folder = home.path().to_str().unwrap();
        let mut command = copy(&[&pattern.name, folder, "--no-check", "--as", &pattern.module()]);
        if !lock {
            command.env_remove("CARGO_NET_OFFLINE");
        }
        succeeds(command);
    }
    home
}

/// Sets what the crate root of `home` says.
fn declare<'a>(home: &TempDir, edition: &str, head: &str, patterns: impl IntoIterator<Item = &'a Pattern>) {
    let declared = patterns
        .into_iter()
        .map(|one| format!("#[clippy::msrv = \"{}\"]\npub mod {};\n", one.rust, one.module()));
    fs::write(home.path().join("src/lib.rs"), head.to_owned() + &declared.collect::<String>()).unwrap();
    let manifest = home.path().join("Cargo.toml");
    let mut table: Table = toml::from_str(&fs::read_to_string(&manifest).unwrap()).unwrap();
    table["package"]["edition"] = Value::from(edition);
    fs::write(manifest, table.to_string()).unwrap();
}

#[test]
fn every_pattern_compiles_alone_where_it_is_copied_to() {
    let home = tempfile::tempdir().unwrap();
    let workspace = "[workspace]\nresolver = \"2\"\nmembers = [\"*\"]\n";
    fs::write(home.path().join("Cargo.toml"), workspace).unwrap();
    fs::copy(root().join("Cargo.lock"), home.path().join("Cargo.lock")).unwrap();
    let patterns = patterns();
    for Pattern { usual, edition, rust, .. } in &patterns {
        assert!(
            !usual.is_empty() && EDITIONS.contains(&&**edition) && rust.contains('.'),
            "{usual}: {edition} {rust}"
        );
    }
    for pattern in &patterns {
        let (name, usual) = (pattern.module(), &pattern.usual);
        let folder = home.path().join(&name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"{}\"\nrust-version = \"{}\"\n",
            pattern.edition, pattern.rust
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join("src/lib.rs"), format!("#![deny(warnings)]\n\npub mod {usual};\n")).unwrap();
        let main = format!("#![deny(warnings)]\n\nmod {usual};\n\nfn main() {{}}\n");
        fs::write(folder.join("src/main.rs"), main).unwrap();
    }
    for pattern in &patterns {
        let name = pattern.module();
        succeeds(copy(&[&pattern.name, home.path().join(&name).to_str().unwrap()]));
        // Alone, since with others it would have their features too.
        succeeds(cargo(home.path(), &["check", "--quiet", "--package", &name]));
    }
}

#[test]
fn the_edition_that_a_pattern_claims_is_the_lowest() {
    let patterns = patterns();
    let home = home_of_all(&patterns, true);
    let check = || cargo(home.path(), &["check", "--quiet"]);
    for edition in EDITIONS {
        declare(
            &home,
            edition,
            "#![deny(warnings)]\n",
            patterns.iter().filter(|one| *one.edition <= *edition),
        );
        succeeds(check());
    }
    for pattern in &patterns {
        let below = EDITIONS.iter().rev().find(|edition| **edition < &*pattern.edition);
        if let Some(below) = below {
            declare(&home, below, "", [pattern]);
            let output = check().output().unwrap();
            assert!(!output.status.success(), "{} compiles in edition {below} too", pattern.name);
        }
    }
}

#[test]
fn every_pattern_keeps_the_lints_of_a_strict_project() {
    let patterns = patterns();
    let home = home_of_all(&patterns, true);
    // The two that are allowed here are those that this project does without, by its Cargo.toml.
    let lints = "//! Strict.\n#![deny(warnings, unreachable_pub, missing_debug_implementations, missing_docs)]\n\
                 #![deny(unused_qualifications, rust_2018_idioms, clippy::pedantic, clippy::incompatible_msrv)]\n\
                 #![allow(clippy::must_use_candidate, clippy::missing_panics_doc)]\n";
    declare(&home, "2024", lints, &patterns);
    let mut clippy = cargo(home.path(), &["clippy", "--quiet"]);
    // Those of this project are not the reader's.
    clippy.env("CLIPPY_CONF_DIR", home.path());
    succeeds(clippy);
    // In a program nothing of a module can be reached from outside.
    let program = |text: String| text.replace("pub mod", "mod") + "\nfn main() {}\n";
    let library = fs::read_to_string(home.path().join("src/lib.rs")).unwrap();
    fs::write(home.path().join("src/main.rs"), program(library)).unwrap();
    succeeds(cargo(home.path(), &["clippy", "--quiet", "--bin", "home"]));
}

#[test]
fn every_pattern_has_the_format_of_rustfmt_by_default() {
    let home = tempfile::tempdir().unwrap();
    let mut differ = BTreeSet::new();
    for pattern in patterns() {
        let copied = home.path().join(pattern.module()).join("copied.rs");
        let here = pattern.file.with_file_name("");
        for part in &pattern.with {
            let copied = copied.with_file_name(part);
            fs::create_dir_all(copied.parent().unwrap()).unwrap();
            fs::copy(here.join(part), copied).unwrap();
        }
        fs::create_dir_all(copied.parent().unwrap()).unwrap();
        fs::copy(&pattern.file, &copied).unwrap();
        // There is no rustfmt.toml around it. Earlier editions sort names in another way, and not every file has both forms. With the
        // file, rustfmt looks at those that it takes in.
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--quiet", "--edition", "2024"]).arg(&copied).current_dir(home.path());
        if !rustfmt.output().unwrap().status.success() {
            differ.insert(pattern.name);
        }
    }
    assert!(differ.is_empty(), "rustfmt would change {differ:?}");
}

#[test]
#[ignore = "it asks crates.io for the oldest versions, and builds them"]
fn every_pattern_compiles_with_the_oldest_versions_that_are_asked_for() {
    let patterns = patterns();
    let home = home_of_all(&patterns, false);
    // Old derives make warnings in the newest compiler, which are not this project's.
    declare(&home, "2024", "", &patterns);
    let online = |arguments: &[&str]| {
        let mut cargo = cargo(home.path(), arguments);
        cargo.env_remove("CARGO_NET_OFFLINE");
        cargo
    };
    let mut oldest = online(&["update", "--quiet", "-Z", "direct-minimal-versions"]);
    // Only nightly has it; what it locks is compiled with the toolchain of everybody.
    oldest.env("RUSTC_BOOTSTRAP", "1");
    succeeds(oldest);
    succeeds(online(&["check", "--quiet"]));
}
