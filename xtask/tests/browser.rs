//! The page in a real browser: what it asks for, what it says, and how it is used at the width of a phone, with the keyboard, in the
//! dark and on paper. Where there is no Chromium the tests say so and are skipped.

mod chromium;
mod whole;

use std::fs;

use chromium::Chromium;
use serde_json::json;
use whole::{page, root};

const PHONE: u32 = 360;
const DESKTOP: u32 = 1200;

#[test]
fn it_has_no_error_and_asks_for_nothing_but_itself() {
    let Some(mut chromium) = Chromium::open(page(), DESKTOP, "light") else { return };
    assert_eq!(chromium.seen("document.readyState"), "complete");
    for event in ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"] {
        assert_eq!(chromium.told(event).next(), None);
    }
    // As the browser writes the path, which may have spaces.
    let page = chromium.seen("location.href");
    let requests: Vec<_> =
        chromium.told("Network.requestWillBeSent").map(|request| &request["request"]["url"]).collect();
    assert_eq!(requests, [&page]);
}

#[test]
fn nobody_needs_to_scroll_sideways() {
    for width in [PHONE, 768, DESKTOP] {
        let Some(mut chromium) = Chromium::open(page(), width, "light") else { return };
        let needed = chromium.seen("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(needed <= width.into(), "{needed} of {width}");
    }
}

#[test]
fn the_filters_hide_what_was_not_asked_for() {
    for width in [PHONE, DESKTOP] {
        let Some(mut chromium) = Chromium::open(page(), width, "light") else { return };
        for (filter, value, of) in
            [("verdict", "fails", "verdicts"), ("model", "processes", "models"), ("group", "models", "group")]
        {
            let seen = chromium.seen(&format!(
                "(() => {{ const form = document.querySelector('form'); form.reset(); form.{filter}.value = '{value}';
                form.dispatchEvent(new Event('change', {{ bubbles: true }}));
                const rows = [...document.querySelectorAll('.ledger tbody tr')];
                const shown = rows.filter((row) => row.checkVisibility());
                const asked = rows.filter((row) => row.dataset.{of}.split(' ').includes('{value}'));
                return [form.checkVisibility(), shown.length > 0 && shown.length < rows.length,
                    shown.map((row) => row.id).join() === asked.map((row) => row.id).join(),
                    document.getElementById('count').textContent === `${{shown.length}} of ${{rows.length}} claims`]; }})()"
            ));
            assert_eq!(seen, json!([true, true, true, true]), "{filter} at {width} px");
        }
    }
}

#[test]
fn without_javascript_all_can_be_read_and_nothing_pretends_to_work() {
    let Some(mut chromium) = Chromium::open(page(), PHONE, "light") else { return };
    chromium.reload_without_javascript();
    let seen = chromium.seen(
        "[[...document.querySelectorAll('.ledger tbody tr, h2, svg, pre')].every((one) => one.checkVisibility()),
        document.querySelector('form').checkVisibility(), document.getElementById('count').textContent]",
    );
    assert_eq!(seen, json!([true, false, ""]));
}

#[test]
fn an_accessibility_checker_finds_nothing_serious() {
    let file = root().join("target/axe/node_modules/axe-core/axe.min.js");
    let Ok(axe) = fs::read_to_string(&file) else {
        eprintln!(
            "skipped: there is no {}; `npm install --prefix target/axe axe-core` adds it",
            file.display()
        );
        return;
    };
    // Each width and each scheme once, since it takes 20 s each time: the colours are the same at both widths.
    for (width, scheme) in [(PHONE, "light"), (DESKTOP, "dark")] {
        let Some(mut chromium) = Chromium::open(page(), width, scheme) else { return };
        chromium.seen(&format!("{axe};undefined"));
        let found = chromium.seen(
            "axe.run({ resultTypes: ['violations'] }).then(({ passes, violations }) => [passes.length > 20,
            violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
            .map(({ id, nodes }) => [id, nodes.length, nodes[0].html])])",
        );
        assert_eq!(found, json!([true, []]), "{width} px, {scheme}");
    }
}

#[test]
fn the_keyboard_reaches_all_that_can_be_used() {
    for width in [PHONE, DESKTOP] {
        let Some(mut chromium) = Chromium::open(page(), width, "light") else { return };
        let usable = "[...document.querySelectorAll('a, select, summary, .wide, pre')]
            .filter((one) => one.checkVisibility() && (!one.matches('.wide, pre') || one.scrollWidth > one.clientWidth))";
        let count = chromium.seen(&format!("window.usable = {usable}; usable.length")).as_u64().unwrap();
        // In the order in which they stand, and seen when it is there.
        let reached = "usable.indexOf(document.activeElement)";
        let is_seen = "getComputedStyle(document.activeElement).outlineStyle !== 'none'
            && document.activeElement.getBoundingClientRect().right > 0";
        for expected in 0..count {
            chromium.press_tab();
            let seen = chromium.seen(&format!("[{reached}, {is_seen}]"));
            assert_eq!(
                seen,
                json!([expected, true]),
                "at {width} px, {}",
                chromium.seen("document.activeElement.outerHTML")
            );
        }
    }
}

#[test]
fn the_text_of_a_file_can_be_selected() {
    let Some(mut chromium) = Chromium::open(page(), DESKTOP, "light") else { return };
    let selected = chromium.seen(
        "[...document.querySelectorAll('.pair > div')].map((one) => {
        getSelection().selectAllChildren(one.querySelector('pre'));
        return [one.querySelector('h4').textContent, getSelection().toString()]; })",
    );
    let files = selected.as_array().unwrap();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(root().join(file[0].as_str().unwrap())).unwrap();
        assert_eq!(file[1].as_str().unwrap().trim_end(), text.trim_end());
    }
}

#[test]
fn no_words_of_a_picture_touch_others_or_leave_it() {
    let Some(mut chromium) = Chromium::open(page(), DESKTOP, "light") else { return };
    // A pixel of a line's height is air.
    let touching = chromium.seen(
        "[...document.querySelectorAll('svg')].flatMap((svg) => {
        const { width, height } = svg.viewBox.baseVal;
        const words = [...svg.querySelectorAll('text')].map((one) => [one.textContent, one.getBBox()]);
        const leaves = ([, box]) =>
            box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height;
        const touches = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width
            && one.y + 1 < other.y + other.height && other.y + 1 < one.y + one.height;
        const pairs = words.flatMap(([text, box], at) =>
            words.slice(at + 1).filter(([, other]) => touches(box, other)).map(([other]) => [text, other]));
        return [...words.filter(leaves).map(([text]) => [text]), ...pairs]
            .map((found) => [svg.querySelector('title').textContent, ...found]); })",
    );
    assert_eq!(touching, json!([]));
}

#[test]
fn on_paper_it_is_all_there_and_nothing_to_be_clicked() {
    let Some(mut chromium) = Chromium::open(page(), DESKTOP, "light") else { return };
    chromium.print();
    let seen = chromium.seen(
        "[[...document.querySelectorAll('details p')].every((one) => one.checkVisibility({ contentVisibilityAuto: true })),
        [...document.querySelectorAll('nav, form, summary, .skip, .top')].some((one) => one.checkVisibility())]",
    );
    assert_eq!(seen, json!([true, false]));
}

#[test]
fn it_is_small_enough_to_be_sent() {
    let bytes = fs::metadata(page()).unwrap().len();
    assert!(bytes < 1_500_000, "{bytes} bytes");
}
