//! Which repository is saved, and who may save and build it.

use crate::platform::{
    API, BUILDS, DISPATCHES, FRONTEND, build, dispatched, patch, platform, repository, source,
};
use serde_json::json;

#[test]
fn only_who_can_read_a_private_repository_can_save_it() {
    let (host, alice) = platform();
    repository(&host, 42, "acme/shop", true);
    let permission = |permission: &str| {
        let body = json!({ "permission": permission, "user": { "id": 1 } });
        for url in ["repos/acme/shop", "repositories/42"] {
            host.respond("GET", &format!("{API}/{url}/collaborators/"), 200, &body);
        }
    };
    permission("none");
    let refused = alice.put(FRONTEND, &source()).expect(422);
    assert!(refused.to_string().contains("there is no such repository"), "{refused}");
    let stored = host.stored();
    assert!(!stored.keys().any(|key| key.contains("service")), "{stored:?}");
    permission("read");
    alice.put(FRONTEND, &source()).expect(201);
    alice.post(BUILDS, &build("frontend")).expect(202);
    // What is saved gives nobody access: it is asked at each build and at each change.
    permission("none");
    alice.post(BUILDS, &build("frontend")).expect(422);
    patch(&host, &alice, &json!({ "lfs": true })).expect(422);
    assert_eq!(alice.get(FRONTEND).expect(200)["source"]["lfs"], false);
    assert_eq!(host.sent("POST", DISPATCHES).len(), 1);
}

#[test]
fn a_renamed_repository_is_followed_and_another_under_its_old_name_is_not_built() {
    let (host, alice) = platform();
    alice.put(FRONTEND, &source()).expect(201);
    // It is called acme/store now, and somebody else's repository has the old name.
    repository(&host, 42, "acme/store", false);
    repository(&host, 43, "acme/shop", false);
    alice.post(BUILDS, &build("frontend")).expect(202);
    assert_eq!(dispatched(&host)["repository"], "acme/store");
    let changed = patch(&host, &alice, &json!({ "lfs": true })).expect(200);
    assert_eq!(changed["source"]["repository_url"], "https://github.com/acme/store");
    assert_eq!(changed["source"]["repository_id"], 42);
    // To build the other one, somebody has to name it.
    let named = json!({ "repository_url": "https://github.com/acme/shop" });
    assert_eq!(patch(&host, &alice, &named).expect(200)["source"]["repository_id"], 43);
}

#[test]
fn a_deleted_repository_is_not_built_from_what_is_saved() {
    let (host, alice) = platform();
    alice.put(FRONTEND, &source()).expect(201);
    let not_found = json!({ "message": "Not Found" });
    host.respond("GET", &format!("{API}/repositories/42"), 404, &not_found);
    repository(&host, 43, "acme/shop", false);
    let refused = alice.post(BUILDS, &build("frontend")).expect(422);
    assert_eq!(refused["errors"][0]["field"], "repository_url");
    assert!(host.sent("POST", DISPATCHES).is_empty());
}

#[test]
fn a_branch_that_does_not_exist_is_not_saved() {
    let (host, alice) = platform();
    let missing = json!({ "message": "No commit found for SHA: dev" });
    host.respond("GET", &format!("{API}/repos/acme/shop/commits/dev"), 422, &missing);
    let errors = alice.put(FRONTEND, &source()).expect(422)["errors"].clone();
    assert_eq!(errors[0]["field"], "branch");
    alice.get(FRONTEND).expect(404);
}
