//! What a right answer is.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::{Case, Variant};
use crate::text::clean;

/// A figure of the outcome compared with a number.
#[derive(Clone, Debug)]
pub(crate) struct Expectation {
    path: String,
    comparison: String,
    number: f64,
}

/// Checks what the case and the variant expect of an outcome; the first that is not met is the error.
pub(crate) fn verify(case: &Case, variant: &Variant, outcome: &Value) -> Result<(), String> {
    let mut expected: BTreeMap<&str, &Expectation> = BTreeMap::new();
    for expectation in case.expect.iter().chain(&variant.expect) {
        expected.insert(&expectation.path, expectation);
    }
    check_errors(outcome, |kind| expected.contains_key(&*format!("errors.{kind}")))?;
    expected.values().try_for_each(|expectation| expectation.check(outcome))
}

/// A run whose items failed has not done what its row stands for, unless an expectation says how many of that kind may.
fn check_errors(outcome: &Value, is_expected: impl Fn(&str) -> bool) -> Result<(), String> {
    const TOLD: usize = 3;
    let errors = outcome.get("errors").and_then(Value::as_object).into_iter().flatten();
    let counts = errors.filter_map(|(kind, count)| Some((kind, count.as_u64()?)));
    let unexpected: Vec<_> = counts.filter(|(kind, count)| *count > 0 && !is_expected(kind)).collect();
    if unexpected.is_empty() {
        return Ok(());
    }
    let mut kinds: Vec<_> =
        unexpected.iter().take(TOLD).map(|(kind, count)| format!("{} ({count})", clean(kind))).collect();
    if unexpected.len() > TOLD {
        kinds.push(format!("{} more kinds", unexpected.len() - TOLD));
    }
    let count: u64 = unexpected.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count));
    Err(format!("reported {count} errors, and nothing expects any: {}", kinds.join(", ")))
}

impl Expectation {
    pub(super) fn parse(path: &str, text: &str) -> Result<Self, String> {
        check_path(path)?;
        let (comparison, number) = text.split_once(' ').unwrap_or((text, ""));
        let number = number.trim().parse().ok().filter(|number: &f64| number.is_finite());
        match number {
            Some(number) if ["==", "!=", "<", "<=", ">", ">="].contains(&comparison) => {
                Ok(Self { path: path.to_owned(), comparison: comparison.to_owned(), number })
            }
            _ => {
                Err(format!("`{text}` is no expectation; write one of == != < <= > >=, a space and a number"))
            }
        }
    }

    #[allow(clippy::float_cmp, reason = "counts are compared, and == on a count means equal")]
    fn check(&self, outcome: &Value) -> Result<(), String> {
        let figure = match self.path.strip_prefix("errors.") {
            // The kind is a text with points of its own, and what is not counted has not happened.
            Some(kind) => Some(outcome["errors"].get(kind).and_then(Value::as_f64).unwrap_or(0.0)),
            None => {
                self.path.split('.').try_fold(outcome, |value, key| value.get(key)).and_then(Value::as_f64)
            }
        };
        let Some(figure) = figure else {
            return Err(format!("reported no {}, expected {self}", self.path));
        };
        let met = match self.comparison.as_str() {
            "==" => figure == self.number,
            "!=" => figure != self.number,
            "<" => figure < self.number,
            "<=" => figure <= self.number,
            ">" => figure > self.number,
            _ => figure >= self.number,
        };
        if met { Ok(()) } else { Err(format!("reported {} {figure}, expected {self}", self.path)) }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.comparison, self.number)
    }
}

/// Whether there may be such a figure in an outcome.
///
/// # Errors
/// If there cannot be: the message lists the figures that there are.
pub fn check_path(path: &str) -> Result<(), String> {
    let roots = ["work", "metrics", "cpu", "memory", "switches", "errors", "witness"];
    let singles = ["elapsed_s", "threads_peak"];
    let known = singles.contains(&path)
        || path.split_once('.').is_some_and(|(root, rest)| roots.contains(&root) && !rest.is_empty());
    if known {
        return Ok(());
    }
    let roots = roots.map(|root| format!("{root}.NAME")).join(", ");
    Err(format!("`{path}` is no figure of an outcome; there are {roots}, {}", singles.join(", ")))
}
