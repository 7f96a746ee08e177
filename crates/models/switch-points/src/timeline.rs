//! Who was in the section when, a line for each worker.

use std::io::{Write, stdout};

use anyhow::Result;

const COLUMNS: usize = 96;

/// Prints when each worker was inside, from `[from, to]` in seconds.
pub(crate) fn print(stretches: &[Vec<[f64; 2]>]) -> Result<()> {
    let end = stretches.iter().flatten().map(|[_, to]| *to).fold(0.0, f64::max);
    let mut stdout = stdout().lock();
    for (worker, stretches) in stretches.iter().enumerate() {
        writeln!(stdout, "{worker:>3} {}", line(stretches, end))?;
    }
    writeln!(stdout, "    0 s{:>width$.3} s", end, width = COLUMNS - 5)?;
    Ok(())
}

/// A column is marked where the worker was inside in the middle of it, or began in it.
fn line(stretches: &[[f64; 2]], end: f64) -> String {
    let width = end / COLUMNS as f64;
    let is_inside = |column: usize| {
        let (left, right) = (column as f64 * width, (column + 1) as f64 * width);
        let middle = f64::midpoint(left, right);
        stretches.iter().any(|&[from, to]| (from..to).contains(&middle) || (left..right).contains(&from))
    };
    (0..COLUMNS).map(|column| if is_inside(column) { '█' } else { '·' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_marked_where_the_worker_was_inside() {
        let line = line(&[[0.0, 0.25], [0.75, 1.0]], 1.0);
        let quarter = COLUMNS / 4;
        let expected = ["█".repeat(quarter), "·".repeat(2 * quarter), "█".repeat(quarter)].concat();
        assert_eq!(line, expected);
    }
}
