//! Data that nobody measured, to test pages and rules with.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::data::{Data, Row, Status};
use crate::experiment::Experiment;
use crate::text::Name;

/// What one run costs, in seconds and bytes.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// Of the process, of its work, of its CPU, and to start.
    pub seconds: f64,
    /// Resident memory at its peak.
    pub resident: f64,
    /// What the kernel keeps to map its memory.
    pub page_tables: f64,
    /// What the kernel keeps for its threads.
    pub kernel_stacks: f64,
    /// What was reserved, at its peak.
    pub address_space: f64,
    /// Resident memory in which a shared page counts once.
    pub proportional: f64,
}

/// A row of so many runs; `cost` is told which.
pub fn row(case: &str, variant: &str, runs: usize, cost: impl Fn(usize) -> Cost) -> Row {
    let costs: Vec<Cost> = (0..runs).map(cost).collect();
    let outcome = |cost: &Cost| {
        json!({
            "elapsed_s": cost.seconds,
            "cpu": {"user_s": cost.seconds, "system_s": 0.0},
            "memory": {
                "hwm_bytes": cost.resident,
                "page_table_bytes": cost.page_tables,
                "kernel_stack_bytes": cost.kernel_stacks,
                "peak_virtual_bytes": cost.address_space,
            },
            "metrics": {"proportional_bytes": cost.proportional, "start_s": cost.seconds},
        })
    };
    Row {
        case: Name::of(case),
        args: Vec::new(),
        variant: Name::of(variant),
        interpreter: None,
        status: Status::Ok,
        reason: None,
        stopped: None,
        times_s: costs.iter().map(|cost| cost.seconds).collect(),
        outcomes: costs.iter().map(outcome).collect(),
    }
}

/// Gives a row one more figure, called `metrics.NAME` or the like; `figure` is told which run.
pub fn set(row: &mut Row, name: &str, figure: impl Fn(usize) -> f64) {
    for (run, outcome) in row.outcomes.iter_mut().enumerate() {
        *name.split('.').fold(outcome, |value, key| &mut value[key]) = figure(run).into();
    }
}

/// A row that the machine refused, as bench-all keeps it.
pub fn refused(case: &str, variant: &str) -> Row {
    let refused: Value = json!({"at": 16_368, "limit": "vm.max_map_count", "detail": "no more"});
    Row {
        status: Status::Refused,
        reason: Some("refused at 16,368: vm.max_map_count".into()),
        times_s: Vec::new(),
        outcomes: vec![json!({"refused": refused})],
        ..row(case, variant, 0, |_| Cost::default())
    }
}

/// The rows of a default run on two cores.
pub fn data(experiment: &str, rows: Vec<Row>) -> Data {
    let machine = json!({"label": "a", "processor": "a", "cores": 2, "memory_bytes": null, "system": ""});
    let data = json!({
        "schema": 1, "experiment": experiment, "machine": machine, "toolchain": "", "hyperfine": "",
        "commit": null, "dirty": false, "started": "2026-11-25 14:43:33 UTC", "size": "default", "complete": true, "measuring_s": 0.0,
        "rows": []
    });
    Data { rows, ..serde_json::from_value(data).unwrap() }
}

/// An experiment with these tables (figures, say), one case and three variants, of which `better` is the twin of `good`.
pub fn experiment(tables: &str) -> Experiment {
    experiment_in(tempfile::tempdir().unwrap().path(), tables)
}

/// The same, in a folder that stays.
pub fn experiment_in(root: &Path, tables: &str) -> Experiment {
    let folder = root.join("crates/group/demo");
    let mut text = format!("title = \"\"\nclaims = []\ntimeout_s = 1\nanalysis = \"\"\n{tables}\n");
    text += "[[case]]\nname = \"only\"\n";
    fs::create_dir_all(folder.join("src")).unwrap();
    for (name, twin) in [("good", "twin = \"better\"\n"), ("better", ""), ("silent", "twin = \"good\"\n")] {
        text += &format!("[[variant]]\nname = \"{name}\"\nmodel = \"serial\"\nrole = \"right\"\n{twin}");
        fs::write(folder.join(format!("src/{name}.rs")), "").unwrap();
    }
    fs::write(folder.join("experiment.toml"), text).unwrap();
    Experiment::read(root, &folder.join("experiment.toml")).unwrap()
}
