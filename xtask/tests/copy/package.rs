//! What is written, and where.

use super::*;

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
fn a_link_to_the_package_is_only_another_name_for_it() {
    let (house, package, links) = (house(), package(), Fixture::empty());
    symlink(package.root(), links.path("app")).unwrap();
    let app = links.path("app").display().to_string();
    house.xtask(&["copy", "my-pool/bare", &app]).exits(0);
    assert!(package.exists("src/my_pool.rs"));
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
