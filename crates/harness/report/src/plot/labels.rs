//! The labels of lines that may end close to each other: where they stand, and how they are drawn.

use svg::Document;
use svg::node::element::{Line, Path, TSpan};

use super::model::mark;
use super::text;
use bench::experiment::{Role, Variant};

/// A line of a variant, or a piece of it; heavy if that is wrong.
pub(super) fn stroke(variant: &Variant, dashes: &str, path: &str) -> Path {
    let heavy = if variant.role == Role::Wrong { " heavy" } else { "" };
    let class = format!("line {}{heavy}", variant.model.name());
    Path::new().set("class", class).set("stroke-dasharray", dashes).set("d", path)
}

/// With the stroke and the mark of its line, to the right of where that ends.
pub(super) fn label(
    document: Document,
    variant: &Variant,
    dashes: &str,
    (right, y): (f64, f64),
    figure: String,
) -> Document {
    let document = document.add(stroke(variant, dashes, &format!("M{},{y}h30", right + 22.0)));
    let document = mark(document, variant.model, right + 57.0, y);
    let class = if variant.role == Role::Wrong { "name" } else { "" };
    let figure = TSpan::new(figure).set("class", "soft").set("dx", 6);
    document.add(text(right + 68.0, y + 4.0, class, &variant.name).add(figure))
}

/// From the end of a line to its label.
pub(super) fn leader(end: (f64, f64), (right, y): (f64, f64)) -> Line {
    let leader = Line::new().set("class", "leader").set("x1", end.0).set("y1", end.1);
    leader.set("x2", right + 18.0).set("y2", y)
}

/// Each as near as can be to the end of its line, in the order of the lines, and so far from the next; none outside the range.
pub(super) fn apart(ends: &[f64], distance: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<_> = (0..ends.len()).collect();
    order.sort_by(|one, other| ends[*one].total_cmp(&ends[*other]));
    // Where each would want the first to be. Those that come too close become a group, which stands where they want it on average.
    let mut groups: Vec<Vec<f64>> = Vec::new();
    for (place, line) in order.iter().enumerate() {
        groups.push(vec![ends[*line] - distance * place as f64]);
        while let [.., before, last] = &groups[..]
            && mean(before) > mean(last)
        {
            let last = groups.pop().unwrap_or_default();
            groups.last_mut().expect("there was one before it").extend(last);
        }
    }
    let firsts = groups.iter().flat_map(|group| group.iter().map(|_| mean(group)));
    let lowest = bottom - distance * (ends.len() as f64 - 1.0);
    let mut places = vec![0.0; ends.len()];
    for (place, (line, first)) in order.into_iter().zip(firsts).enumerate() {
        places[line] = first.min(lowest).max(top) + distance * place as f64;
    }
    places
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::apart;

    fn placed(ends: &[f64]) -> Vec<f64> {
        apart(ends, 10.0, (0.0, 100.0))
    }

    #[test]
    fn labels_with_room_stand_where_their_lines_end() {
        assert_eq!(placed(&[70.0, 20.0, 30.0]), [70.0, 20.0, 30.0]);
    }

    #[test]
    fn those_without_move_to_both_sides_alike_and_keep_their_order() {
        assert_eq!(placed(&[50.0, 50.0]), [45.0, 55.0]);
        assert_eq!(placed(&[52.0, 50.0, 48.0, 90.0]), [60.0, 50.0, 40.0, 90.0]);
        // The first two push a third that had room.
        assert_eq!(placed(&[50.0, 50.0, 62.0]), [44.0, 54.0, 64.0]);
    }

    #[test]
    fn none_leaves_the_range() {
        assert_eq!(placed(&[0.0, 0.0, 15.0]), [0.0, 10.0, 20.0]);
        assert_eq!(placed(&[100.0, 100.0, 20.0]), [90.0, 100.0, 20.0]);
    }
}
