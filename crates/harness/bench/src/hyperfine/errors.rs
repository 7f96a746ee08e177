//! What a measured program wrote to its errors, and the line of it that tells why it failed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::text::clean;

/// So much is read from the beginning, and so much from the end. A program may write more than memory holds.
const PIECE: usize = 64 << 10;
/// A reason is a line on a page.
const LONGEST: usize = 300;

/// The file that takes them. It is held open, since the program could put anything in its place.
pub(super) struct Errors(File);

impl Errors {
    pub(super) fn in_folder(folder: &Path) -> io::Result<Self> {
        File::options().read(true).write(true).create_new(true).open(folder.join("stderr")).map(Self)
    }

    pub(super) fn for_the_run(&self) -> io::Result<File> {
        self.0.try_clone()
    }

    /// The line of it that tells most; none if nothing was said.
    pub(super) fn told(&self) -> Option<String> {
        let length = self.0.metadata().map_or(0, |metadata| metadata.len());
        let end = length.saturating_sub(PIECE as u64).max(PIECE as u64);
        line_of(&self.piece(0), &self.piece(end))
    }

    fn piece(&self, from: u64) -> String {
        let mut piece = vec![0; PIECE];
        let mut length = 0;
        while let Ok(more @ 1..) = self.0.read_at(&mut piece[length..], from + length as u64) {
            length += more;
        }
        String::from_utf8_lossy(&piece[..length]).into_owned()
    }
}

/// Of what it said first and last, what lies between left out: the first line that is not hyperfine's own warning, for a panic
/// the message below it, and for an exception in Python the last.
fn line_of(beginning: &str, end: &str) -> Option<String> {
    let own = |line: &String| !line.trim().is_empty() && !line.trim_start().starts_with("Warning: Ignoring");
    let lines = |text: &str| text.lines().map(clean).filter(own).collect::<Vec<_>>();
    let (first, last) = (lines(beginning), lines(end));
    let mut telling = first.iter();
    let mut told = telling.next()?.trim().to_owned();
    if told.contains("panicked at") {
        if let Some(message) = telling.next() {
            told = format!("{told} {}", message.trim());
        }
    } else if first.iter().chain(&last).any(|line| line.contains("Traceback (most recent call last)")) {
        // It may have been said by a thread, and more after it: of the last one the line that is not indented.
        let all = if last.is_empty() { &first } else { &last };
        let raised = all.iter().rev().find(|line| is_exception(line)).or(all.last());
        told = raised.map_or(told, |line| line.trim().to_owned());
    }
    Some(cut(&told))
}

/// `ValueError: no luck`, `module.Error`, `KeyboardInterrupt`: a name, and what it says.
fn is_exception(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    !name.is_empty() && name.chars().all(is_word) && name.chars().any(char::is_uppercase)
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn told(errors: &str) -> Option<String> {
        line_of(errors, "")
    }

    #[test]
    fn what_a_run_said_is_told_from_what_hyperfine_says() {
        let warning = " \n  Warning: Ignoring non-zero exit code.\n";
        let panic = "\nthread 'main' (7) panicked at src/main.rs:1:1:\nno luck\nnote: run with ..\n";
        assert_eq!(told(&format!("out of cheese\nredo\n{warning}")).unwrap(), "out of cheese");
        assert_eq!(told(panic).unwrap(), "thread 'main' (7) panicked at src/main.rs:1:1: no luck");
        assert_eq!(told(warning), None);
    }

    #[test]
    fn a_traceback_gives_its_last_line() {
        let raised = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import nothing\n\
                      ModuleNotFoundError: No module named 'nothing'\n  Warning: Ignoring non-zero exit code.\n";
        assert_eq!(told(raised).unwrap(), "ModuleNotFoundError: No module named 'nothing'");
        let long = format!("Traceback (most recent call last):\n{}", "  File\n".repeat(10));
        assert_eq!(
            line_of(&long, "half a line\n    x()\nValueError: no luck\n").unwrap(),
            "ValueError: no luck"
        );
        let of_lines = "Traceback (most recent call last):\n  File \"a.py\"\nValueError: one\nof two lines\n";
        assert_eq!(told(of_lines).unwrap(), "ValueError: one");
        let after_a_note = format!("starting\n{raised}");
        assert_eq!(told(&after_a_note).unwrap(), "ModuleNotFoundError: No module named 'nothing'");
    }

    #[test]
    fn a_long_line_is_cut_and_commands_to_a_terminal_are_gone() {
        let line = told(&"é".repeat(100_000)).unwrap();
        assert_eq!(line.chars().count(), LONGEST + 1);
        assert_eq!(told("\u{1b}]0;title\u{7}\u{1b}[31mno\u{1b}[0m luck\n").unwrap(), "no luck");
    }

    #[test]
    fn of_much_the_beginning_and_the_end_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let errors = Errors::in_folder(folder.path()).unwrap();
        let mut file = errors.for_the_run().unwrap();
        writeln!(file, "Traceback (most recent call last):\n{}", "x".repeat(1 << 20)).unwrap();
        writeln!(file, "ValueError: at the end").unwrap();
        assert_eq!(errors.told().unwrap(), "ValueError: at the end");
        // Whatever the program puts in its place.
        std::fs::remove_file(folder.path().join("stderr")).unwrap();
        assert_eq!(errors.told().unwrap(), "ValueError: at the end");
    }

    #[test]
    fn no_utf_8_is_shown_as_far_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let errors = Errors::in_folder(folder.path()).unwrap();
        errors.for_the_run().unwrap().write_all(b"caf\xe9: no such host\n").unwrap();
        assert_eq!(errors.told().unwrap(), "caf\u{fffd}: no such host");
    }
}
