//! The simulation's builder has the inputs, names and steps of the real workflow.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use nokube_sim::github::model::builder_workflow;
use serde_yaml_ng::Value;

const WORKFLOW: &str = include_str!("../../../builder/.github/workflows/build.yml");

#[test]
fn the_workflow_has_the_inputs_and_names_of_the_simulation() {
    let workflow: Value = serde_yaml_ng::from_str(WORKFLOW).unwrap();
    let build = "${{ inputs.build_id }}";
    assert_eq!(workflow["name"], builder_workflow::WORKFLOW_NAME);
    assert_eq!(workflow["run-name"], builder_workflow::run_name(build).as_str());
    assert_eq!(workflow["jobs"]["build"]["name"], builder_workflow::job_name(build).as_str());
    assert_eq!(workflow["jobs"].as_mapping().unwrap().len(), 1);

    let inputs = workflow["on"]["workflow_dispatch"]["inputs"].as_mapping().unwrap();
    assert!(inputs.values().all(|input| input["type"] == "string"));
    assert_eq!(inputs.len(), builder_workflow::INPUTS.len(), "each says whether it is required");

    let steps = workflow["jobs"]["build"]["steps"].as_sequence().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    // GitHub's runner adds the first and the last step.
    assert_eq!(names, builder_workflow::STEPS[1..builder_workflow::STEPS.len() - 1]);
}
