//! What a model is drawn with: a colour, and a shape that can do without.

use svg::Document;
use svg::node::element::{Circle, Rectangle};

use super::{EDGE, text};
use bench::experiment::Model;

/// In the order of the legend.
const MODELS: [Model; 4] = [Model::Threads, Model::Async, Model::Processes, Model::Serial];

/// A shape for each model, so that they can be told apart without colour.
pub(super) fn mark(document: Document, model: Model, x: f64, y: f64) -> Document {
    const SIZE: f64 = 5.0;
    let square = Rectangle::new().set("x", x - SIZE).set("y", y - SIZE).set("width", 2.0 * SIZE);
    let square = square.set("height", 2.0 * SIZE);
    let circle = Circle::new().set("cx", x).set("cy", y).set("r", SIZE);
    match model {
        Model::Threads => document.add(square.set("class", "first")),
        Model::Async => document.add(circle.set("class", "other")),
        Model::Processes => document.add(square.set("class", "open")),
        Model::Serial => document.add(circle.set("class", "open")),
    }
}

pub(super) fn legend(document: Document, is_shown: impl Fn(Model) -> bool) -> Document {
    // No type can be measured here, so each model has its own place in the line.
    MODELS.into_iter().filter(|model| is_shown(*model)).enumerate().fold(document, |document, (at, model)| {
        let (x, y) = (EDGE + 6.0 + 140.0 * at as f64, EDGE + 32.0);
        mark(document, model, x, y).add(text(x + 14.0, y + 4.0, "", model.name()))
    })
}
