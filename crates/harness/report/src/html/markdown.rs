//! The markdown of a machine's pages as HTML.

use std::path::Path;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::{escape, figure};
use crate::plot::Plot;

/// As a part of `section`: headings one deeper, tables that can be scrolled and that are called by what stands before them, pictures
/// in their places, and links to where things are here.
pub(super) fn converted(markdown: &str, section: &str, label: &str, plots: &[Plot]) -> String {
    let mut events = Vec::new();
    let (mut heading, mut words, mut is_picture) = (String::new(), String::new(), false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                words.clear();
                events.push(raw(format!("<h{}>", (level as usize + 1).min(6))));
            }
            Event::End(TagEnd::Heading(level)) => {
                heading.clone_from(&words);
                events.push(raw(format!("</h{}>\n", (level as usize + 1).min(6))));
            }
            Event::Start(Tag::Paragraph) => {
                words.clear();
                events.push(event);
            }
            Event::Start(Tag::Table(_)) => {
                let introduced = words.strip_suffix(':').unwrap_or_default();
                let names = [section, &heading, introduced].into_iter().filter(|name| !name.is_empty());
                events.push(raw(scrolled(&names.collect::<Vec<_>>().join(": "))));
                events.push(event);
            }
            Event::End(TagEnd::Table) => events.extend([event, raw("</div>\n".to_owned())]),
            Event::Start(Tag::Image { dest_url, .. }) => {
                is_picture = true;
                let plot = plots.iter().find(|plot| Path::new(&*dest_url) == plot.file);
                let picture = plot.map(|plot| figure(&format!("{section}: {}", plot.title), plot));
                events.push(raw(picture.unwrap_or_default()));
            }
            Event::End(TagEnd::Image) => is_picture = false,
            // The words that stand for a picture are its title, which it has.
            _ if is_picture => {}
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = here(&dest_url, label);
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::Text(ref text) | Event::Code(ref text) => {
                words += text;
                events.push(event);
            }
            // Of what is HTML in our own pages this is all; whatever else there is shows as text.
            Event::Html(tag) | Event::InlineHtml(tag) if !["<code>", "</code>"].contains(&tag.trim()) => {
                events.push(Event::Text(tag));
            }
            other => events.push(other),
        }
    }
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    // A word for it, which thousands of cells have.
    text.replace(" style=\"text-align: right\"", " class=\"n\"").replace(" style=\"text-align: left\"", "")
}

/// What a wide table is scrolled in, with the keyboard too.
pub(super) fn scrolled(label: &str) -> String {
    format!("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n", escape(label))
}

fn raw(html: String) -> Event<'static> {
    Event::Html(html.into())
}

/// Where a link of a machine's page leads from this one.
fn here<'a>(link: &str, label: &str) -> CowStr<'a> {
    match link.strip_suffix(".md") {
        Some(name) => format!("#{name}").into(),
        None => format!("{label}/{link}").into(),
    }
}

/// A picture without what all of them have, and the page too.
pub(super) fn without_style(svg: &str) -> String {
    match (svg.find("<style>"), svg.find("</style>")) {
        (Some(from), Some(to)) => svg[..from].to_owned() + &svg[to + "</style>".len()..],
        _ => svg.to_owned(),
    }
}
