//! Every pattern of this project, taken home as a reader would: it compiles with no edit, in either edition, where warnings are
//! errors.

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

const EDITIONS: [&str; 2] = ["2021", "2024"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn xtask(arguments: &[&str]) -> String {
    let output = Command::new(cargo_bin("xtask"))
        .args(arguments)
        .current_dir(root())
        // All crates are here already, since they are this project's.
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// `EXPERIMENT/VARIANT`, of all that can be copied.
fn copies() -> Vec<String> {
    let experiments: Vec<Value> = serde_json::from_str(&xtask(&["list", "--json"])).unwrap();
    let patterns = experiments.iter().filter(|experiment| experiment["group"] == "patterns");
    let names = patterns.flat_map(|experiment| {
        let right = experiment["variants"].as_array().unwrap().iter().filter(|one| one["role"] != "wrong");
        right.map(|variant| {
            [&experiment["experiment"], &variant["name"]].map(|name| name.as_str().unwrap()).join("/")
        })
    });
    names.filter(|name| !name.contains("/python_")).collect()
}

#[test]
fn every_pattern_compiles_where_it_is_taken_to() {
    let home = tempfile::tempdir().unwrap();
    let workspace = "[workspace]\nresolver = \"2\"\nmembers = [\"*\"]\n";
    fs::write(home.path().join("Cargo.toml"), workspace).unwrap();
    fs::copy(root().join("Cargo.lock"), home.path().join("Cargo.lock")).unwrap();
    let copies = copies();
    assert!(copies.len() >= 6, "{copies:?}");
    let packages = copies.iter().flat_map(|copy| EDITIONS.map(|edition| (copy, edition)));
    for (copy, edition) in packages.clone() {
        let folder = home.path().join(format!("{}-{edition}", copy.replace('/', "-")));
        fs::create_dir_all(folder.join("src")).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\n");
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        let module = copy.split_once('/').unwrap().0.replace('-', "_");
        fs::write(folder.join("src/lib.rs"), format!("#![deny(warnings)]\n\npub mod {module};\n")).unwrap();
        let main = format!("#![deny(warnings)]\n\nmod {module};\n\nfn main() {{}}\n");
        fs::write(folder.join("src/main.rs"), main).unwrap();
    }
    for (copy, edition) in packages {
        let name = format!("{}-{edition}", copy.replace('/', "-"));
        xtask(&["copy", copy, home.path().join(&name).to_str().unwrap()]);
        let checked = Command::new("cargo")
            // Alone, since with others it would have their features too.
            .args(["check", "--quiet", "--offline", "--package", &name])
            .current_dir(home.path())
            // Kept, so that only the first run has to build the crates.
            .env("CARGO_TARGET_DIR", root().join("target/copies"))
            .output()
            .unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}
