//! What the runs of a variant have counted until when.

use serde::Deserialize;

use bench::data::{Row, Status};
use judge::statistics::median;

/// How many moments after the start are looked at: closer together no eye sees them.
const MOMENTS: u32 = 400;

/// The points of one run: the moment in seconds, and the count from then to the next.
pub(super) struct Run(Vec<[f64; 2]>);

/// What several runs have counted at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

/// The runs that tell of the series; none of a variant that was not measured.
pub(super) fn runs(row: &Row, series: &str) -> Vec<Run> {
    let points = |outcome| Vec::deserialize(outcome).ok();
    let told = row.outcomes.iter().filter_map(|outcome| points(outcome.get("series")?.get(series)?));
    let sorted = told.map(|mut points: Vec<[f64; 2]>| {
        points.sort_by(|[one, _], [other, _]| one.total_cmp(other));
        Run(points)
    });
    if row.status == Status::Ok { sorted.collect() } else { Vec::new() }
}

impl Run {
    /// The count at its end.
    pub(super) fn last(&self) -> f64 {
        self.0.last().map_or(0.0, |[_, count]| *count)
    }

    pub(super) fn most(&self) -> f64 {
        self.0.iter().map(|[_, count]| *count).fold(0.0, f64::max)
    }

    /// When the count changed for the last time.
    pub(super) fn end(&self) -> f64 {
        self.0.last().map_or(0.0, |[moment, _]| *moment)
    }

    fn at(&self, seconds: f64) -> f64 {
        let later = self.0.partition_point(|[moment, _]| *moment <= seconds);
        later.checked_sub(1).map_or(0.0, |last| self.0[last][1])
    }
}

/// What was counted at each of the moments from the start to the end, both included.
pub(super) fn counted(runs: &[Run], end: f64) -> Vec<Counted> {
    let at = |seconds| {
        let counts: Vec<_> = runs.iter().map(|run| run.at(seconds)).collect();
        let least = counts.iter().copied().fold(f64::INFINITY, f64::min);
        let most = counts.iter().copied().fold(0.0, f64::max);
        Counted { least, median: median(&counts), most }
    };
    shares().map(|share| at(end * share)).collect()
}

/// The moments, each as a share of the time until the end.
pub(super) fn shares() -> impl Iterator<Item = f64> {
    (0..=MOMENTS).map(|moment| f64::from(moment) / f64::from(MOMENTS))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use bench::synthetic::{Cost, row};

    /// A row with such a series in each of its runs.
    fn told(series: &[serde_json::Value]) -> Row {
        let mut row = row("only", "good", series.len(), |_| Cost::default());
        for (outcome, series) in row.outcomes.iter_mut().zip(series) {
            outcome["series"] = series.clone();
        }
        row
    }

    #[test]
    fn a_count_is_nothing_before_the_first_point_and_stays_until_the_next() {
        let row = told(&[json!({"admitted": [[2.0, 3.0], [1.0, 2.0]]})]);
        let runs = runs(&row, "admitted");
        let counts: Vec<_> = [0.0, 0.99, 1.0, 1.99, 2.0, 9.0].iter().map(|at| runs[0].at(*at)).collect();
        assert_eq!(counts, [0.0, 0.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!((runs[0].end(), runs[0].last(), runs[0].most()), (2.0, 3.0, 3.0));
    }

    #[test]
    fn the_moments_go_from_the_start_to_the_end() {
        let row = told(&[json!({"admitted": [[0.0, 1.0], [0.3, 9.0]]}), json!({"admitted": [[0.15, 4.0]]})]);
        let counted = counted(&runs(&row, "admitted"), 0.3);
        assert_eq!(counted.len(), 401);
        let [first, middle, last] = [0, 200, 400].map(|at| counted[at]);
        assert_eq!(first, Counted { least: 0.0, median: 0.5, most: 1.0 });
        assert_eq!(middle, Counted { least: 1.0, median: 2.5, most: 4.0 });
        assert_eq!(last, Counted { least: 4.0, median: 6.5, most: 9.0 });
    }

    #[test]
    fn a_run_that_does_not_tell_is_no_run_that_counted_nothing() {
        let mut row = told(&[json!({"others": [[1.0, 2.0]]}), json!({"admitted": []}), json!(null)]);
        assert_eq!(runs(&row, "admitted").len(), 1);
        row.status = Status::Failed;
        assert_eq!(runs(&row, "admitted").len(), 0);
    }
}
