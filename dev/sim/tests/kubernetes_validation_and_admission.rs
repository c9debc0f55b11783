//! Validation, quotas, limit ranges, pod security.

mod support_kubernetes;

use serde_json::{Value, json};
use support_kubernetes::{WEB, condition, deployment, start_cluster};

#[allow(clippy::indexing_slicing)] // helpers of tests are tests
fn causes(body: &Value) -> Vec<String> {
    let causes = body["details"]["causes"].as_array().cloned().unwrap_or_default();
    let text = |cause: &Value, name: &str| cause[name].as_str().unwrap_or_default().to_owned();
    causes
        .iter()
        .map(|cause| {
            format!(
                "{} {}: {}",
                text(cause, "reason"),
                text(cause, "field"),
                text(cause, "message")
            )
        })
        .collect()
}

#[tokio::test]
async fn an_invalid_deployment_names_the_field() {
    let cluster = start_cluster().await;
    let container = "/spec/template/spec/containers/0";
    for (path, value, expected) in [
        (
            "/spec/selector/matchLabels/app",
            json!("api"),
            "FieldValueInvalid spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: \
          `selector` does not match template `labels`",
        ),
        (
            &format!("{container}/image"),
            json!(""),
            "FieldValueRequired spec.template.spec.containers[0].image: Required value",
        ),
        (
            &format!("{container}/ports/0/containerPort"),
            json!(70000),
            "FieldValueInvalid spec.template.spec.containers[0].ports[0].containerPort: Invalid value: \
          70000: must be between 1 and 65535, inclusive",
        ),
        (
            &format!("{container}/name"),
            json!("App"),
            "FieldValueInvalid spec.template.spec.containers[0].name: Invalid value: \"App\": a \
          lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
          must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex \
          used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ),
        (
            "/spec/template/metadata/labels/app",
            json!("a b"),
            "FieldValueInvalid \
          spec.template.metadata.labels: Invalid value: {\"app\":\"a b\"}: `selector` does not \
          match template `labels`",
        ),
    ] {
        let mut object = deployment("ghcr.io/a/web:1");
        *object.pointer_mut(path).unwrap() = value;
        let (status, body) = cluster.apply(WEB, object).await;
        assert_eq!((status, &body["reason"]), (422, &json!("Invalid")), "{body}");
        assert_eq!(causes(&body)[0], expected);
        assert_eq!(body["details"]["kind"], "Deployment");
        assert_eq!(body["details"]["group"], "apps");
    }
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["template"]["spec"]["containers"][0]["resources"] =
        json!({"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}});
    let (_, body) = cluster.apply(WEB, object.clone()).await;
    assert_eq!(
        body["message"],
        "Deployment.apps \"web\" is invalid: spec.template.spec.containers[0].resources.requests: \
         Invalid value: \"2\": must be less than or equal to cpu limit of 500m"
    );
    object["spec"]["template"]["spec"]["containers"][0]["resources"] =
        json!({"limits": {"cpu": "x"}});
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!(status, 500);
    assert!(
        body["message"].as_str().unwrap().contains("quantities must match the regular expression")
    );
}

#[tokio::test]
async fn immutable_fields_cannot_be_changed() {
    let cluster = start_cluster().await;
    cluster.deploy("ghcr.io/a/web:1").await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["selector"]["matchLabels"]["tier"] = json!("x");
    object["spec"]["template"]["metadata"]["labels"]["tier"] = json!("x");
    let (status, body) = cluster.apply(WEB, object).await;
    assert_eq!(status, 422);
    assert_eq!(
        causes(&body),
        ["FieldValueInvalid spec.selector: Invalid value: \
          {\"matchLabels\":{\"app\":\"web\",\"tier\":\"x\"}}: field is immutable"]
    );
    let secret = |value: &str| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "immutable": true,
            "data": {"k": value},
        })
    };
    let path = "/api/v1/namespaces/shop/secrets/s";
    assert_eq!(cluster.apply(path, secret("YQ==")).await.0, 201);
    let (status, body) = cluster.apply(path, secret("Yg==")).await;
    assert_eq!(status, 422);
    assert_eq!(
        causes(&body),
        ["FieldValueForbidden data: Forbidden: field is immutable when `immutable` is set"]
    );
    assert_eq!(cluster.apply(path, secret("not base64")).await.0, 500);
}

#[tokio::test]
async fn an_exceeded_quota_fails_the_rollout_until_it_is_raised() {
    let cluster = start_cluster().await;
    let quota = |pods: &str| {
        json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"},
            "spec": {"hard": {"pods": pods, "count/services": "0"}},
        })
    };
    let path = "/api/v1/namespaces/shop/resourcequotas/q";
    cluster.apply(path, quota("1")).await;
    let mut object = deployment("ghcr.io/a/web:1");
    object["spec"]["replicas"] = json!(2);
    cluster.apply(WEB, object).await;
    cluster.wait_until_idle().await.unwrap();
    let failure = condition(&cluster.web(), "ReplicaFailure");
    assert_eq!((&failure["status"], &failure["reason"]), (&json!("True"), &json!("FailedCreate")));
    let message = failure["message"].as_str().unwrap();
    assert!(
        message.ends_with(
            "is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"
        ),
        "{message}"
    );
    assert!(cluster.event_reasons().iter().any(|event| event == "FailedCreate"));
    let used = cluster.object("resourcequotas", "shop", "q").unwrap();
    assert_eq!(used["status"]["used"], json!({"pods": "1", "count/services": "0"}));

    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80, "targetPort": 8080}], "selector": {"app": "web"}},
    });
    let (status, body) =
        cluster.apply("/api/v1/namespaces/shop/services/web", service.clone()).await;
    assert_eq!((status, &body["reason"]), (403, &json!("Forbidden")));
    cluster
        .apply(path, {
            let mut quota = quota("5");
            quota["spec"]["hard"].as_object_mut().unwrap().remove("count/services");
            quota
        })
        .await;
    cluster.wait_until_idle().await.unwrap();
    assert_eq!(cluster.web()["status"]["availableReplicas"], 2);
    assert_eq!(condition(&cluster.web(), "ReplicaFailure"), Value::Null);
    let (status, body) = cluster.apply("/api/v1/namespaces/shop/services/web", service).await;
    assert_eq!(status, 201);
    assert!(body["spec"]["clusterIP"].as_str().unwrap().starts_with("10.96."));
    assert_eq!(body["spec"]["internalTrafficPolicy"], "Cluster");
}

#[tokio::test]
async fn limits_are_defaulted_and_enforced() {
    let cluster = start_cluster().await;
    let range = json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"},
        "spec": {"limits": [{"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"},
                             "defaultRequest": {"cpu": "100m"}, "max": {"cpu": "1"}}]},
    });
    cluster.apply("/api/v1/namespaces/shop/limitranges/l", range).await;
    cluster.deploy("ghcr.io/a/web:1").await;
    assert_eq!(
        cluster.pod()["spec"]["containers"][0]["resources"],
        json!({"limits": {"cpu": "500m", "memory": "256Mi"},
               "requests": {"cpu": "100m", "memory": "256Mi"}})
    );
    let mut object = deployment("ghcr.io/a/web:2");
    object["spec"]["template"]["spec"]["containers"][0]["resources"] =
        json!({"limits": {"cpu": "4"}, "requests": {"cpu": "0.5"}});
    let (_, body) = cluster.apply(WEB, object).await;
    let resources = &body["spec"]["template"]["spec"]["containers"][0]["resources"];
    assert_eq!(resources["requests"]["cpu"], "500m");
    cluster.wait_until_idle().await.unwrap();
    let failure = condition(&cluster.web(), "ReplicaFailure");
    let message = failure["message"].as_str().unwrap();
    assert!(message.ends_with("maximum cpu usage per Container is 1, but limit is 4"), "{message}");
}

#[tokio::test]
async fn pod_security_warns_and_rejects() {
    let cluster = start_cluster().await;
    let labels = json!({
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/enforce": "restricted",
    });
    let strict_namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels},
    });
    cluster.apply("/api/v1/namespaces/shop", strict_namespace).await;
    let path = format!("{WEB}?fieldManager=one");
    let response = cluster.send_apply(&path, deployment("ghcr.io/a/web:1")).await;
    let warning = response.headers()["warning"].to_str().unwrap().to_owned();
    assert_eq!(
        warning,
        "299 - \"would violate PodSecurity \\\"restricted:latest\\\": allowPrivilegeEscalation != \
         false (container \\\"app\\\" must set securityContext.allowPrivilegeEscalation=false), \
         unrestricted capabilities (container \\\"app\\\" must set \
         securityContext.capabilities.drop=[\\\"ALL\\\"]), runAsNonRoot != true (pod or container \
         \\\"app\\\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \
         \\\"app\\\" must set securityContext.seccompProfile.type to \\\"RuntimeDefault\\\" or \
         \\\"Localhost\\\")\""
    );
    cluster.wait_until_idle().await.unwrap();
    let failure = condition(&cluster.web(), "ReplicaFailure");
    assert!(
        failure["message"].as_str().unwrap().contains("violates PodSecurity \"restricted:latest\"")
    );
    assert!(cluster.objects("pods", "shop").is_empty());
}
