//! Services that use the file nokube.toml of their branch.

use crate::story::{DISPATCHES, SHOP, Story, WEB, sha, source};
use crate::{faults::finish, previews::pull};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::time::Duration;

/// The file of a service in `web/`, with so many pods.
pub fn file(replicas: u32) -> String {
    format!(
        "[services.web.build]\ncontext = \"site\"\nbuild_args = {{ COLOUR = \"red\" }}\n\n\
         [services.web.deployment]\nreplicas = {replicas}\n"
    )
}

impl Story {
    /// The commit has this file.
    pub fn file(&self, digit: char, text: &str) {
        let content = BASE64.encode(text.as_bytes());
        let body = json!({
            "type": "file", "encoding": "base64", "size": text.len(), "content": content,
        });
        self.contents(digit, 200, &body);
    }

    pub fn contents(&self, digit: char, status: u16, body: &Value) {
        for at in SHOP {
            let url = format!("{at}/contents/nokube.toml?ref={}", sha(digit));
            self.host.respond("GET", &url, status, body);
        }
    }

    /// Pushes to `main` build the service `web` with the file of their commits.
    pub fn with_file() -> Self {
        let story = Self::without_link();
        story.file('a', &file(2));
        story.user("alice").put(WEB, &with_switch(true)).expect(201);
        story
    }

    pub fn change(&self, body: &Value) -> nokube_test_host::Response {
        let request = self.user("alice").start("PATCH", WEB, Some(body));
        self.host.run(request)
    }

    pub fn service(&self) -> Value {
        self.user("alice").get(WEB).expect(200)
    }

    pub fn asked_for_file(&self) -> usize {
        self.host.sent_urls().iter().filter(|url| url.contains("/contents/")).count()
    }

    /// What the last dispatched build is built from.
    pub fn last_inputs(&self) -> Value {
        let bodies = self.host.sent("POST", DISPATCHES);
        let body: Value = serde_json::from_str(bodies.last().unwrap()).unwrap();
        body["inputs"].clone()
    }

    /// The state and the description of the last commit status.
    pub fn last_status(&self) -> (String, String) {
        let bodies = self.host.sent("POST", &format!("{}/statuses/", SHOP[0]));
        let body: Value = serde_json::from_str(bodies.last().unwrap()).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("state"), text("description"))
    }
}

pub fn with_switch(on: bool) -> Value {
    let mut source = source(true);
    source["use_config_file"] = json!(on);
    source
}

#[test]
fn a_push_is_built_as_its_file_says() {
    let story = Story::with_file();
    let service = story.service();
    assert_eq!(
        (&service["source"]["context"], &service["use_config_file"]),
        (&json!("site"), &json!(true))
    );
    let expected = json!({
        "commit_sha": sha('a'), "errors": [], "build_fields": ["build_args", "context"],
        "deployment_fields": ["replicas"],
    });
    assert_eq!(service["config_file"], expected);
    story.file('b', &file(2).replace("site", "shop"));
    story.push('b');
    assert_eq!(story.decisions(), ["built"]);
    let inputs = story.last_inputs();
    assert_eq!(
        (&inputs["context"], &inputs["build_args"]),
        (&json!("shop"), &json!("{\"COLOUR\":\"red\"}"))
    );
    assert_eq!(story.service()["source"]["context"], "shop");
    // A build by hand has it too, and can have something else.
    let by_hand = json!({ "project_id": 1, "service_name": "web" });
    story.user("alice").post("/api/v1/builds", &by_hand).expect(202);
    assert_eq!(story.last_inputs()["context"], "shop");
    let other = json!({ "project_id": 1, "service_name": "web", "context": "other" });
    story.user("alice").post("/api/v1/builds", &other).expect(202);
    assert_eq!(story.last_inputs()["context"], "other");
}

#[test]
fn what_is_watched_follows_from_the_file_and_a_change_of_the_section_concerns_the_service() {
    let story = Story::with_file();
    // `web/main.rs` has changed, and the file says `site`.
    story.file('b', &file(2));
    story.push('b');
    assert_eq!((story.decisions()[0].as_str(), story.built().as_str()), ("not_affected", ""));
    story.file('c', &file(3));
    story.push('c');
    assert_eq!((story.decisions()[0].as_str(), story.built().as_str()), ("built", "c"));
    story.file('d', &format!("{}watch_paths = [\"web\"]\n", "[services.web.build]\n"));
    story.push('d');
    let service = story.service();
    assert_eq!(
        (&service["watch_paths"], &service["source"]["context"]),
        (&json!(["web"]), &json!("web"))
    );
    story.file('e', "[services.web.build]\nwatch_paths = [\"web\"]\n");
    story.push('e');
    assert_eq!(story.built(), "cde");
}

#[test]
fn an_invalid_file_builds_nothing_and_the_commit_says_why() {
    let story = Story::with_file();
    story.file('b', "[services.web.build]\ncontext = 7\nlfs = \"x\"\n");
    story.push('b');
    assert_eq!(
        (story.decisions()[0].as_str(), story.built().as_str()),
        ("invalid_config_file", "")
    );
    let pushes = story.user("alice").get(&format!("{WEB}/pushes")).expect(200);
    let errors = &pushes["pushes"][0]["config_file_errors"];
    assert_eq!(errors.as_array().unwrap().len(), 2, "{errors}");
    assert_eq!(
        (&errors[0]["line"], &errors[0]["field"]),
        (&json!(2), &json!("services.web.build.context"))
    );
    let (state, description) = story.last_status();
    assert_eq!(state, "error");
    assert!(description.starts_with("nokube.toml 2:11: "), "{description}");
    let service = story.service();
    assert_eq!(service["automatic_builds"]["problem"], "invalid_config_file");
    assert_eq!(
        (&service["config_file"]["errors"], &service["config_file"]["commit_sha"]),
        (errors, &json!(sha('b')))
    );
    assert_eq!(service["source"]["context"], "site", "what was in effect stays");
    // Nobody asks GitHub for it again, and no record is written, until there is another commit.
    let (asked, numbers) = (story.asked_for_file(), story.numbers());
    for _ in 0..3 {
        story.host.wait(60);
        story.service();
        story.reconcile();
    }
    assert_eq!((story.asked_for_file(), story.numbers()), (asked, numbers));
    story.file('c', &file(2));
    story.head_with('c', "Correct it", "site/index.html");
    assert_eq!(story.process(story.event('c')).status, 204);
    assert_eq!((story.built().as_str(), story.decisions()[0].as_str()), ("c", "built"));
    // It was compared with the last commit whose file was valid.
    let compared = format!("/compare/{}...{}", sha('a'), sha('c'));
    assert!(story.host.sent_urls().iter().any(|url| url.contains(&compared)));
    assert_eq!(story.service()["automatic_builds"]["problem"], json!(null));
}

#[test]
fn what_is_no_file_or_says_nothing_of_the_service_is_invalid() {
    let story = Story::with_file();
    let submodule = json!({ "type": "submodule", "size": 0, "path": "nokube.toml" });
    let large = json!({ "type": "file", "size": 70_000, "encoding": "base64", "content": "eA==" });
    let binary = json!({ "type": "file", "size": 1, "encoding": "base64", "content": "/w==" });
    for (digit, status, body, expected) in [
        ('b', 404, json!({ "message": "Not Found" }), "has no file nokube.toml"),
        ('c', 200, json!([]), "must be a file"),
        ('d', 200, submodule, "must be a file"),
        ('e', 200, large, "64 KiB"),
        ('f', 200, binary, "UTF-8"),
    ] {
        story.contents(digit, status, &body);
        story.push(digit);
        assert_eq!(story.decisions()[0], "invalid_config_file", "{digit}");
        let pushes = story.user("alice").get(&format!("{WEB}/pushes")).expect(200);
        let error = pushes["pushes"][0]["config_file_errors"][0].to_string();
        assert!(error.contains(expected), "{error}");
    }
    story.file('9', "[services.api]\n");
    story.push('9');
    assert_eq!(story.decisions()[0], "invalid_config_file");
    assert!(story.last_status().1.contains("[services.web]"), "{:?}", story.last_status());
    assert_eq!(story.built(), "");
}

#[test]
fn that_github_fails_makes_no_file_invalid() {
    let not_found = json!({ "message": "Not Found" });
    let cases = [
        (500, json!({})),
        (403, json!({ "message": "rate limit" })),
        (200, json!({ "x": 1 })),
        (404, not_found.clone()),
    ];
    for (status, body) in cases {
        let story = Story::with_file();
        let other = "/api/v1/projects/1/services/other";
        story.user("alice").put(other, &source(true)).expect(201);
        story.contents('b', status, &body);
        story.head('b');
        if status == 404 {
            // GitHub does not show the commit either.
            for at in SHOP {
                let url = format!("{at}/commits/{}", sha('b'));
                story.host.respond("GET", &url, 404, &not_found);
            }
        }
        let event = story.event('b');
        assert_ne!(story.process(event).status, 204, "{status}: it is to be processed again");
        let decisions = story.user("alice").get(&format!("{WEB}/pushes")).expect(200);
        assert_eq!(decisions["pushes"], json!([]), "{status}");
        assert_eq!(story.built(), "b", "{status}: the other service needs no file");
        story.file('b', &file(3));
        finish(&story, event, &status.to_string());
        assert_eq!(story.built(), "bb", "{status}");
        assert_eq!(story.decisions()[0], "built", "{status}");
    }
}

#[test]
fn looks_at_a_slow_github_take_few_numbers() {
    let story = Story::with_file();
    story.host.respond_to_after("/contents/", Duration::from_secs(7));
    story.file('b', &file(3));
    story.head('b');
    let number = story.event('b');
    story.process_for_5_seconds(number);
    for _ in 0..5 {
        story.host.wait(15);
        story.service();
    }
    assert_eq!(story.built(), "");
    assert!(story.numbers() <= 3, "{}", story.numbers());
    story.host.respond_to_after("/contents/", Duration::ZERO);
    assert_eq!((story.decisions()[0].as_str(), story.built().as_str()), ("built", "b"));
}

#[test]
fn the_file_is_asked_for_once_for_all_services_and_not_without_them() {
    let story = Story::new();
    story.push('b');
    story.service();
    story
        .user("alice")
        .post("/api/v1/builds", &json!({ "project_id": 1, "service_name": "web" }))
        .expect(202);
    assert_eq!(story.asked_for_file(), 0);

    let story = Story::without_link();
    let names = ["web", "api", "worker"];
    let text = |replicas: u32| {
        let section =
            |name: &&str| format!("[services.{name}.deployment]\nreplicas = {replicas}\n");
        names.iter().map(section).collect::<String>()
    };
    story.file('a', &text(1));
    for name in names {
        let path = format!("/api/v1/projects/1/services/{name}");
        story.user("alice").put(&path, &with_switch(true)).expect(201);
    }
    let before = story.asked_for_file();
    story.file('b', &text(2));
    story.push('b');
    assert_eq!((story.asked_for_file() - before, story.built().as_str()), (1, "bbb"));
}

#[test]
fn reads_cost_two_more_with_a_file_and_nothing_without() {
    let reads = |story: &Story, path: &str| {
        story.user("alice").get(path).expect(200);
        *story.host.logged_numbers("kv_reads").last().unwrap()
    };
    let build = |story: &Story| {
        let body = json!({ "project_id": 1, "service_name": "web" });
        story.user("alice").post("/api/v1/builds", &body).expect(202);
        *story.host.logged_numbers("kv_reads").last().unwrap()
    };
    let cost = |story: &Story| {
        story.host.set("push_quiet_seconds", "3600");
        (reads(story, WEB), reads(story, WEB), build(story))
    };
    let (plain, with_file) = (cost(&Story::new()), cost(&Story::with_file()));
    assert_eq!(with_file.1, plain.1, "the newest record of the pushes is read anyway");
    assert_eq!(with_file.2, plain.2 + 2);
}

#[test]
fn a_pull_request_is_built_as_the_file_of_the_branch_says_and_never_as_its_own() {
    let story = Story::without_link();
    story.file('a', &file(2).replace("site", "web"));
    let mut source = with_switch(true);
    source["previews"] = json!("build");
    story.user("alice").put(WEB, &source).expect(201);
    story.open(&[]);
    // Its own file asks for another directory, and for a Dockerfile.
    story.file(
        'b',
        "[services.web.build]\ncontext = \"evil\"\ndockerfile_path = \"evil/Dockerfile\"\n",
    );
    let asked = story.asked_for_file();
    story.commit('b', "A change", "web/main.rs");
    story.pulled(&pull(7, 'b'));
    assert_eq!((story.built().as_str(), story.asked_for_file()), ("b", asked));
    let inputs = story.last_inputs();
    assert_eq!(
        (&inputs["context"], &inputs["dockerfile_path"], &inputs["tag"]),
        (&json!("web"), &json!(""), &json!("pr-7"))
    );
    assert_eq!(inputs["build_args"], "{\"COLOUR\":\"red\"}");
}
