//! Manifests: what each wish and each of the operator's settings makes of them.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Story, at, gateway, own_build, part, platform, story, story_of};
use nokube_kube::{
    Kind, Platform,
    manifest::{namespace, role_binding},
    platform::{Certificates, PodSecurity, Routing},
};
use serde_json::{Value, json};

const POD: &str = "/spec/template/spec";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn titles(story: &Story, platform: &Platform) -> Vec<String> {
    story.manifests(platform).all().map(|manifest| manifest.title()).collect()
}

/// The kinds that were left out.
fn not(story: &Story, platform: &Platform) -> Vec<Kind> {
    story.manifests(platform).not.into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn a_web_service_has_all_that_it_needs() {
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
    assert_eq!(titles(&story(json!({})), &platform()), expected);
    let workload = story(json!({})).workload();
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
        "requests": { "cpu": "100m", "memory": "128Mi" },
        "limits": { "cpu": "500m", "memory": "512Mi" },
    });
    assert_eq!(container["resources"], resources);
    let pod = part(&workload, POD);
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["serviceAccountName"], "nokube-app");
}

#[test]
fn what_was_left_out_is_named_so_that_it_can_go() {
    use Kind::{
        HorizontalPodAutoscaler as Hpa, HttpRoute, Ingress, NetworkPolicy,
        PodDisruptionBudget as Pdb, Service,
    };
    let worker = json!({ "service_type": "worker", "replicas": 1 });
    let scaled = json!({ "enable_autoscaling": true, "min_replicas": 2 });
    let table = [
        (story(json!({})), platform(), vec![HttpRoute, Hpa]),
        (story(json!({})), gateway(), vec![Ingress, Hpa]),
        (story(scaled), platform(), vec![HttpRoute]),
        (story(json!({ "replicas": 1 })), platform(), vec![HttpRoute, Hpa, Pdb]),
        (
            story(json!({ "exposure_type": "internal" })),
            platform(),
            vec![NetworkPolicy, Ingress, HttpRoute, Hpa],
        ),
        (story(worker), platform(), vec![Service, NetworkPolicy, Ingress, HttpRoute, Hpa, Pdb]),
        (
            story(json!({})),
            Platform { apps: None, ..platform() },
            vec![NetworkPolicy, Ingress, HttpRoute, Hpa],
        ),
    ];
    for (story, platform, left_out) in table {
        assert_eq!(not(&story, &platform), left_out, "{:?}", titles(&story, &platform));
        for (kind, name) in story.manifests(&platform).not {
            assert!(["frontend", "frontend-service"].contains(&name.as_str()), "{kind:?} {name}");
        }
    }
}

#[test]
fn a_volume_is_for_one_pod_at_a_time() {
    let story = story(json!({ "storage_size": "1Gi", "storage_path": "/data" }));
    let workload = story.workload();
    assert_eq!(*part(&workload, "/spec/strategy"), json!({ "type": "Recreate" }));
    assert_eq!(*part(&workload, "/spec/replicas"), json!(1));
    let mounts = part(&workload, CONTAINER)["volumeMounts"].clone();
    assert_eq!(mounts, json!([{ "name": "data", "mountPath": "/data" }]));
    assert_eq!(part(&workload, POD)["securityContext"]["fsGroup"], 1000);
    let claim = part(&workload, POD)["volumes"][0]["persistentVolumeClaim"]["claimName"].clone();
    let class = Some("fast".to_owned());
    let volume = story
        .object(&Platform { storage_class: class, ..platform() }, Kind::PersistentVolumeClaim)
        .unwrap();
    assert_eq!(volume["metadata"]["name"], claim);
    assert_eq!(volume["spec"]["storageClassName"], "fast");
    assert_eq!(volume["spec"]["resources"]["requests"]["storage"], "1Gi");
}

#[test]
fn an_autoscaler_owns_the_number_of_pods_until_it_is_stopped() {
    let mut story =
        story(json!({ "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 7 }));
    assert!(story.workload()["spec"].get("replicas").is_none());
    let scaler = story.object(&platform(), Kind::HorizontalPodAutoscaler).unwrap();
    assert_eq!(scaler["spec"]["scaleTargetRef"]["name"], "frontend");
    assert_eq!(
        (&scaler["spec"]["minReplicas"], &scaler["spec"]["maxReplicas"]),
        (&json!(2), &json!(7))
    );
    assert_eq!(scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
    story.run = story.run.stopped(true);
    assert_eq!(story.workload()["spec"]["replicas"], 0);
    assert_eq!(story.object(&platform(), Kind::HorizontalPodAutoscaler), None);
    assert!(not(&story, &platform()).contains(&Kind::HorizontalPodAutoscaler));
}

#[test]
fn a_stopped_service_differs_in_the_number_of_pods_alone() {
    let running = story(json!({ "replicas": 3 }));
    let stopped = Story { run: running.run.stopped(true), ..running.clone() };
    let mut expected = running.workload();
    expected["spec"]["replicas"] = 0.into();
    assert_eq!(stopped.workload(), expected);
}

#[test]
fn restricted_pods_ask_for_nothing() {
    let story = story(json!({}));
    let context = |level| {
        let platform = Platform { pod_security: level, ..platform() };
        let body = story.manifests(&platform).workload.body;
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
    assert_eq!(container, json!({ "allowPrivilegeEscalation": false }));
    let deployed = story.deployed();
    let strict = Platform { pod_security: PodSecurity::Restricted, ..platform() };
    let labels = namespace(&strict, &deployed.tenant).body["metadata"]["labels"].clone();
    for mode in ["enforce", "warn"] {
        assert_eq!(labels[format!("pod-security.kubernetes.io/{mode}")], "restricted");
    }
}

#[test]
fn by_ingress_each_service_has_a_host() {
    let host = "frontend-myapp-testuser.apps.example.com";
    let ingress = |more: Value, certificates: Certificates| {
        let mut platform = platform();
        platform.apps.as_mut().unwrap().certificates = certificates;
        story(more).object(&platform, Kind::Ingress).unwrap()
    };
    let plain = ingress(json!({}), Certificates::None);
    assert_eq!(plain["spec"]["ingressClassName"], "traefik");
    let rule = json!({ "host": host, "http": { "paths": [{
        "path": "/", "pathType": "Prefix",
        "backend": { "service": { "name": "frontend-service", "port": { "number": 8000 } } },
    }]}});
    assert_eq!(plain["spec"]["rules"], json!([rule]));
    assert!(plain["spec"].get("tls").is_none() && plain["metadata"].get("annotations").is_none());
    let shared = ingress(json!({ "enable_https": true }), Certificates::Shared);
    assert_eq!(shared["spec"]["tls"], json!([{ "hosts": [host] }]));
    let issuer = || Certificates::Issuer("letsencrypt".into());
    let own = ingress(json!({ "enable_https": true }), issuer());
    assert_eq!(own["spec"]["tls"], json!([{ "hosts": [host], "secretName": "frontend-tls" }]));
    let annotations = json!({ "cert-manager.io/cluster-issuer": "letsencrypt" });
    assert_eq!(own["metadata"]["annotations"], annotations);
    assert!(ingress(json!({}), issuer())["metadata"].get("annotations").is_none());
    let custom = ingress(json!({ "custom_domain": "shop.example.org" }), Certificates::None);
    assert_eq!(custom["spec"]["rules"][0]["host"], "shop.example.org");
    // One that had a path before the operator chose Ingress takes no more than that.
    let path = ingress(json!({ "custom_path": "/shop" }), Certificates::None);
    assert_eq!(path["spec"]["rules"][0]["http"]["paths"][0]["path"], "/shop");
    let mut bare = platform();
    bare.apps.as_mut().unwrap().routing = Routing::Ingress { class: None };
    let default = story(json!({})).object(&bare, Kind::Ingress).unwrap();
    assert!(default["spec"].get("ingressClassName").is_none());
}

#[test]
fn by_gateway_a_service_may_have_a_path_that_it_never_sees() {
    let route = |more: Value| story(more).object(&gateway(), Kind::HttpRoute).unwrap();
    let plain = route(json!({}));
    let parent =
        |listener| json!([{ "name": "edge", "namespace": "gateways", "sectionName": listener }]);
    assert_eq!(plain["apiVersion"], "gateway.networking.k8s.io/v1");
    assert_eq!(plain["spec"]["parentRefs"], parent("web"));
    assert_eq!(plain["spec"]["hostnames"], json!(["frontend-myapp-testuser.apps.example.com"]));
    let rule = json!({
        "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }],
        "backendRefs": [{ "name": "frontend-service", "port": 8000 }],
    });
    assert_eq!(plain["spec"]["rules"], json!([rule]));
    let path = route(json!({ "custom_path": "/shop/", "enable_https": true }));
    assert_eq!(path["spec"]["parentRefs"], parent("websecure"));
    assert_eq!(path["spec"]["hostnames"], json!(["myapp-testuser.apps.example.com"]));
    let rule = part(&path, "/spec/rules/0");
    assert_eq!(rule["matches"][0]["path"]["value"], "/shop");
    let strip = json!({ "type": "ReplacePrefixMatch", "replacePrefixMatch": "/" });
    assert_eq!(rule["filters"], json!([{ "type": "URLRewrite", "urlRewrite": { "path": strip } }]));
}

#[test]
fn the_address_is_the_one_that_is_routed_to() {
    let table = [
        (json!({}), Some("http://frontend-myapp-testuser.apps.example.com")),
        (json!({ "enable_https": true }), Some("https://frontend-myapp-testuser.apps.example.com")),
        (json!({ "custom_path": "/shop" }), Some("http://myapp-testuser.apps.example.com/shop")),
        (json!({ "custom_domain": "shop.example.org" }), Some("http://shop.example.org")),
        (json!({ "exposure_type": "internal" }), Some("http://frontend-service:8000")),
        (json!({ "exposure_type": "none" }), None),
    ];
    for (more, url) in table {
        let story = story(more);
        let told = gateway().access_url(&story.project, &story.run.release.spec);
        assert_eq!(told.as_deref(), url);
    }
}

#[test]
fn only_the_entrance_reaches_a_service_from_outside() {
    let policy = story(json!({ "container_port": 80 })).object(&platform(), Kind::NetworkPolicy);
    let policy = policy.unwrap();
    let from = json!([{ "namespaceSelector": {
        "matchLabels": { "kubernetes.io/metadata.name": "ingress" },
    }}]);
    assert_eq!(policy["spec"]["ingress"][0]["from"], from);
    assert_eq!(policy["spec"]["ingress"][0]["ports"], json!([{ "port": 80, "protocol": "TCP" }]));
    let selector = part(&policy, "/spec/podSelector/matchLabels").as_object().unwrap().clone();
    let labels = story(json!({})).workload();
    let labels = part(&labels, "/spec/template/metadata/labels");
    assert!(selector.iter().all(|(name, value)| labels.get(name) == Some(value)));
}

/// A foreign image never gets the platform's login.
#[test]
fn only_our_own_images_are_pulled_with_our_login() {
    let ours = story(own_build());
    let workload = ours.workload();
    assert_eq!(part(&workload, POD)["imagePullSecrets"], json!([{ "name": "nokube-registry" }]));
    assert_eq!(part(&workload, CONTAINER)["imagePullPolicy"], "Always");
    let image = format!("ghcr.io/amzhm/testuser-myapp-frontend@{}", common::digest('b'));
    assert_eq!(part(&workload, CONTAINER)["image"], image);
    assert!(titles(&ours, &platform()).contains(&"Secret nokube-registry".to_owned()));
    let foreign = json!({ "image_name": "ghcr.io/amzhm/testuser-myapp-frontend:v1" });
    let no_login = Platform { pull: None, ..platform() };
    for (story, platform) in [(story(foreign), platform()), (ours, no_login)] {
        assert!(!titles(&story, &platform).contains(&"Secret nokube-registry".to_owned()));
        let workload = story.manifests(&platform).workload.body;
        assert!(part(&workload, POD).get("imagePullSecrets").is_none());
    }
    // A tag may mean another image by now; what is pinned may come from a node's cache.
    let pinned = format!("nginx@{}", common::digest('a'));
    for (image, policy) in [("nginx:1.29", "Always"), (&pinned, "IfNotPresent")] {
        let workload = story(json!({ "image_name": image })).workload();
        assert_eq!(part(&workload, CONTAINER)["imagePullPolicy"], policy);
    }
}

#[test]
fn a_program_is_told_its_port_unless_the_user_tells_it() {
    for field in ["env_vars", "secrets"] {
        let workload = story(json!({ field: { "PORT": "8080" } })).workload();
        assert!(part(&workload, CONTAINER).get("env").is_none(), "{field}");
    }
    let workload = story(json!({ "container_port": 80, "env_vars": { "A": "1" } })).workload();
    assert_eq!(part(&workload, CONTAINER)["env"][0]["value"], "80");
}

#[test]
fn a_change_rolls_the_pods_and_no_change_does_not() {
    let template = |story: &Story| story.workload()["spec"]["template"].clone();
    let pinned = format!("nginx@{}", common::digest('a'));
    let with = |more: Value, number| {
        let mut all =
            json!({ "image_name": pinned, "env_vars": { "A": "1" }, "secrets": { "S": "1" } });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        story_of(all, number)
    };
    let first = with(json!({}), 1);
    let again = with(json!({}), 2);
    assert_eq!(template(&first), template(&again));
    let objects = |story: &Story| story.manifests(&platform()).before;
    assert_eq!(objects(&first), objects(&again));
    for more in [json!({ "env_vars": { "A": "2" } }), json!({ "secrets": { "S": "2" } })] {
        let changed = with(more.clone(), 2);
        assert_ne!(template(&first), template(&changed), "{more}");
        assert_ne!(titles(&first, &platform()), titles(&changed, &platform()), "{more}");
    }
    let scaled = with(json!({ "replicas": 5, "display_name": "New", "service_port": 80 }), 2);
    assert_eq!(template(&first), template(&scaled), "pods have nothing to do with it");
    let restarted = Story { run: first.run.restarted(at(9)), ..first.clone() };
    assert_ne!(template(&first), template(&restarted));
}

#[test]
fn a_tag_may_mean_another_image_when_it_is_deployed_again() {
    let template = |number| story_of(json!({}), number).workload()["spec"]["template"].clone();
    assert_ne!(template(1), template(2));
    let latest = story(json!({ "image_name": "nginx" })).workload();
    assert_eq!(part(&latest, CONTAINER)["imagePullPolicy"], "Always");
}

#[test]
fn every_object_says_whose_it_is() {
    let mut more = own_build();
    let all =
        json!({ "env_vars": { "A": "1" }, "secrets": { "B": "2" }, "enable_autoscaling": true });
    more.as_object_mut().unwrap().extend(all.as_object().unwrap().clone());
    let story = story(more);
    let deployed = story.deployed();
    for platform in [platform(), gateway()] {
        let mut manifests: Vec<_> = story.manifests(&platform).all().cloned().collect();
        manifests.push(namespace(&platform, &deployed.tenant));
        manifests.push(role_binding(&deployed.tenant, "nokube-app-deployer", "bot"));
        for manifest in &manifests {
            let labels = part(&manifest.body, "/metadata/labels");
            assert_eq!(labels["nokube.dev/owner"], story.owner.key(), "{}", manifest.title());
            assert_eq!(labels["nokube.dev/project"], "7");
            assert_eq!(labels["app.kubernetes.io/managed-by"], "nokube");
            let values = labels.as_object().unwrap().values();
            assert!(values.into_iter().all(|value| value.as_str().unwrap().len() <= 63));
            assert_eq!(manifest.body["metadata"]["name"], manifest.name);
            let namespace = manifest.body["metadata"].get("namespace").and_then(Value::as_str);
            let expected = (manifest.kind != Kind::Namespace).then_some("nk-testuser-myapp");
            assert_eq!(namespace, expected, "{}", manifest.title());
        }
    }
}
