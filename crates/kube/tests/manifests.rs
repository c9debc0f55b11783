//! Manifests for each kind of deployment and each setting of the operator.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Fixture, at, fixture, fixture_of_release, gateway, own_build, part, platform};
use nokube_kube::{
    Kind, Platform,
    manifest::{namespace, role_binding},
    platform::PodSecurity,
};
use serde_json::{Value, json};

const POD: &str = "/spec/template/spec";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn object_names(fixture: &Fixture, platform: &Platform) -> Vec<String> {
    fixture.manifests(platform).all().map(|manifest| manifest.kind_and_name()).collect()
}

/// The kinds of the optional objects that this deployment does not have.
fn absent_kinds(fixture: &Fixture, platform: &Platform) -> Vec<Kind> {
    fixture.manifests(platform).dependencies.absent.into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn a_web_service_has_these_objects_and_defaults() {
    let expected = [
        "ResourceQuota nokube",
        "LimitRange nokube",
        "NetworkPolicy nokube.default",
        "ServiceAccount nokube-app",
        "Service frontend-service",
        "NetworkPolicy frontend",
        "Ingress frontend",
        "PodDisruptionBudget frontend",
        "Deployment frontend",
    ];
    assert_eq!(object_names(&fixture(json!({})), &platform()), expected);
    let workload = fixture(json!({})).workload();
    assert_eq!(part(&workload, "/spec/replicas"), 2);
    let expected = json!({
        "type": "RollingUpdate",
        "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": 0 },
    });
    assert_eq!(*part(&workload, "/spec/strategy"), expected);
    let container = part(&workload, CONTAINER);
    assert_eq!(container["image"], "docker.io/library/nginx:1.29");
    assert_eq!(container["env"], json!([{ "name": "PORT", "value": "3000" }]));
    assert_eq!(container["ports"][0]["containerPort"], 3000);
    assert_eq!(container["livenessProbe"]["tcpSocket"], json!({ "port": 3000 }));
    assert_eq!(container["readinessProbe"]["initialDelaySeconds"], 5);
    assert_eq!(container["lifecycle"]["preStop"]["sleep"]["seconds"], 5);
    let resources = json!({
        "requests": { "cpu": "100m", "memory": "128Mi", "ephemeral-storage": "50Mi" },
        "limits": { "cpu": "500m", "memory": "512Mi", "ephemeral-storage": "2Gi" },
    });
    assert_eq!(container["resources"], resources);
    let pod = part(&workload, POD);
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["serviceAccountName"], "nokube-app");
}

#[test]
fn optional_objects_that_are_left_out_are_listed_as_absent() {
    use Kind::{
        HorizontalPodAutoscaler as Hpa, HttpRoute, Ingress, NetworkPolicy,
        PodDisruptionBudget as Pdb, Service,
    };
    let worker = json!({ "service_type": "worker", "replicas": 1 });
    let scaled = json!({ "enable_autoscaling": true, "min_replicas": 2 });
    let table = [
        (fixture(json!({})), platform(), vec![HttpRoute, HttpRoute, Hpa]),
        (fixture(json!({})), gateway(), vec![Ingress, HttpRoute, Hpa]),
        (fixture(scaled), platform(), vec![HttpRoute, HttpRoute]),
        (fixture(json!({ "replicas": 1 })), platform(), vec![HttpRoute, HttpRoute, Hpa, Pdb]),
        (
            fixture(json!({ "exposure_type": "internal" })),
            platform(),
            vec![NetworkPolicy, Ingress, HttpRoute, HttpRoute, Hpa],
        ),
        (
            fixture(worker),
            platform(),
            vec![Service, NetworkPolicy, Ingress, HttpRoute, HttpRoute, Hpa, Pdb],
        ),
        (
            fixture(json!({})),
            Platform { apps: None, ..platform() },
            vec![NetworkPolicy, Ingress, HttpRoute, HttpRoute, Hpa],
        ),
    ];
    for (fixture, platform, absent) in table {
        assert_eq!(
            absent_kinds(&fixture, &platform),
            absent,
            "{:?}",
            object_names(&fixture, &platform)
        );
        for (kind, name) in fixture.manifests(&platform).dependencies.absent {
            let names = ["frontend", "frontend-service", "frontend.http"];
            assert!(names.contains(&name.as_str()), "{kind:?} {name}");
        }
    }
}

#[test]
fn a_service_with_a_volume_has_one_pod_and_is_recreated() {
    let fixture = fixture(json!({ "storage_size": "1Gi", "storage_path": "/data" }));
    let workload = fixture.workload();
    assert_eq!(*part(&workload, "/spec/strategy"), json!({ "type": "Recreate" }));
    assert_eq!(*part(&workload, "/spec/replicas"), json!(1));
    let mounts = part(&workload, CONTAINER)["volumeMounts"].clone();
    assert_eq!(mounts, json!([{ "name": "data", "mountPath": "/data" }]));
    assert_eq!(part(&workload, POD)["securityContext"]["fsGroup"], 1000);
    let claim = part(&workload, POD)["volumes"][0]["persistentVolumeClaim"]["claimName"].clone();
    let class = Some("fast".to_owned());
    let volume = fixture
        .object(&Platform { storage_class: class, ..platform() }, Kind::PersistentVolumeClaim)
        .unwrap();
    assert_eq!(volume["metadata"]["name"], claim);
    assert_eq!(volume["spec"]["storageClassName"], "fast");
    assert_eq!(volume["spec"]["resources"]["requests"]["storage"], "1Gi");
}

#[test]
fn an_autoscaler_owns_replicas_unless_the_service_is_stopped() {
    let mut fixture =
        fixture(json!({ "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 7 }));
    assert!(fixture.workload()["spec"].get("replicas").is_none());
    let scaler = fixture.object(&platform(), Kind::HorizontalPodAutoscaler).unwrap();
    assert_eq!(scaler["spec"]["scaleTargetRef"]["name"], "frontend");
    assert_eq!(
        (&scaler["spec"]["minReplicas"], &scaler["spec"]["maxReplicas"]),
        (&json!(2), &json!(7))
    );
    assert_eq!(scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
    fixture.state = fixture.state.with_stopped(true);
    assert_eq!(fixture.workload()["spec"]["replicas"], 0);
    assert_eq!(fixture.object(&platform(), Kind::HorizontalPodAutoscaler), None);
    assert!(absent_kinds(&fixture, &platform()).contains(&Kind::HorizontalPodAutoscaler));
}

#[test]
fn a_stopped_service_differs_only_in_replicas() {
    let running = fixture(json!({ "replicas": 3 }));
    let stopped = Fixture { state: running.state.with_stopped(true), ..running.clone() };
    let mut expected = running.workload();
    expected["spec"]["replicas"] = 0.into();
    assert_eq!(stopped.workload(), expected);
}

/// The scheduler ignores nodes without the label of one of the constraints: without zones, all pods could be on one node.
#[test]
fn pods_are_spread_over_nodes_and_over_zones_only_if_the_operator_says_so() {
    let keys = |spread_over_zones| {
        let body = fixture(json!({}))
            .manifests(&Platform { spread_over_zones, ..platform() })
            .workload
            .body;
        let constraints = part(&body, POD)["topologySpreadConstraints"].clone();
        let keys = constraints.as_array().unwrap().iter().map(|of| of["topologyKey"].clone());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(keys(false), ["kubernetes.io/hostname"]);
    assert_eq!(keys(true), ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
}

#[test]
fn pods_have_the_security_context_of_their_level() {
    let fixture = fixture(json!({}));
    let context = |level| {
        let platform = Platform { pod_security: level, ..platform() };
        let body = fixture.manifests(&platform).workload.body;
        (
            part(&body, POD)["securityContext"].clone(),
            part(&body, CONTAINER)["securityContext"].clone(),
        )
    };
    let seccomp = json!({ "type": "RuntimeDefault" });
    let (pod, container) = context(PodSecurity::Restricted);
    assert_eq!(pod, json!({ "runAsNonRoot": true, "seccompProfile": seccomp }));
    let expected =
        json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    assert_eq!(container, expected);
    let (pod, container) = context(PodSecurity::Baseline);
    assert_eq!(pod, json!({ "seccompProfile": seccomp }));
    assert_eq!(
        container,
        json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["NET_RAW"] } })
    );
    let input = fixture.input();
    let strict = Platform { pod_security: PodSecurity::Restricted, ..platform() };
    let labels = namespace(&strict, &input.tenant).body["metadata"]["labels"].clone();
    for mode in ["enforce", "warn"] {
        assert_eq!(labels[format!("pod-security.kubernetes.io/{mode}")], "restricted");
    }
}

/// Otherwise a user could have any private image of that registry pulled.
#[test]
fn only_images_that_were_built_here_get_the_pull_secret() {
    let built = fixture(own_build());
    let workload = built.workload();
    assert_eq!(part(&workload, POD)["imagePullSecrets"], json!([{ "name": "nokube-registry" }]));
    assert_eq!(part(&workload, CONTAINER)["imagePullPolicy"], "Always");
    let image = format!("ghcr.io/amzhm/testuser-myapp-frontend@{}", common::digest('b'));
    assert_eq!(part(&workload, CONTAINER)["image"], image);
    assert!(object_names(&built, &platform()).contains(&"Secret nokube-registry".to_owned()));
    let named = json!({ "image_name": "ghcr.io/amzhm/testuser-myapp-frontend:v1" });
    let no_credentials = Platform { pull_credentials: None, ..platform() };
    for (fixture, platform) in [(fixture(named), platform()), (built, no_credentials)] {
        assert!(!object_names(&fixture, &platform).contains(&"Secret nokube-registry".to_owned()));
        let workload = fixture.manifests(&platform).workload.body;
        assert!(part(&workload, POD).get("imagePullSecrets").is_none());
    }
    // A tag can be moved to another image; a pinned image may come from the node's cache.
    let pinned = format!("nginx@{}", common::digest('a'));
    for (image, policy) in [("nginx:1.29", "Always"), (&pinned, "IfNotPresent")] {
        let workload = fixture(json!({ "image_name": image })).workload();
        assert_eq!(part(&workload, CONTAINER)["imagePullPolicy"], policy);
    }
}

#[test]
fn the_port_variable_is_set_unless_the_user_sets_it() {
    for field in ["env_vars", "secrets"] {
        let workload = fixture(json!({ field: { "PORT": "8080" } })).workload();
        assert!(part(&workload, CONTAINER).get("env").is_none(), "{field}");
    }
    let workload = fixture(json!({ "container_port": 80, "env_vars": { "A": "1" } })).workload();
    assert_eq!(part(&workload, CONTAINER)["env"][0]["value"], "80");
}

#[test]
fn a_container_has_the_command_and_the_arguments_of_the_request() {
    let plain = fixture(json!({})).workload();
    assert!(part(&plain, CONTAINER).get("command").is_none(), "the image's own");
    assert!(part(&plain, CONTAINER).get("args").is_none());
    let words = json!({ "command": ["sh", "-c", "exec \"$0\" $(PORT)"], "args": ["node", ""] });
    let workload = fixture(words.clone()).workload();
    assert_eq!(part(&workload, CONTAINER)["command"], words["command"]);
    assert_eq!(part(&workload, CONTAINER)["args"], words["args"]);
    let workload = fixture(json!({ "args": ["--verbose"] })).workload();
    assert!(part(&workload, CONTAINER).get("command").is_none());
    assert_eq!(part(&workload, CONTAINER)["args"], json!(["--verbose"]));
}

#[test]
fn pods_are_replaced_only_if_their_content_changes() {
    let template = |fixture: &Fixture| fixture.workload()["spec"]["template"].clone();
    let pinned = format!("nginx@{}", common::digest('a'));
    let with = |more: Value, number| {
        let mut all =
            json!({ "image_name": pinned, "env_vars": { "A": "1" }, "secrets": { "S": "1" } });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fixture_of_release(all, number)
    };
    let first = with(json!({}), 1);
    let again = with(json!({}), 2);
    assert_eq!(template(&first), template(&again));
    let objects = |fixture: &Fixture| fixture.manifests(&platform()).dependencies.objects;
    assert_eq!(objects(&first), objects(&again));
    for more in [json!({ "command": ["a"] }), json!({ "args": ["a"] })] {
        assert_ne!(template(&first), template(&with(more.clone(), 2)), "{more}");
    }
    for more in [json!({ "env_vars": { "A": "2" } }), json!({ "secrets": { "S": "2" } })] {
        let changed = with(more.clone(), 2);
        assert_ne!(template(&first), template(&changed), "{more}");
        assert_ne!(
            object_names(&first, &platform()),
            object_names(&changed, &platform()),
            "{more}"
        );
    }
    let scaled = with(json!({ "replicas": 5, "display_name": "New", "service_port": 80 }), 2);
    assert_eq!(template(&first), template(&scaled), "these fields do not concern pods");
    let restarted = Fixture { state: first.state.with_restarted_at(at(9)), ..first.clone() };
    assert_ne!(template(&first), template(&restarted));
}

#[test]
fn a_new_release_of_the_same_tag_replaces_the_pods() {
    let template =
        |number| fixture_of_release(json!({}), number).workload()["spec"]["template"].clone();
    assert_ne!(template(1), template(2));
    let latest = fixture(json!({ "image_name": "nginx" })).workload();
    assert_eq!(part(&latest, CONTAINER)["imagePullPolicy"], "Always");
}

#[test]
fn all_objects_have_the_labels_of_their_owner_and_project() {
    let mut more = own_build();
    let all =
        json!({ "env_vars": { "A": "1" }, "secrets": { "B": "2" }, "enable_autoscaling": true });
    more.as_object_mut().unwrap().extend(all.as_object().unwrap().clone());
    let fixture = fixture(more);
    let input = fixture.input();
    for platform in [platform(), gateway()] {
        let mut manifests: Vec<_> = fixture.manifests(&platform).all().cloned().collect();
        manifests.push(namespace(&platform, &input.tenant));
        manifests.push(role_binding(&input.tenant, "nokube-app-deployer", "bot"));
        for manifest in &manifests {
            let labels = part(&manifest.body, "/metadata/labels");
            assert_eq!(
                labels["nokube.dev/owner"],
                fixture.owner.key(),
                "{}",
                manifest.kind_and_name()
            );
            assert_eq!(labels["nokube.dev/project"], "7");
            assert_eq!(labels["app.kubernetes.io/managed-by"], "nokube");
            let values = labels.as_object().unwrap().values();
            assert!(values.into_iter().all(|value| value.as_str().unwrap().len() <= 63));
            assert_eq!(manifest.body["metadata"]["name"], manifest.name);
            let namespace = manifest.body["metadata"].get("namespace").and_then(Value::as_str);
            let expected = (manifest.kind != Kind::Namespace).then_some("nk-testuser-myapp");
            assert_eq!(namespace, expected, "{}", manifest.kind_and_name());
        }
    }
}
