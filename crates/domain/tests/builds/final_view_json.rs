//! The stored JSON of a final view, which reads send unchanged.

use crate::fixtures::{digest, id, job, key, run, state, view_of};
use nokube_domain::{
    BuildId, ProjectId,
    builds::{Conclusion, FinalView, Phase, RunRecord, final_view_json},
    pushes::CommitSummary,
};
use serde_json::{Value, json};

use Conclusion::{Failure, Success};
use Phase::{Ended, Running};

/// The stored record of a build that has succeeded, with steps.
fn ended() -> RunRecord {
    let (key, phase) = (key(1, 1), Ended(Success));
    let mut record = run(key, phase, 2, 63);
    let jobs = job(key, phase, 6, 60, &[phase, Ended(Failure)]);
    let mut view = view_of(&state(record.clone(), jobs));
    view.image_digest = Some(digest('d'));
    view.commit = Some(CommitSummary::new(view.commit_sha.clone(), "Fix it", Some("bob")));
    let latest = Some((key, phase));
    let (run_url, unknown_fields) = (None, Default::default());
    record.final_view =
        Some(Box::new(FinalView { attempt: 1, latest, view, run_url, unknown_fields }));
    record
}

fn found(record: &Value) -> Option<Value> {
    let stored = serde_json::to_vec(record).unwrap();
    final_view_json(id(), &stored).map(|view| serde_json::from_str(view).unwrap())
}

#[test]
fn the_stored_json_is_the_view_of_the_parsed_record() {
    let record = ended();
    let view = record.final_view().map(|last| json!(last.view));
    assert_eq!(view.as_ref().unwrap()["steps"].as_array().unwrap().len(), 2);
    assert_eq!(found(&json!(record)), view);
    // A field of a newer release is shown, as with the record.
    let mut newer = json!(record);
    newer["done"]["answer"]["cost"] = json!(3);
    assert_eq!(found(&newer).unwrap()["cost"], 3);
}

/// So that it is parsed, and the answer has the fields that it lacks.
#[test]
fn a_view_of_an_older_release_is_stored_again_as_it_was() {
    let later = ["trigger", "commit", "waiting_for_capacity", "superseded"];
    let mut older = json!(ended());
    let view = older["done"]["answer"].as_object_mut().unwrap();
    view.retain(|name, _| !later.contains(&name.as_str()));
    let record: RunRecord = serde_json::from_value(older.clone()).unwrap();
    assert_eq!(json!(record), older);
    assert_eq!(found(&older), None);
    let view = json!(record.final_view().unwrap().view);
    assert!(later.iter().all(|name| view.get(name).is_some()), "{view}");
    assert_eq!(view["trigger"], "manual");
}

#[test]
fn a_view_that_is_not_the_final_one_is_not_found() {
    assert_eq!(found(&json!(RunRecord::new(id()))), None, "there is none");
    let mut later = ended();
    later.merge(run(key(1, 2), Running, 70, 71));
    assert!(later.final_view().is_none());
    assert_eq!(found(&json!(later)), None, "another attempt is running");
    let stored = serde_json::to_vec(&ended()).unwrap();
    assert_eq!(final_view_json(BuildId::new(ProjectId(9), 9, 9), &stored), None, "another build");
    assert_eq!(final_view_json(id(), &stored[..stored.len() - 2]), None, "it is not JSON");
}

/// The test covers each field that is always sent, also those that later releases add to the view.
#[test]
fn a_view_that_lacks_a_field_is_not_found() {
    let whole = json!(ended());
    let view = whole["done"]["answer"].as_object().unwrap();
    for field in view.keys() {
        let mut older = whole.clone();
        older["done"]["answer"].as_object_mut().unwrap().remove(field);
        assert_eq!(found(&older), None, "{field}");
    }
    for field in view["steps"][0].as_object().unwrap().keys() {
        let mut older = whole.clone();
        older["done"]["answer"]["steps"][1].as_object_mut().unwrap().remove(field);
        assert_eq!(found(&older), None, "{field} of a step");
    }
}
