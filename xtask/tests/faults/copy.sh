# For the rows of copy.toml: `package [LINE..]` makes a package outside of the fixture, whose Cargo.toml has these lines more; it is
# gone when the script ends. `copied ARGUMENT..` copies into it, keeps the exit code in $code, and says whether the package changed.
pattern() {
    mkdir -p crates/patterns/my-pool/src
    printf '[package]\nname = "my-pool"\nedition = "2024"\n' >crates/patterns/my-pool/Cargo.toml
    printf 'fn main() {}\n' >crates/patterns/my-pool/src/main.rs
    printf '//! Does nothing.\n#![allow(dead_code)]\n\n// Right: there is nothing to do.\npub fn run() {}\n' | tee crates/patterns/my-pool/src/bare.rs >crates/patterns/my-pool/src/fast.rs
    sed -e '/^\[\[variant/,$d' crates/misconceptions/fixture/experiment.toml >crates/patterns/my-pool/experiment.toml
    printf '[[variant]]\nname = "bare"\nmodel = "serial"\nrole = "right"\nedition = "2018"\nrust_version = "1.65"\n[[variant]]\nname = "fast"\nmodel = "serial"\nrole = "right"\ndependencies = { fastrand = {} }\n' >>crates/patterns/my-pool/experiment.toml
    printf '\n[workspace.dependencies]\nfastrand = "2"\n' >>Cargo.toml
}
package() {
    pattern
    app=$(mktemp -d) && trap 'rm -rf "$app" "$app.before"' EXIT
    mkdir "$app/src" && printf 'mod bare;\n' >"$app/src/lib.rs"
    printf '[package]\nname = "app"\nedition = "2021"\n' >"$app/Cargo.toml"
    for line in "$@"; do printf '%s\n' "$line" >>"$app/Cargo.toml"; done
}
copied() {
    cp -RP "$app" "$app.before"
    code=0; CARGO_NET_OFFLINE=true "$XTASK" copy "$@" || code=$?
    diff -r "$app.before" "$app" >/dev/null 2>&1 && echo "package: unchanged" >&2 || echo "package: changed" >&2
}
# fake STAGE SCRIPT: a cargo first on PATH that does SCRIPT instead of its subcommand STAGE.
fake() {
    mkdir -p bin
    real=$(command -v cargo) && printf '#!/bin/sh\n[ "$1" = %s ] || exec "%s" "$@"\n%s\n' "$1" "$real" "$2" >bin/cargo
    chmod +x bin/cargo; PATH=$PWD/bin:$PATH
}
# signalled SIGNAL STAGE: the signal comes while cargo is busy with STAGE, after it has changed what it may.
signalled() {
    package; change=:; [ "$2" != add ] || change='echo half >Cargo.toml; echo lock >Cargo.lock'
    fake "$2" "$change; touch '$PWD/reached'; sleep 600"
    cp -RP "$app" "$app.before"
    CARGO_NET_OFFLINE=true "$XTASK" copy my-pool/fast "$app" & id=$!
    wait_for test -e reached; kill -s "$1" $id; code=0; wait $id || code=$?
    diff -r "$app.before" "$app" && echo "package: unchanged" >&2 || echo "package: changed" >&2
}
