//! The files, compiled as the package will compile it, in a package of its own: that of the reader is not touched, and what it
//! is busy with just now, or cannot build, does not matter.

use std::env;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use toml::{Table, Value};

use super::Text;
use super::dependencies::{Step, make_absolute};
use super::package::Package;
use super::there;
use bench::process::litter::Folder;
use bench::terminal::shows_progress;

pub(super) const NAME: &str = "copied";

/// What the lock file says then; an error if the file does not compile. `target` is kept, so that the next check finds the crates.
pub(super) fn compile(
    package: &Package,
    steps: &[Step],
    text: &Text,
    lock: Option<&[u8]>,
    target: &Path,
) -> Result<Vec<u8>> {
    let folder = Folder::new_in(&env::temp_dir()).context("cannot make a folder for the check build")?;
    let path = |name: &str| folder.path().join(name);
    let module = &package.module;
    fs::write(path("Cargo.toml"), manifest(package, steps).to_string())?;
    if let Some(lock) = lock {
        fs::write(path("Cargo.lock"), lock)?;
    }
    fs::write(path(&format!("{module}.rs")), &text.own)?;
    for part in &text.parts {
        let file = folder.path().join(&part.path);
        fs::create_dir_all(file.parent().unwrap_or(&file))?;
        fs::write(file, &part.text)?;
    }
    let root = if package.root.is_file() { fs::read_to_string(&package.root)? } else { String::new() };
    // As it will be declared: in a library for others, in a program for itself, where the reader will use what they need of it.
    let declared = if package.is_library { "pub" } else { "#[allow(dead_code)]" };
    let root = format!("//! Checked.\n{}{declared} mod {module};\n", lints(&root));
    fs::write(path("lib.rs"), root)?;

    let style = "checking that it compiles there, {elapsed} (--no-check skips that) {spinner}";
    let progress = if shows_progress() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    let progress = progress.with_style(ProgressStyle::with_template(style)?);
    progress.enable_steady_tick(Duration::from_millis(200));
    // In the folder of the package: its toolchain, and its .cargo/config.toml.
    let mut check = there::cargo(&package.real);
    check.args(["check", "--quiet", "--color=never", "--manifest-path"]).arg(path("Cargo.toml"));
    check.env("CARGO_TARGET_DIR", target).env("CARGO_BUILD_BUILD_DIR", target).env("CARGO_INCREMENTAL", "0");
    prefer_old(package, &mut check);
    let said = there::run(&mut check, there::BUILDS);
    progress.finish_and_clear();
    let said = said?;
    if !said.done {
        bail!("{}", there::shown(&said.stderr));
    }
    let lock = fs::read(path("Cargo.lock")).context("cargo has checked the file and locked no crate")?;
    Ok(lock)
}

/// Lets cargo choose crates for the Rust that the package promises, which before resolver 3 it did not.
pub(super) fn prefer_old(package: &Package, command: &mut std::process::Command) {
    if package.rust.is_some() {
        command.env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback");
    }
}

fn manifest(package: &Package, steps: &[Step]) -> Table {
    let value = |text: &str| Value::from(text);
    let mut own = Table::from_iter([
        ("name".to_owned(), value(NAME)),
        ("version".to_owned(), value("0.0.0")),
        ("edition".to_owned(), value(&package.edition)),
    ]);
    if let Some(rust) = &package.rust {
        own.insert("rust-version".to_owned(), value(rust));
    }
    let dependencies =
        steps.iter().map(|step| (step.dependency.name.clone(), Value::Table(package.entry(step))));
    let library = Table::from_iter([("path".to_owned(), value("lib.rs"))]);
    let mut manifest = Table::from_iter([
        ("package".to_owned(), Value::Table(own)),
        ("lib".to_owned(), Value::Table(library)),
        ("dependencies".to_owned(), Value::Table(dependencies.collect())),
    ]);
    let mut workspace = Table::new();
    let resolver = package.around.get("workspace").and_then(|table| table.get("resolver"));
    if let Some(resolver) = resolver.or_else(|| package.around.get("package")?.get("resolver")) {
        workspace.insert("resolver".to_owned(), resolver.clone());
    }
    manifest.insert("workspace".to_owned(), Value::Table(workspace));
    let shared = || package.around.get("workspace").and_then(|table| table.get("lints"));
    let lints = package.table.get("lints");
    let inherited = lints.and_then(|lints| lints.get("workspace")?.as_bool()) == Some(true);
    if let Some(lints) = if inherited { shared() } else { lints } {
        manifest.insert("lints".to_owned(), lints.clone());
    }
    if let Some(Value::Table(patch)) = package.around.get("patch") {
        let mut patch = patch.clone();
        let entries = patch.iter_mut().filter_map(|(_, source)| source.as_table_mut());
        for entry in
            entries.flat_map(|source| source.iter_mut()).filter_map(|(_, entry)| entry.as_table_mut())
        {
            make_absolute(entry, &package.workspace_root);
        }
        manifest.insert("patch".to_owned(), Value::Table(patch));
    }
    manifest
}

/// The lints that the root of a crate sets for all of its modules, and whether it does without std.
fn lints(root: &str) -> String {
    let root = if root.starts_with("#!") && !root.starts_with("#![") {
        root.split_once('\n').map_or("", |(_, rest)| rest)
    } else {
        root
    };
    let mut lints = String::new();
    let mut tokens = root.parse::<TokenStream>().unwrap_or_default().into_iter();
    while let (Some(TokenTree::Punct(hash)), Some(TokenTree::Punct(bang)), Some(TokenTree::Group(group))) =
        (tokens.next(), tokens.next(), tokens.next())
    {
        let attribute = hash.as_char() == '#' && bang.as_char() == '!';
        if !attribute || group.delimiter() != Delimiter::Bracket {
            break;
        }
        let first = group.stream().into_iter().next().map(|token| token.to_string()).unwrap_or_default();
        if ["allow", "warn", "deny", "forbid", "no_std"].contains(&&*first) {
            lints += &format!("#![{}]\n", group.stream());
        }
    }
    lints
}

#[cfg(test)]
mod tests {
    use super::lints;

    #[test]
    fn the_lints_of_a_root_are_taken_and_nothing_else() {
        let root = "#!/usr/bin/env run\n//! A crate.\n#![deny(warnings)]\n#![doc = include_str!(\"x\")]\n\
                    #![forbid(dead_code)]\nuse std::fmt;\n#[deny(missing_docs)]\nfn main() { #![allow(unused)] }\n";
        assert_eq!(lints(root).replace(' ', ""), "#![deny(warnings)]\n#![forbid(dead_code)]\n");
        assert_eq!(lints("fn main() {}"), "");
        assert_eq!(lints("what is \" no Rust"), "");
    }
}
