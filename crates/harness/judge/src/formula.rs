//! How rules are joined: `stops and no queues or some keeps`.

use super::decide::{Decided, all, any, not};

/// One of these lists is enough, and takes each of its terms.
pub(super) struct Formula {
    pub(super) text: String,
    any_of: Vec<Vec<Term>>,
}

struct Term {
    is_not: bool,
    is_some: bool,
    rule: usize,
}

impl Formula {
    /// `rules` are the names it may use; `never` is no list at all. What is wrong with it otherwise.
    pub(super) fn parse(text: &str, rules: &[&str]) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self { text: text.to_owned(), any_of: Vec::new() });
        }
        let term = |text: &str| {
            let (how, name) = text.trim().split_once(' ').unwrap_or(("", text.trim()));
            let (is_not, is_some) = match how {
                "" => (false, false),
                "not" => (true, false),
                "some" => (false, true),
                "no" => (true, true),
                _ => {
                    return Err(format!(
                        "`{}` is no term: write RULE, not RULE, some RULE or no RULE",
                        text.trim()
                    ));
                }
            };
            let rule = rules.iter().position(|rule| *rule == name.trim());
            let rule = rule.ok_or_else(|| {
                format!("there is no rule `{}`; there are {}", name.trim(), rules.join(", "))
            })?;
            Ok(Term { is_not, is_some, rule })
        };
        let list = |text: &str| text.split(" and ").map(term).collect::<Result<Vec<_>, _>>();
        Ok(Self { text: text.to_owned(), any_of: text.split(" or ").map(list).collect::<Result<_, _>>()? })
    }

    /// Whether this rule has a say in it.
    pub(super) fn uses(&self, rule: usize) -> bool {
        self.any_of.iter().flatten().any(|term| term.rule == rule)
    }

    /// By what each of a rule's parts has decided.
    pub(super) fn decide(&self, decided: &[Vec<Decided>]) -> Decided {
        let term = |term: &Term| {
            let parts = decided[term.rule].iter().copied();
            let decided = if term.is_some { any(parts) } else { all(parts) };
            if term.is_not { not(decided) } else { decided }
        };
        any(self.any_of.iter().map(|list| all(list.iter().map(term))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_all_of_a_rule_or_some_of_it_and_their_negations() {
        let decided = [vec![Some(true), Some(false)], vec![Some(true)], vec![None]];
        for (text, expected) in [
            ("a", Some(false)),
            ("some a", Some(true)),
            ("not a", Some(true)),
            ("no a", Some(false)),
            ("some a and b", Some(true)),
            ("b and c", None),
            ("a and c", Some(false)),
            ("a and c or b", Some(true)),
            ("never", Some(false)),
        ] {
            let formula = Formula::parse(text, &["a", "b", "c"]).unwrap();
            assert_eq!(formula.decide(&decided), expected, "{text}");
        }
        for (text, reason) in [("d", "no rule `d`"), ("any a", "is no term"), ("", "no rule ``")] {
            assert!(Formula::parse(text, &["a"]).err().unwrap().contains(reason), "{text}");
        }
    }
}
