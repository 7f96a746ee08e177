//! What the origin says of a run.

use origin::{Counts, Origin};
use ureq::Agent;

/// What it has served so far.
pub(crate) fn counts(origin: &Origin) -> Counts {
    let agent: Agent = Agent::config_builder().proxy(None).build().into();
    let mut answer = agent.get(format!("{}/counters", origin.url())).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}
