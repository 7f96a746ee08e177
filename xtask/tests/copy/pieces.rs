//! The files that a file takes in.

use super::*;

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
