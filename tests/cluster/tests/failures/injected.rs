//! Containers that others put into the pods: meshes, injectors of secrets.

use super::support::{Expected, expect, request};
use nokube_tests_cluster::{Story, Turn};
use serde_json::{Value, json};

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";

/// Adds containers to each new pod of a namespace, as an injector does.
struct Injector<'a> {
    story: &'a Story,
    name: String,
}

impl<'a> Injector<'a> {
    /// `fields` is a part of a CEL expression: the fields of the pod's spec to add.
    async fn start(story: &'a Story, fields: &str) -> Self {
        let name = story.namespace.clone();
        let policy = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingAdmissionPolicy",
            "metadata": { "name": name },
            "spec": {
                "failurePolicy": "Fail",
                "reinvocationPolicy": "Never",
                "matchConstraints": {
                    "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": name } },
                    "resourceRules": [{
                        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                        "resources": ["pods"],
                    }],
                },
                "mutations": [{
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": { "expression": format!("Object{{spec: Object.spec{{{fields}}}}}") },
                }],
            },
        });
        let binding = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": { "name": name },
            "spec": { "policyName": name },
        });
        for object in [&policy, &binding] {
            story.admin.apply(object).await.unwrap().ok().unwrap();
        }
        // The API server takes a moment to enforce it.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        Self { story, name }
    }

    async fn stop(self) {
        for plural in ["mutatingadmissionpolicybindings", "mutatingadmissionpolicies"] {
            let path = format!("{GROUP}/{plural}/{}", self.name);
            self.story.admin.delete(&path, &json!({})).await.unwrap();
        }
    }
}

/// Container of the CEL type at `list`, with the test app and this variable.
fn container(list: &str, name: &str, image: &str, variable: (&str, &str)) -> String {
    let (variable, value) = variable;
    // The project's limits give every container its share.
    format!(
        "{list}: [Object.spec.{list}{{name: \"{name}\", image: \"{image}\", env: \
         [Object.spec.{list}.env{{name: \"{variable}\", value: \"{value}\"}}]}}]"
    )
}

const APP: &str = "registry.example.org/team/app:v1";

async fn deploy_with(name: &str, injected: &str, fields: Value, expected: &Expected) {
    let _turn = Turn::beside_others().await;
    let story = Story::start(name).await;
    let injector = Injector::start(&story, injected).await;
    let path = story.user.deploy(&request(&story, "web", &fields).await).await;
    let result = expect(&story, &path, expected).await;
    injector.stop().await;
    result.unwrap();
    story.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_init_container_that_has_finished_is_no_crash() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("init").await;
    let init = container("initContainers", "vault-agent-init", APP, ("EXIT_CODE", "0"));
    let injector = Injector::start(&story, &init).await;
    let path = story.user.deploy(&request(&story, "web", &json!({})).await).await;
    let deployment = story.wait_for(&path, "running").await;
    injector.stop().await;
    assert_eq!(deployment["issues"], json!([]), "{deployment:#}");
    story.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_apps_own_crash_is_named_behind_a_finished_init_container() {
    let init = container("initContainers", "vault-agent-init", APP, ("EXIT_CODE", "0"));
    let expected = Expected {
        status: "failed",
        code: "crash",
        words: &["exit code 7"],
        detail: "exit code 7",
        within: 40,
    };
    deploy_with("own", &init, json!({ "env_vars": { "EXIT_CODE": "7" } }), &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_init_container_that_fails_is_named() {
    let init = container("initContainers", "vault-agent-init", APP, ("EXIT_CODE", "9"));
    let expected = Expected {
        status: "failed",
        code: "crash",
        words: &["vault-agent-init", "exit code 9"],
        detail: "",
        within: 40,
    };
    deploy_with("initfails", &init, json!({}), &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sidecar_whose_image_is_missing_is_named() {
    let image = "registry.example.org/team/proxy:nothing";
    let sidecar = container("containers", "istio-proxy", image, ("PORT", "15001"));
    let expected = Expected {
        status: "failed",
        code: "image_pull",
        words: &["team/proxy:nothing"],
        detail: "not found",
        within: 30,
    };
    deploy_with("mesh", &sidecar, json!({}), &expected).await;
}
