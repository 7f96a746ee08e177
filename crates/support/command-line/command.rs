//! The demo as a person runs it: each row of its experiment's `tests/command.toml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let program = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
    command_line::test(program, env!("CARGO_MANIFEST_DIR"), vec![])
}
