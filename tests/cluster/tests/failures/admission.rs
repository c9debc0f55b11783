//! Policies and webhooks of the cluster's owner that stand between a service and its pods.

use super::support::{Expected, expect, request};
use nokube_tests_cluster::{Story, Turn};
use serde_json::{Value, json};

fn policy(name: &str, namespace: &str) -> [Value; 2] {
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": { "name": name },
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } },
                "resourceRules": [{
                    "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
                }],
            },
            "validations": [{
                "expression": "has(object.metadata.labels.team)",
                "message": "every pod needs the label team",
            }],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": name },
        "spec": { "policyName": name, "validationActions": ["Deny"] },
    });
    [policy, binding]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_denies_the_pods_is_named_with_its_words() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("policy").await;
    let objects = policy("require-team", &story.namespace);
    for object in &objects {
        story.admin.apply(object).await.unwrap().ok().unwrap();
    }
    // The API server takes a moment to enforce it.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let path = story.user.deploy(&request(&story, "web", &json!({})).await).await;
    let expected = Expected {
        status: "failed",
        code: "admission_denied",
        words: &["require-team"],
        detail: "every pod needs the label team",
        within: 15,
    };
    let result = expect(&story, &path, &expected).await;
    for (object, plural) in
        objects.iter().zip(["validatingadmissionpolicies", "validatingadmissionpolicybindings"])
    {
        let name = object["metadata"]["name"].as_str().unwrap();
        let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}/{name}");
        story.admin.delete(&path, &json!({})).await.unwrap();
    }
    result.unwrap();
    story.finish().await;
}

/// It passes when the webhook is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_away_is_named_and_waited_for() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("webhook").await;
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "away" },
        "webhooks": [{
            "name": "validate.policy.example.org",
            "clientConfig": { "service": { "namespace": "policy", "name": "webhook", "path": "/validate" } },
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
            }],
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": story.namespace } },
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 3,
        }],
    });
    story.admin.apply(&webhook).await.unwrap().ok().unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let path = story.user.deploy(&request(&story, "web", &json!({})).await).await;
    let expected = Expected {
        status: "deploying",
        code: "admission_unavailable",
        words: &["has to approve each pod"],
        detail: "failed calling webhook \"validate.policy.example.org\"",
        within: 15,
    };
    let result = expect(&story, &path, &expected).await;
    let path_of_webhook =
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/away";
    story.admin.delete(path_of_webhook, &json!({})).await.unwrap();
    result.unwrap();
    story.wait_for(&path, "running").await;
    story.finish().await;
}
