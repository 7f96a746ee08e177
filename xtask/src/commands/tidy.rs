//! The rules of the house that a compiler does not know.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use glob::{Pattern, glob};
use proc_macro2::{TokenStream, TokenTree};
use pulldown_cmark::{Event, Parser, Tag};

use super::{copy, scripts};
use ::report::site;
use bench::experiment::{Experiment, Role, Variant};
use bench::terminal::tell;
use bench::workspace::Workspace;
use judge::Ledger;

/// A variant file is read in a minute.
const MOST_LINES: usize = 120;
/// Crates of the harness, which nobody who copies a file has.
const HARNESS: [&str; 5] = ["demo", "outcome", "origin", "clap", "serde_json"];
/// What people read, and follow the links of.
const PAGES: [&str; 4] = ["README.md", "CONTRIBUTING.md", "docs/*.md", "crates/*/*/README.md"];

pub(crate) fn run() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let mut findings = Vec::new();
    for folder in workspace.experiment_folders()? {
        for name in ["experiment.toml", "README.md"] {
            if !folder.join(name).is_file() {
                findings.push(format!("{}: has no {name}", workspace.shown(&folder)));
            }
        }
    }
    // A stale page or script is worth telling only of a house whose parts can all be read.
    if findings.is_empty() {
        for experiment in Ledger::of(&workspace)?.0 {
            for file in files(&workspace.root, &experiment)? {
                findings.extend(check_file(&workspace, &experiment, &file)?);
            }
            findings.extend(check_copied(&workspace, &experiment)?);
        }
        for pages in PAGES {
            for page in glob(&format!("{}/{pages}", Pattern::escape(&workspace.root.to_string_lossy())))? {
                findings.extend(check_links(&workspace, &page?)?);
            }
        }
        findings.extend(site::stale(&workspace)?);
        findings.extend(scripts::stale(&workspace)?);
    }
    for finding in &findings {
        tell(finding);
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

/// What people come for: the variants and the pieces that they share, without lib.rs and main.rs.
fn files(root: &Path, experiment: &Experiment) -> Result<BTreeSet<PathBuf>> {
    let sources = root.join(&experiment.folder).join("src");
    let variants = experiment.variants.iter().flat_map(|variant| variant.with.iter().chain([&variant.file]));
    let mut files: BTreeSet<PathBuf> = variants.map(|file| root.join(file)).collect();
    for file in glob(&format!("{}/*.rs", Pattern::escape(&sources.to_string_lossy())))? {
        let file = file?;
        if !file.ends_with("lib.rs") && !file.ends_with("main.rs") {
            files.insert(file);
        }
    }
    Ok(files)
}

fn check_file(workspace: &Workspace, experiment: &Experiment, file: &Path) -> Result<Vec<String>> {
    let shown = workspace.shown(file);
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    let is_python = file.extension().is_some_and(|extension| extension == "py");
    let (opening, comment) = if is_python { ("\"\"\"", "# ") } else { ("//!", "// ") };
    let mut findings = Vec::new();
    if !text.starts_with(opening) {
        findings.push(format!("{shown}:1: begins without {opening}: say what it does and what to expect"));
    }
    let variant = experiment.variants.iter().find(|variant| workspace.root.join(&variant.file) == file);
    if let Some(mark) = variant.and_then(mark)
        && !text.contains(&format!("{comment}{mark}"))
    {
        findings.push(format!(
            "{shown}:1: marks no line with `{comment}{mark}`: say which line decides, and why"
        ));
    }

    let lines = if is_python {
        let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        text.lines().filter(code).count()
    } else {
        let code = tokens(&text).with_context(|| format!("{shown}: is not Rust"))?;
        let mut parts = experiment.variants.iter().flat_map(|variant| &variant.with);
        let is_part = parts.any(|part| workspace.root.join(part) == file);
        let ours = match &*experiment.group {
            // What is above a part is the file that it is copied with.
            "patterns" if is_part => &["crate"][..],
            "patterns" => &["crate", "super"],
            _ => &[],
        };
        for name in HARNESS.iter().chain(ours) {
            let why = "nobody who copies the file has it";
            let uses = lines_using(name, &code).into_iter();
            findings.extend(uses.map(|line| format!("{shown}:{line}: uses `{name}`: {why}")));
        }
        code.iter().flat_map(|token| token.first..=token.last).collect::<BTreeSet<_>>().len()
    };
    if lines > MOST_LINES {
        findings.push(format!("{shown}:1: has {lines} lines of code, more than {MOST_LINES}"));
    }
    Ok(findings)
}

/// `copy` lists what there is by when to take it, refuses a package that cannot compile it, and brings along what it takes in.
fn check_copied(workspace: &Workspace, experiment: &Experiment) -> Result<Vec<String>> {
    let file = experiment.folder.join("experiment.toml");
    let copied = experiment.variants.iter().filter(|variant| copy::refusal(experiment, variant).is_none());
    let mut findings = Vec::new();
    for variant in copied {
        let (file, name) = (file.display(), &variant.name);
        let lacks = [
            (variant.when.is_none(), "`when`: say in a line when to take it and no other"),
            (variant.edition.is_none(), "`edition`: say the lowest that compiles it"),
            (variant.rust_version.is_none(), "`rust_version`: say the lowest Rust that compiles it"),
            (
                takes_in(&workspace.root, variant)? != variant.with.iter().cloned().collect(),
                "`with` that names the files which it takes in by `#[path]`, and no others",
            ),
        ];
        let lacks = lacks.into_iter().filter(|(lacks, _)| *lacks);
        findings.extend(lacks.map(|(_, what)| format!("{file}:1: the variant `{name}` has no {what}")));
    }
    Ok(findings)
}

/// The files that a variant's own names in a `#[path = ".."]`.
fn takes_in(root: &Path, variant: &Variant) -> Result<BTreeSet<PathBuf>> {
    let text = fs::read_to_string(root.join(&variant.file))
        .with_context(|| format!("cannot read {}", variant.file.display()))?;
    let paths = text.lines().filter_map(|line| line.strip_prefix("#[path = \"")?.strip_suffix("\"]"));
    Ok(paths.map(|path| variant.file.with_file_name(path)).collect())
}

/// The links that lead to a file of ours which is not there.
fn check_links(workspace: &Workspace, page: &Path) -> Result<Vec<String>> {
    let shown = workspace.shown(page);
    let text = fs::read_to_string(page).with_context(|| format!("cannot read {shown}"))?;
    let mut findings = Vec::new();
    for (event, range) in Parser::new(&text).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url: to, .. } | Tag::Image { dest_url: to, .. }) = event else {
            continue;
        };
        // Of `#part` alone the file is the page's own, by its folder.
        let file = to.split('#').next().unwrap_or_default();
        if !file.contains(':') && !page.with_file_name(file).exists() {
            let line = 1 + text[..range.start].matches('\n').count();
            findings.push(format!("{shown}:{line}: links to {to}, and there is no such file"));
        }
    }
    Ok(findings)
}

fn mark(variant: &Variant) -> Option<&'static str> {
    match variant.role {
        Role::Wrong => Some("Wrong: "),
        Role::Right => Some("Right: "),
        Role::Floor | Role::Library => None,
    }
}

/// A word or a sign of the code, and the lines it stands on.
struct Token {
    text: String,
    first: usize,
    last: usize,
}

/// All of the code, in order; comments are none of it, nor is documentation.
fn tokens(text: &str) -> Result<Vec<Token>> {
    let stream: TokenStream = text.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let token = |text: String, span: proc_macro2::Span| Token {
            text,
            first: span.start().line,
            last: span.end().line,
        };
        match tree {
            // `/// text` is read as `#[doc = "text"]`.
            TokenTree::Group(group) if group.stream().to_string().starts_with("doc =") => {
                while tokens.last().is_some_and(|token| token.text == "#" || token.text == "!") {
                    tokens.pop();
                }
            }
            TokenTree::Group(group) => {
                tokens.push(token("(".to_owned(), group.span_open()));
                flatten(group.stream(), tokens);
                tokens.push(token(")".to_owned(), group.span_close()));
            }
            tree => tokens.push(token(tree.to_string(), tree.span())),
        }
    }
}

/// The lines that name a crate: `name::` anywhere, or `name` within a `use` or `extern crate`, where no other
/// name leads to it.
fn lines_using(name: &str, tokens: &[Token]) -> Vec<usize> {
    let mut importing = false;
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let text = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
        importing = match token.text.as_str() {
            "use" | "extern" => true,
            ";" => false,
            _ => importing,
        };
        let is_led_to = at >= 3 && text(at - 1) == ":" && text(at - 2) == ":" && is_word(text(at - 3));
        let leads = text(at + 1) == ":" && text(at + 2) == ":";
        if token.text == name && !is_led_to && (leads || importing) {
            lines.push(token.first);
        }
    }
    lines
}

fn is_word(text: &str) -> bool {
    text != "use" && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{lines_using, tokens};

    fn uses(text: &str) -> Vec<usize> {
        lines_using("outcome", &tokens(text).unwrap())
    }

    #[test]
    fn a_crate_is_found_however_it_is_named() {
        for text in [
            "use outcome::Run;",
            "use outcome;",
            "use ::outcome::Run;",
            "extern crate outcome;",
            "fn a() { outcome::report() }",
            "use {std::fs, outcome::Run};",
            "use {outcome};",
        ] {
            assert_eq!(uses(text), [1], "{text}");
        }
        assert_eq!(uses("use {\n    std::fs,\n    outcome,\n};"), [3]);
    }

    #[test]
    fn a_word_that_is_no_crate_is_left_alone() {
        for text in [
            "fn a() { let outcome = 1; }",
            "use std::outcome::Run;",
            "use my_outcome::Run;",
            "// use outcome::Run;",
            "/// outcome::Run\nfn a() {}",
            "const A: &str = \"use outcome::Run;\";",
        ] {
            assert!(uses(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn comments_documentation_and_blank_lines_are_no_code() {
        let text = "//! Why.\n\n/// What.\n// So.\n/* or\nso */\nfn a() {\n    b(\"two\nlines\")\n}\n";
        let mut lines: Vec<_> =
            tokens(text).unwrap().iter().flat_map(|token| [token.first, token.last]).collect();
        lines.dedup();
        assert_eq!(lines, [7, 8, 9, 10]);
    }
}
