//! A service whose configuration comes from the file nokube.toml of its branch.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

#[path = "support/pushes.rs"]
mod pushes;
#[path = "support/story.rs"]
mod story;
mod support;

use nokube_domain::{
    config_file::parse,
    pushes::RecordedFile,
    services::{SavedSource, ServiceRecord},
};
use nokube_edge::store::{Counter, keys};
use pushes::{Pushes, commit, name, service_record};
use serde_json::{Value, json};

impl Pushes {
    /// Uses the file, and has it in the newest push.
    fn file(&self, text: &str) {
        let parsed = parse(&text.replace("[deployment]", "[services.frontend.deployment]"));
        let service = parsed.unwrap().services.remove(&name()).unwrap();
        let file = RecordedFile::valid(commit(1).parse().unwrap(), service);
        let project = self.project;
        self.store(async move |store| {
            let record = service_record(true);
            let source =
                record.source.clone().map(|it| SavedSource { use_config_file: true, ..it });
            let record = ServiceRecord { source, ..record };
            store.set(keys::service(project, &name()), &record).await.unwrap();
            let newest = store.count(&Counter::pushes(project, &name())).await.unwrap();
            let key = || keys::push(project, &name(), newest);
            let mut push = store.get(key()).await.unwrap().unwrap();
            push.config_file = Some(file);
            store.set(key(), &push).await.unwrap();
        });
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/projects/{}/services/frontend/{rest}", self.project)
    }

    /// The configuration of the newest revision.
    fn spec(&self) -> Value {
        self.newest()["wish"]["run"]["release"]["spec"].clone()
    }

    /// `builds` says that this build is the newest one.
    fn last_build_is(&self, number: u32) {
        let path = format!("/api/v1/projects/{}/services/frontend", self.project);
        let last = json!({ "build_id": self.build_id(number), "status": "success" });
        let url = format!("http://builds.spin.internal{path}");
        self.host.respond("GET", &url, 200, &json!({ "last_build": last }));
    }

    fn two_fields(&self) -> Value {
        json!({ "project_id": self.project, "service_name": "frontend" })
    }

    /// Why the build with this number was not deployed.
    fn problem(&self) -> Option<String> {
        let stored = self.host.stored();
        let problems = stored.iter().filter(|(key, _)| key.starts_with("k/"));
        let mut problems = problems.filter_map(|(_, text)| {
            let value: Value = serde_json::from_str(text).ok()?;
            Some(value.pointer("/done/problem").or(value.get("problem"))?.as_str()?.to_owned())
        });
        problems.next_back()
    }
}

const FILE: &str =
    "[deployment]\nexposure_type = \"none\"\nreplicas = 3\nenv_vars = { COLOUR = \"red\" }\n";

#[test]
fn a_service_that_was_never_deployed_is_deployed_as_the_file_says() {
    let story = Pushes::new();
    story.push(1);
    story.file(FILE);
    assert!(story.look());
    assert_eq!(story.deploys(), (1, "deploy".to_owned()));
    let spec = story.spec();
    assert_eq!((&spec["replicas"], &spec["variables"]), (&json!(3), &json!({ "COLOUR": "red" })));
    story.push(2);
    story.file(&FILE.replace('3', "4"));
    story.pods_run();
    assert!(story.look());
    assert_eq!((story.deploys().0, &story.spec()["replicas"]), (2, &json!(4)));
}

#[test]
fn a_file_without_a_configuration_leaves_it_to_what_is_saved_or_released() {
    let story = Pushes::deployed();
    story.pods_run();
    story.push(2);
    let project = story.project;
    story.file("[services.frontend.build]\ncontext = \"web\"\n");
    let _ = project;
    assert!(story.look());
    assert_eq!((story.deploys().0, &story.spec()["replicas"]), (2, &json!(1)));
    // The saved one can be changed then.
    let saved = json!({ "replicas": 2, "exposure_type": "none" });
    story.alice.put(&story.path("deployment"), &saved).expect(201);
    assert_eq!(
        story.alice.get(&story.path("deployment")).expect(200)["configuration"]["replicas"],
        2
    );
    story.alice.delete(&story.path("deployment")).expect(204);
}

#[test]
fn two_fields_deploy_what_the_file_says_and_it_cannot_be_replaced_by_a_saved_one() {
    let story = Pushes::new();
    let saved = json!({ "replicas": 7, "custom_domain": null, "exposure_type": "none" });
    story.alice.put(&story.path("deployment"), &saved).expect(201);
    story.push(1);
    story.file(FILE);
    let shown = story.alice.get(&story.path("deployment")).expect(200);
    assert_eq!(
        (&shown["configuration"]["replicas"], &shown["configuration"]["env_vars"]["COLOUR"]),
        (&json!(3), &json!("red"))
    );
    for refused in [
        story.alice.put(&story.path("deployment"), &saved).expect(409),
        story.alice.delete(&story.path("deployment")).expect(409),
    ] {
        let detail = "The configuration comes from nokube.toml in the branch; change it there.";
        assert_eq!(
            (&refused["reason"], &refused["detail"]),
            (&json!("config_file"), &json!(detail))
        );
    }
    story.last_build_is(1);
    story.alice.post("/api/v1/deploy", &story.two_fields()).expect(202);
    assert_eq!(story.spec()["replicas"], 3);
    // What is sent wins, for this deployment only.
    let mut sent = story.two_fields();
    sent["replicas"] = json!(5);
    story.alice.post("/api/v1/deploy", &sent).expect(202);
    assert_eq!(
        (&story.spec()["replicas"], &story.spec()["variables"]["COLOUR"]),
        (&json!(5), &json!("red"))
    );
}

#[test]
fn without_a_saved_configuration_the_file_is_shown() {
    let story = Pushes::new();
    story.push(1);
    story.alice.get(&story.path("deployment")).expect(404);
    story.file(FILE);
    assert_eq!(
        story.alice.get(&story.path("deployment")).expect(200)["configuration"]["replicas"],
        3
    );
    // What the platform does not allow is said.
    story.file("[deployment]\nreplicas = 100\nexposure_type = \"none\"\n");
    let refused = story.alice.get(&story.path("deployment")).expect(422);
    assert_eq!(refused["errors"][0]["field"], "replicas");
}

#[test]
fn what_cannot_be_deployed_is_the_problem_of_automatic_deployment() {
    for (text, expected) in [
        ("[deployment]\nexposure_type = \"none\"\nreplicas = 100\n", "replicas"),
        (
            "[deployment]\nexposure_type = \"none\"\nsecrets = [\"API_KEY\"]\n",
            "secrets.API_KEY is named in nokube.toml",
        ),
    ] {
        let story = Pushes::new();
        story.push(1);
        story.file(text);
        assert!(story.look(), "it is not tried again until something changes");
        assert!(story.revisions().is_empty());
        let problem = story.problem().expect("it is stored");
        assert!(problem.starts_with(expected), "{problem}");
        story.last_build_is(1);
        let refused = story.alice.post("/api/v1/deploy", &story.two_fields()).expect(422);
        let field = refused["errors"][0]["field"].as_str().unwrap();
        assert!(expected.starts_with(field), "{refused}");
    }
}

#[test]
fn without_automatic_deployment_nothing_is_deployed_by_a_file() {
    let story = Pushes::new();
    story.push(1);
    story.file(FILE);
    let project = story.project;
    story.store(async move |store| {
        let key = || keys::service(project, &name());
        let record = store.get(key()).await.unwrap().unwrap();
        let source = record.source.clone().map(|it| SavedSource { deploy_on_build: false, ..it });
        store.set(key(), &ServiceRecord { source, ..record }).await.unwrap();
    });
    assert!(story.look());
    assert!(story.revisions().is_empty());
}

#[test]
fn a_pause_stays_whatever_the_file_says() {
    let story = Pushes::deployed();
    story.pods_run();
    story.act("stop").expect(202);
    story.push(2);
    story.file(FILE);
    assert!(story.look());
    assert_eq!(story.newest()["cause"], "stop");
}

#[test]
fn a_secret_with_the_name_of_a_variable_of_the_file_is_refused() {
    let story = Pushes::new();
    story.push(1);
    story.file(FILE);
    let body = json!({ "secrets": { "COLOUR": "x" } });
    let refused = story.alice.put(&story.path("secrets"), &body).expect(422);
    assert_eq!(refused["errors"][0]["field"], "secrets.COLOUR");
}

#[test]
fn automatic_deployment_costs_no_reads_more_with_a_file_and_other_requests_two() {
    let reads = |story: &Pushes| *story.host.logged_numbers("kv_reads").last().unwrap();
    let cost = |with_file: bool| {
        let story = Pushes::new();
        story.push(1);
        if with_file {
            story.file(FILE);
        } else {
            let saved = json!({ "replicas": 3, "exposure_type": "none" });
            story.alice.put(&story.path("deployment"), &saved).expect(201);
        }
        story.alice.get(&story.path("deployment")).expect(200);
        let shown = reads(&story);
        assert!(story.look());
        (shown, reads(&story))
    };
    let ((shown, automatic), (shown_with_file, with_file)) = (cost(false), cost(true));
    assert_eq!(with_file, automatic);
    // Members, configuration, service; with a file the newest push, the project, and whether it is deployed.
    assert_eq!((shown, shown_with_file), (3, 3 + 2 + 2));
}
