//! A program whose `main` never asks for its role, such as this test, starts no process: each would be a copy of the program, and
//! would start a further copy.

use bench::process;

#[test]
fn a_program_that_never_asks_for_its_role_starts_no_process() {
    let error = process::run(&mut process::command("true"), None).unwrap_err();
    let message = format!("{error:#}");
    assert!(message.contains("cannot start true") && message.contains("keeper::role()"), "{message}");
}
