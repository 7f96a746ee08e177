//! A page as a browser sees it.

use html5gum::{Token, Tokenizer};
use pulldown_cmark::{Options, Parser, html as rendered};

/// The elements in their order with their attributes, and the text between them, as a browser would see them.
pub(crate) fn parsed(html: &str) -> (Vec<String>, String) {
    let (mut elements, mut text) = (Vec::new(), String::new());
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) => {
                // What an attribute says may be the text; that it is there, and where a link leads, may not.
                let attributes = tag.attributes.iter().map(|(name, value)| {
                    let (name, value) = (lossy(name), lossy(&value.value));
                    if ["aria-label", "alt"].contains(&&*name) { name } else { format!("{name}={value}") }
                });
                // A picture is laid out by how long its words are.
                let is_drawn =
                    ["text", "tspan", "path", "line", "rect", "circle"].contains(&&*lossy(&tag.name));
                let attributes: Vec<_> = if is_drawn {
                    tag.attributes.keys().map(|name| lossy(name)).collect()
                } else {
                    attributes.collect()
                };
                elements.push(format!("{} {}", lossy(&tag.name), attributes.join(" ")));
            }
            Token::EndTag(tag) => elements.push(format!("/{}", lossy(&tag.name))),
            Token::String(string) => text += &lossy(&string),
            Token::Comment(comment) => elements.push(format!("comment {}", lossy(&comment))),
            Token::Doctype(_) => elements.push("doctype".to_owned()),
            Token::Error(error) => elements.push(format!("error {error:?}")),
        }
    }
    (elements, text)
}

/// As GitHub shows it, but for what it takes away itself.
pub(crate) fn render(markdown: &str) -> String {
    let mut html = String::new();
    let as_there = Options::ENABLE_GFM
        | Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    rendered::push_html(&mut html, Parser::new_ext(markdown, as_there));
    html
}

/// What is in a page as text, without its spaces.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect()
}
