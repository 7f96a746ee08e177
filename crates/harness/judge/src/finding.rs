//! The sentence that a reader should remember: its figures are filled in.

use super::measure::Part;
use super::place::Names;
use super::rule::Rule;
use super::words::list;

/// A text with places for figures: `{rule}` is the first figure of a rule, `{rule:variant}` that of a variant, `{rule:2}` the second, and
/// `{met:rule}` lists the variants of which it is so. `{name}` is a name of the language.
#[derive(Default)]
pub(super) struct Finding(Vec<Piece>);

enum Piece {
    Words(String),
    Figure { rule: usize, at: usize },
    Met { rule: usize },
}

impl Finding {
    /// What is wrong with it otherwise.
    pub(super) fn parse(
        text: &str,
        names: &Names,
        rules: &[(String, Rule)],
        also: &[(String, Rule)],
    ) -> Result<Self, String> {
        let known: Vec<_> = rules.iter().chain(also).collect();
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) = after.split_once('}').ok_or("a } is missing")?;
            pieces.push(Piece::Words(before.to_owned()));
            pieces.push(piece(inside, names, &known)?);
            rest = after;
        }
        pieces.push(Piece::Words(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// With what was measured, by rule.
    pub(super) fn filled(&self, parts: &[Vec<Part>]) -> String {
        let told = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Figure { rule, at } => {
                let figures = parts[*rule].iter().map(|part| part.shown.as_deref().unwrap_or_default());
                let per_part = figures.clone().map(<[_]>::len).max().unwrap_or(1).max(1);
                let figure =
                    figures.clone().nth(at / per_part).and_then(|figures| figures.get(at % per_part));
                figure.map_or("an unknown amount".to_owned(), super::evidence::Shown::brief)
            }
            Piece::Met { rule } => {
                let met = parts[*rule].iter().filter(|part| part.decided == Some(true));
                let mut met: Vec<_> = met.map(|part| part.of.as_str()).collect();
                met.dedup();
                if met.is_empty() { "none".to_owned() } else { list(&met) }
            }
        };
        self.0.iter().map(told).collect()
    }
}

fn piece(text: &str, names: &Names, known: &[&(String, Rule)]) -> Result<Piece, String> {
    let meant = |name: &str| {
        names.lists.get(name).map(|words| words.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>())
    };
    // A rule of the same name goes before.
    if let Some(words) = meant(text).filter(|_| known.iter().all(|(rule, _)| rule != text)) {
        return Ok(Piece::Words(list(&words)));
    }
    let find = |name: &str| {
        let found = known.iter().position(|(rule, _)| rule == name);
        found.ok_or_else(|| format!("there is no rule, figure or name `{name}` to fill in"))
    };
    if let Some(rule) = text.strip_prefix("met:") {
        return Ok(Piece::Met { rule: find(rule)? });
    }
    let (name, key) = text.split_once(':').unwrap_or((text, "1"));
    let rule = find(name)?;
    let (_, of) = known[rule];
    let key = meant(key).and_then(|words| words.first().copied()).unwrap_or(key);
    let at = match key.parse::<usize>() {
        Ok(number) => number.checked_sub(1).filter(|at| *at < of.figures.len() * of.pairs.len()),
        Err(_) => of.pairs.iter().position(|(place, _)| place.variant == key),
    };
    let at = at.ok_or_else(|| format!("`{name}` has no figure `{key}`"))?;
    Ok(Piece::Figure { rule, at })
}
