//! What a file says, by type: a [`Name`] is safe wherever it stands, and a [`Text`] can be written only as what it is written into.
//!
//! A data file may come from anyone. A string of it is a name, a moment or a commit, which are checked when it is read, or a text,
//! which has no `Display`: whoever writes it says for which place.

pub mod escape;

use std::fmt::{self, Display, Formatter};
use std::ops::Deref;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A name in a file is no longer than this; it becomes part of a file's name.
pub(crate) const LONGEST_NAME: usize = 160;
/// And a label than this, since more is added to it: `-default-interrupted` say.
pub const LONGEST_LABEL: usize = 100;
/// A text in a file is no longer than this: an evidence can be long, all else is a line.
const LONGEST_TEXT: usize = 20_000;

/// A name that leaves nothing to escape, in a path, a link, a table or an attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Name(String);

impl Name {
    /// A name of a-z, 0-9, _ and -, at most 160 of them, the first a letter or a digit.
    ///
    /// # Errors
    /// If `text` is something else: the message quotes it, and says what a name may have.
    pub fn new(text: &str) -> Result<Self, String> {
        let shown: String = Text::from(text).plain().chars().take(LONGEST_NAME).collect();
        if text.len() > LONGEST_NAME {
            return Err(format!("`{shown}…` is too long for a name: {LONGEST_NAME} letters are the most"));
        }
        if !is_name(text) {
            return Err(format!("`{shown}` is no name: use a-z, 0-9, _ and -"));
        }
        Ok(Self(text.to_owned()))
    }

    /// A name that our own code has checked already, one of an experiment say.
    ///
    /// # Panics
    /// If it is not a name.
    pub fn of(checked: &str) -> Self {
        Self::new(checked).expect("it was checked")
    }

    /// The name, for what takes a `&str`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<String> for Name {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

impl PartialEq<Name> for String {
    fn eq(&self, other: &Name) -> bool {
        *self == other.0
    }
}

/// Text that is not ours, on one line, without anything that commands a terminal or reorders what stands beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Text(String);

impl Text {
    /// For a page in Markdown.
    pub fn md(&self) -> String {
        escape::markdown(&self.0)
    }

    /// For a page in HTML, within an attribute too.
    pub fn html(&self) -> String {
        escape::html(&self.0)
    }

    /// For a terminal, for an SVG whose texts are all escaped, and to be made part of another text.
    pub fn plain(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(clean(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(clean(&text))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.len() > LONGEST_TEXT {
            return Err(D::Error::custom(format!("a text of {} bytes is too long", text.len())));
        }
        Ok(Self::from(text))
    }
}

/// A moment as bench-all writes it: `2026-11-25 14:43:33 UTC`. They sort by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment(String);

const MOMENT: &str = "%Y-%m-%d %H:%M:%S UTC";

impl Moment {
    pub(crate) fn now() -> Self {
        Self(jiff::Timestamp::now().strftime(MOMENT).to_string())
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        // Written again, so that nothing of the text itself is kept.
        let read =
            jiff::civil::DateTime::strptime(MOMENT, &text).map(|read| read.strftime(MOMENT).to_string());
        match read {
            Ok(moment) if moment == text => Ok(Self(moment)),
            _ => {
                let shown = beginning(&text);
                Err(D::Error::custom(format!("`{shown}` is no moment: 2026-11-25 14:43:33 UTC would be one")))
            }
        }
    }
}

/// A commit, by its number in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Commit(String);

impl Commit {
    /// None if this is no number of a commit.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let is_hex = text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        ((7..=64).contains(&text.len()) && is_hex).then(|| Self(text.to_owned()))
    }

    /// Its first 12 digits.
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(12)]
    }
}

impl<'de> Deserialize<'de> for Commit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(from)?)
            .ok_or_else(|| D::Error::custom("the commit is no number in hexadecimal"))
    }
}

/// The beginning of what may be anything, for a message that quotes it.
pub(crate) fn beginning(value: &impl ToString) -> String {
    clean(&value.to_string()).chars().take(40).collect()
}

/// On one line, without the sequences that a terminal obeys, and with a mark for each other character that cannot be seen.
pub fn clean(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => match rest.peek() {
                Some('[') => {
                    rest.next();
                    skip_until(&mut rest, |c| ('@'..='~').contains(&c));
                }
                // A title, a link, a clipboard: up to BEL or ST.
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    rest.next();
                    skip_until(&mut rest, |c| c == '\u{7}' || c == '\u{1b}' || c == '\u{9c}');
                    rest.next_if_eq(&'\\');
                }
                _ => drop(rest.next_if(|c| !c.is_control())),
            },
            '\u{9b}' => skip_until(&mut rest, |c| ('@'..='~').contains(&c)),
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => kept.push(' '),
            c if is_unseen(c) => kept.push(char::REPLACEMENT_CHARACTER),
            c => kept.push(c),
        }
    }
    kept
}

/// Past the first character that ends it.
fn skip_until(rest: &mut impl Iterator<Item = char>, ends: impl Fn(char) -> bool) {
    for c in rest.by_ref() {
        if ends(c) {
            break;
        }
    }
}

/// Controls, what turns the direction of a text, what takes no room, and what no XML may hold.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// Names go into paths, commands and pages; this leaves nothing to escape.
pub fn is_name(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(letters) && text.chars().all(|c| letters(c) || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_gone_and_what_cannot_be_seen_is_marked() {
        for (text, kept) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://a\u{1b}\\link", "link"),
            ("\u{9b}2Jcleared", "cleared"),
            ("\u{1b}cfull reset", "full reset"),
            ("one\r\ntwo\tthree\u{2028}four", "one  two three four"),
            ("a\0b\u{8}c\u{7f}d", "a\u{fffd}b\u{fffd}c\u{fffd}d"),
            ("\u{202e}evil\u{2066}", "\u{fffd}evil\u{fffd}"),
            ("\u{1b}[", ""),
            ("µs → é 漢", "µs → é 漢"),
        ] {
            assert_eq!(clean(text), kept, "{text:?}");
        }
    }

    #[test]
    fn names_moments_and_commits_are_checked_when_they_are_read() {
        let name = |text: &str| serde_json::from_value::<Name>(text.into());
        assert_eq!(name("4-of-100").unwrap(), "4-of-100");
        for text in ["", "../../evil", "a b", "A", "-a", "<b>", "a\n", &"a".repeat(LONGEST_NAME + 1)] {
            assert!(name(text).is_err(), "{text}");
        }
        let moment = |text: &str| serde_json::from_value::<Moment>(text.into());
        assert_eq!(moment("2026-11-25 14:43:33 UTC").unwrap().to_string(), "2026-11-25 14:43:33 UTC");
        for text in ["", "yesterday", "2026-13-25 14:43:33 UTC", "2026-11-25 14:43:33 UTC<b>", "2026-11-25"] {
            assert!(moment(text).is_err(), "{text}");
        }
        assert_eq!(Commit::new("34028a0e7ee8fb66c4307be25dc7de043e96ddac").unwrap().short(), "34028a0e7ee8");
        for text in ["", "34028", "<script>", "34028A0E7EE8", &"a".repeat(65)] {
            assert_eq!(Commit::new(text), None, "{text}");
        }
    }
}
