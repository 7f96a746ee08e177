//! Pages, ledger and the tables in the READMEs, from the data alone.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use bench::data::Data;
use bench::file::write;
use bench::terminal::{is_coloured, say, tell};
use bench::workspace::Workspace;
use clap::Args;
use judge::{Judgement, Verdict};
use report::page;
use report::site::{PAGE, in_results, pages, stale};

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing; exit 1 if a page is not what the data say
    #[arg(long)]
    check: bool,
    /// Open the page in a browser: the one of the newest results of your own if there are any, else that of the reference
    #[arg(long, conflicts_with = "check")]
    open: bool,
    /// Write the page that has it all to this file, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "open"])]
    page: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    if let Some(file) = &options.page {
        let all = pages(&workspace)?.into_iter().filter(|(page, _)| page.ends_with(PAGE));
        // That of what the project keeps lies above those of single machines.
        let whole = all.min_by_key(|(page, _)| page.components().count());
        let (_, html) = whole.context("there is nothing to show yet: `cargo xtask bench-all` measures")?;
        write(file, &html)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !options.check {
        for (file, text) in pages(&workspace)? {
            write(&file, &text)?;
        }
        if options.open {
            open(&workspace)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let stale = stale(&workspace)?;
    for message in &stale {
        tell(message);
    }
    Ok(ExitCode::from(u8::from(!stale.is_empty())))
}

fn open(workspace: &Workspace) -> Result<()> {
    // What somebody measured here, and nothing else, has a page of its own.
    let mut own = Vec::new();
    for page in in_results(workspace, &format!("*/{PAGE}"))? {
        let data = Data::read_all(page.parent().context("a page has a folder")?)?;
        own.push((data.into_iter().map(|data| data.started).max(), page));
    }
    let page =
        own.into_iter().max().map_or_else(|| workspace.root.join("results").join(PAGE), |(_, page)| page);
    let shown = workspace.shown(&page);
    ensure!(
        page.exists(),
        "there is nothing to open yet: `cargo xtask bench-all` measures, and writes {shown}"
    );
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    // Waited for, since that is how it tells that there is no browser; but not kept, since the browser is to outlive us.
    #[allow(clippy::disallowed_methods)]
    let is_open =
        Command::new(program).arg(&page).stdin(Stdio::null()).status().is_ok_and(|status| status.success());
    ensure!(is_open, "{program} is not here, or found no browser: open {shown} by hand");
    Ok(())
}

/// The ledger, for the terminal: the most surprising rows first with their evidence, then all of them, and where to read more.
pub(crate) fn print(workspace: &Workspace, folder: &Path, judgements: &[Judgement]) -> Result<()> {
    const FIRST: usize = 5;
    let coloured = is_coloured();
    let shown = |verdict: Verdict| {
        let colour = match verdict {
            Verdict::Holds => "32",
            Verdict::HoldsBut => "33",
            Verdict::Fails => "31",
            Verdict::Unsettled | Verdict::NotMeasured => "2",
        };
        let words = format!("{:12}", verdict.words());
        if coloured { format!("\x1b[{colour}m{words}\x1b[0m") } else { words }
    };
    let all: Vec<_> = judgements.iter().collect();
    let surprising = page::most_surprising(&all, FIRST);
    if !surprising.is_empty() {
        say("What a reader of the article would expect least:\n\n")?;
    }
    for (rust, python) in surprising {
        say(&format!("{:4} {}\n", rust.id, rust.says))?;
        for (language, judgement) in [("Rust", Some(rust)), ("CPython", python)] {
            let Some(judgement) = judgement else { continue };
            say(&format!("     {language:8}{} {}\n", shown(judgement.verdict), judgement.finding.plain()))?;
        }
    }
    say(&format!("\n     {:13}{:13}\n", "in Rust", "in CPython"))?;
    for (rust, python) in page::pairs(&all) {
        let python = python.map_or(Verdict::NotMeasured, |judgement| judgement.verdict);
        say(&format!("{:4} {} {} {}\n", rust.id, shown(rust.verdict), shown(python), rust.says))?;
    }
    let [page, html] = ["README.md", PAGE].map(|page| folder.join(page));
    say(&format!("\n{}\n{}\n", workspace.shown(&page), workspace.shown(&html)))
}
