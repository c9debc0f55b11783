//! Requests about a service that uses the file nokube.toml of its branch.

use crate::config_file::{file, with_switch};
use crate::story::{Story, WEB, sha};
use serde_json::json;

const REFUSED: &str = "comes from nokube.toml in the branch; change it there";

#[test]
fn the_switch_is_refused_while_there_is_no_valid_file() {
    let story = Story::new();
    story.contents('a', 404, &json!({ "message": "Not Found" }));
    let refused = story.change(&json!({ "use_config_file": true })).expect(422);
    assert_eq!(refused["errors"][0]["field"], "use_config_file", "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("has no file nokube.toml"), "{refused}");
    story.file(
        'a',
        "[services.web.build]\ncontext = 1\n[services.web.deployment]\nreplicas = \"x\"\n",
    );
    let refused = story.change(&json!({ "use_config_file": true })).expect(422);
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2, "{refused}");
    assert!(
        refused["errors"][0]["detail"].as_str().unwrap().starts_with("nokube.toml:2:11: "),
        "{refused}"
    );
    assert_eq!(story.service()["use_config_file"], false);
    story.file('a', &file(2));
    story.change(&json!({ "use_config_file": true })).expect(200);
    // It was there already: nothing is built.
    assert_eq!(
        (story.service()["source"]["context"].clone(), story.built()),
        (json!("site"), String::new())
    );
    let refused =
        story.change(&json!({ "build_on_push": false, "use_config_file": true })).expect(422);
    assert_eq!(refused["errors"][0]["field"], "use_config_file");
    // GitHub is away.
    story.change(&json!({ "use_config_file": false })).expect(200);
    story.contents('a', 500, &json!({}));
    assert!(story.change(&json!({ "use_config_file": true })).status >= 500);
}

#[test]
fn fields_of_the_file_are_not_changed_by_requests() {
    let story = Story::with_file();
    for body in [json!({ "context": "x" }), json!({ "build_args": {} })] {
        let refused = story.change(&body).expect(422);
        assert_eq!(refused["errors"][0]["detail"], REFUSED, "{refused}");
    }
    let mut put = with_switch(true);
    let refused = story.user("alice").put(WEB, &put).expect(422);
    assert_eq!(refused["errors"], json!([{ "field": "context", "detail": REFUSED }]));
    put["context"] = json!("site");
    put["lfs"] = json!(true);
    story.user("alice").put(WEB, &put).expect(200);
    let changed = story.change(&json!({ "submodules": true, "context": "site" })).expect(200);
    assert_eq!(changed["source"]["submodules"], true);
    assert_eq!(
        (&changed["source"]["lfs"], &changed["source"]["context"]),
        (&json!(true), &json!("site"))
    );
    // What does not fit together with the file is refused too.
    let large = format!("FROM a\n#{}", "x".repeat(59_985));
    story.change(&json!({ "dockerfile_content": large })).expect(422);
    // Without the file, the fields are free again, and what is saved counts.
    let off = story.change(&json!({ "use_config_file": false, "context": "own" })).expect(200);
    assert_eq!((&off["source"]["context"], &off["config_file"]), (&json!("own"), &json!(null)));
    story.file('b', &file(9));
    story.head_with('b', "A change", "own/main.rs");
    assert_eq!(story.process(story.event('b')).status, 204);
    assert_eq!(story.last_inputs()["context"], "own");
}

#[test]
fn an_invalid_file_says_nothing_any_more_once_it_is_switched_off_or_another_branch_is_chosen() {
    let story = Story::with_file();
    story.file('b', "x");
    story.push('b');
    assert_eq!(story.service()["automatic_builds"]["problem"], "invalid_config_file");
    story.file('c', &file(4));
    story.head('c');
    let other = story.change(&json!({ "branch": "release" })).expect(200);
    assert_eq!(
        (&other["automatic_builds"]["problem"], &other["config_file"]["commit_sha"]),
        (&json!(null), &json!(sha('c')))
    );
    story.file('d', "x");
    story.head('d');
    story.service();
    assert_eq!(story.service()["automatic_builds"]["problem"], "invalid_config_file");
    let off = story.change(&json!({ "use_config_file": false })).expect(200);
    assert_eq!(
        (&off["automatic_builds"]["problem"], &off["config_file"]),
        (&json!(null), &json!(null))
    );
    // To confirm changes nothing: the head that was found before is not looked at again.
    story.file('d', &file(5));
    story.change(&json!({ "use_config_file": true })).expect(200);
    let asked = story.asked_for_file();
    story.change(&json!({ "build_on_push": true })).expect(200);
    assert_eq!((story.asked_for_file(), story.numbers()), (asked, 7));
}
