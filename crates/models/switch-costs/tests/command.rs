//! The demo as a person runs it: each row of `command.toml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    command_line::test(env!("CARGO_BIN_EXE_switch-costs"), env!("CARGO_MANIFEST_DIR"), vec![])
}
