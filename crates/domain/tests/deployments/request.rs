//! Validation of deployment requests.

use crate::fixtures::{field_errors, invalid_fields, limits, parse, request_with, try_parse};
use nokube_domain::{
    ProblemKind,
    deployments::{
        Check, Exposure, Health, ImageSource, PlatformLimits, Scaling, SecretInput, ServiceKind,
        Volume,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn omitted_and_null_fields_have_defaults() {
    let given = ["project_id", "project_name", "username", "service_name", "image_name"];
    let nulls: serde_json::Map<_, _> = ALL_FIELDS
        .iter()
        .filter(|f| !given.contains(f))
        .map(|f| ((*f).into(), Value::Null))
        .collect();
    for more in [json!({}), Value::Object(nulls)] {
        let new = parse(more);
        let spec = new.spec;
        assert_eq!((spec.display_name.as_str(), spec.description), ("frontend", None));
        assert_eq!(spec.kind, ServiceKind::Web);
        assert!(matches!(spec.exposure, Exposure::External { https: false, .. }));
        assert_eq!((spec.container_port, spec.service_port, spec.replicas), (3000, 8000, 2));
        assert_eq!((spec.cpu.request.as_str(), spec.cpu.limit.as_str()), ("100m", "500m"));
        assert_eq!((spec.memory.request.as_str(), spec.memory.limit.as_str()), ("128Mi", "512Mi"));
        assert_eq!((spec.variables, new.secrets), (BTreeMap::new(), BTreeMap::new()));
        assert_eq!((spec.volume, spec.scaling), (None, None));
        let check = |delay| Check { path: None, delay };
        let health = Health {
            port: 3000,
            liveness: check(30),
            readiness: check(5),
            period: 10,
            timeout: 5,
            failures: 3,
        };
        assert_eq!(spec.health, Some(health));
        let scaling = parse(json!({ "enable_autoscaling": true })).spec.scaling;
        assert_eq!(scaling, Some(Scaling { min: 1, max: 10, target_cpu: 70 }));
    }
}

/// All fields of a request.
const ALL_FIELDS: [&str; 39] = [
    "project_id",
    "project_name",
    "username",
    "service_name",
    "image_name",
    "build_id",
    "command",
    "args",
    "display_name",
    "description",
    "service_type",
    "exposure_type",
    "container_port",
    "service_port",
    "replicas",
    "cpu_request",
    "cpu_limit",
    "memory_request",
    "memory_limit",
    "custom_domain",
    "custom_path",
    "enable_https",
    "env_vars",
    "secrets",
    "health_check_enabled",
    "liveness_check_path",
    "readiness_check_path",
    "health_check_port",
    "liveness_initial_delay",
    "readiness_initial_delay",
    "health_check_period",
    "health_check_timeout",
    "health_check_failure_threshold",
    "storage_size",
    "storage_path",
    "enable_autoscaling",
    "min_replicas",
    "max_replicas",
    "target_cpu_percent",
];

/// A list is not valid for any field. Unknown fields are reported too.
#[test]
fn all_invalid_fields_are_reported_together() {
    let mut body: serde_json::Map<_, _> =
        ALL_FIELDS.iter().map(|field| ((*field).to_owned(), json!([1]))).collect();
    body.insert("colour".into(), "red".into());
    let errors = field_errors(&Value::Object(body), &limits());
    for field in ALL_FIELDS.iter().chain(&["colour"]) {
        assert!(errors.iter().any(|(name, _)| name == field), "{field} in {errors:?}");
    }
    let required = field_errors(&json!({}), &limits());
    let fields: Vec<_> = required.iter().map(|(field, _)| field.as_str()).collect();
    let expected = ["project_id", "project_name", "username", "service_name", "image_name"];
    assert_eq!(fields, expected);
    assert!(required.iter().all(|(_, why)| why.starts_with("is required")), "{required:?}");
}

#[test]
fn each_error_names_its_field() {
    let table = [
        (json!({ "project_name": "other" }), "project_name"),
        (json!({ "username": "a b" }), "username"),
        (json!({ "service_name": "2048" }), "service_name"),
        (json!({ "service_name": "Front" }), "service_name"),
        (json!({ "service_name": "s".repeat(41) }), "service_name"),
        (json!({ "build_id": "1" }), "build_id"),
        (json!({ "image_name": "Nginx" }), "image_name"),
        (json!({ "display_name": "x".repeat(101) }), "display_name"),
        (json!({ "display_name": "a\u{7}" }), "display_name"),
        (json!({ "description": "x".repeat(2001) }), "description"),
        (json!({ "service_type": "cron" }), "service_type"),
        (json!({ "exposure_type": "public" }), "exposure_type"),
        (json!({ "container_port": 0 }), "container_port"),
        (json!({ "service_port": 65_536 }), "service_port"),
        (json!({ "replicas": 0 }), "replicas"),
        (json!({ "replicas": 21 }), "replicas"),
        (json!({ "replicas": 1.5 }), "replicas"),
        (json!({ "cpu_request": "1", "cpu_limit": "500m" }), "cpu_request"),
        (json!({ "memory_request": "1Gi", "memory_limit": "1G" }), "memory_request"),
        (json!({ "memory_limit": "512m" }), "memory_limit"),
        (json!({ "health_check_port": -1 }), "health_check_port"),
        (json!({ "liveness_check_path": "health" }), "liveness_check_path"),
        (json!({ "readiness_check_path": "/a/../b" }), "readiness_check_path"),
        (json!({ "readiness_check_path": "/a b" }), "readiness_check_path"),
        (json!({ "liveness_initial_delay": 3601 }), "liveness_initial_delay"),
        (json!({ "readiness_initial_delay": 3601 }), "readiness_initial_delay"),
        (json!({ "health_check_period": 0 }), "health_check_period"),
        (json!({ "health_check_timeout": 301 }), "health_check_timeout"),
        (json!({ "health_check_failure_threshold": 0 }), "health_check_failure_threshold"),
        (
            json!({ "enable_autoscaling": true, "min_replicas": 3, "max_replicas": 2 }),
            "min_replicas",
        ),
        (json!({ "max_replicas": 21 }), "max_replicas"),
        (json!({ "target_cpu_percent": 101 }), "target_cpu_percent"),
    ];
    for (more, field) in table {
        assert_eq!(invalid_fields(more.clone()), [field], "{more}");
    }
}

#[test]
fn another_persons_username_is_forbidden_whatever_else_is_invalid() {
    let body = request_with(json!({ "username": "stranger", "replicas": "many" }));
    let problem = try_parse(&body, &limits()).unwrap_err();
    assert_eq!((problem.kind, problem.status()), (ProblemKind::Forbidden, 403));
    for username in ["testuser", "TestUser", "member", "Member"] {
        parse(json!({ "username": username }));
    }
}

#[test]
fn a_worker_has_no_exposure_and_no_default_checks() {
    let spec = parse(json!({ "service_type": "worker" })).spec;
    assert_eq!((spec.exposure, spec.health), (Exposure::None, None));
    for exposure in ["internal", "external"] {
        let more = json!({ "service_type": "worker", "exposure_type": exposure });
        assert_eq!(invalid_fields(more), ["exposure_type"]);
    }
    let domain = json!({ "service_type": "worker", "custom_domain": "shop.example.org" });
    assert_eq!(invalid_fields(domain), ["custom_domain"]);
    for check in [
        json!({ "health_check_port": 9000 }),
        json!({ "liveness_check_path": "/" }),
        json!({ "readiness_check_path": "/" }),
    ] {
        let mut more = check;
        more["service_type"] = "worker".into();
        assert!(parse(more).spec.health.is_some(), "the request configures a check");
    }
}

#[test]
fn a_service_with_a_volume_has_one_pod() {
    let volume = |more: Value| {
        let mut all = json!({ "storage_size": "1Gi", "storage_path": "/data" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let spec = parse(volume(json!({}))).spec;
    let expected = Volume { size: "1Gi".parse().unwrap(), path: "/data".into() };
    assert_eq!((spec.volume, spec.replicas), (Some(expected), 1));
    let none = parse(json!({ "storage_size": "", "storage_path": "" })).spec;
    assert_eq!((none.volume, none.replicas), (None, 2));
    let table = [
        (volume(json!({ "replicas": 2 })), "replicas"),
        (volume(json!({ "enable_autoscaling": true })), "enable_autoscaling"),
        (volume(json!({ "storage_size": "11Gi" })), "storage_size"),
        (volume(json!({ "storage_size": "much" })), "storage_size"),
        (json!({ "storage_size": "1Gi" }), "storage_path"),
        (json!({ "storage_path": "/data" }), "storage_size"),
    ];
    for (more, field) in table {
        assert_eq!(invalid_fields(more.clone()), [field], "{more}");
    }
    for path in ["data", "/", "//", "/.", "/./", "/a/..", "/a:b", "/a\nb", "/a/./b"] {
        assert_eq!(
            invalid_fields(volume(json!({ "storage_path": path }))),
            ["storage_path"],
            "{path}"
        );
    }
    for path in ["/data", "/var/lib/data/", "/my data", "/données"] {
        parse(volume(json!({ "storage_path": path })));
    }
}

#[test]
fn a_secret_is_set_or_kept_and_cannot_also_be_a_variable() {
    let new = parse(json!({ "env_vars": { "A": "1" }, "secrets": { "B": "s3cret", "C": null } }));
    let SecretInput::Set(text) = &new.secrets["B"] else { panic!("{new:?}") };
    assert_eq!((text.reveal(), &new.secrets["C"]), ("s3cret", &SecretInput::Keep));
    assert!(!format!("{new:?}").contains("s3cret"));
    let both = json!({ "env_vars": { "A": "1", "B": "2" }, "secrets": { "A": "1", "B": null } });
    assert_eq!(invalid_fields(both), ["secrets.A", "secrets.B"]);
    let table = [
        (json!({ "env_vars": { "1A": "" } }), "env_vars.1A"),
        (json!({ "env_vars": { "A B": "" } }), "env_vars.A B"),
        (json!({ "env_vars": { ".": "" } }), "env_vars.."),
        (json!({ "env_vars": { "..A": "" } }), "env_vars...A"),
        (json!({ "secrets": { "A/B": "" } }), "secrets.A/B"),
        (json!({ "env_vars": { "": "" } }), "env_vars."),
        (json!({ "env_vars": { "É": "" } }), "env_vars.É"),
        (json!({ "env_vars": { "A": null } }), "env_vars.A"),
        (json!({ "env_vars": { "A": 1 } }), "env_vars.A"),
        (json!({ "env_vars": { "A": "a\0b" } }), "env_vars.A"),
        (json!({ "secrets": { "A": true } }), "secrets.A"),
        (json!({ "secrets": { "A": "\0" } }), "secrets.A"),
        (json!({ "secrets": { "A=B": null } }), "secrets.A=B"),
        (json!({ "env_vars": { "A": "x".repeat(205_000) } }), "env_vars"),
        (json!({ "secrets": { "A": "x".repeat(205_000) } }), "secrets"),
    ];
    for (more, field) in table {
        assert_eq!(invalid_fields(more), [field]);
    }
    let problem =
        try_parse(&request_with(json!({ "secrets": { "A=B": "s3cret" } })), &limits()).unwrap_err();
    assert!(!format!("{problem:?}").contains("s3cret"), "{problem:?}");
}

/// The official images of Elasticsearch, Grafana and others are configured with such variables.
#[test]
fn variables_and_secrets_have_the_names_that_kubernetes_allows() {
    let long = "a".repeat(253);
    for name in ["discovery.type", "xpack.security.enabled", "my-flag", "_", "-a", ".a", &long] {
        let new = parse(json!({ "env_vars": { name: "1" } }));
        assert_eq!(new.spec.variables.keys().collect::<Vec<_>>(), [name]);
        let new = parse(json!({ "secrets": { name: "1" } }));
        assert_eq!(new.secrets.keys().collect::<Vec<_>>(), [name]);
    }
    let name = "a".repeat(254);
    assert_eq!(invalid_fields(json!({ "env_vars": { name: "1" } })).len(), 1);
}

#[test]
fn an_omitted_request_is_not_more_than_the_limit() {
    let spec = parse(json!({ "cpu_limit": "50m", "memory_limit": "64Mi" })).spec;
    assert_eq!((spec.cpu.request.as_str(), spec.memory.request.as_str()), ("50m", "64Mi"));
}

#[test]
fn a_build_id_makes_the_image_name_optional() {
    let id = nokube_domain::BuildId::new(nokube_domain::ProjectId(7), 2, 9);
    let new = parse(json!({ "build_id": id, "image_name": null }));
    assert_eq!(new.image, ImageSource::Build { build: id, name: None });
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}|[a-z/.:@*-]{0,20}|[0-9.]{0,30}[mkKMGTPi]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[A-Z_=]{0,3}", inner, 0..3)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn every_request_is_parsed_or_rejected_with_an_error(
        values in prop::collection::vec((prop::sample::select(&ALL_FIELDS[..]), any_json()), 0..8),
        is_nothing_allowed: bool,
    ) {
        let more = values.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
        let limits = if is_nothing_allowed { PlatformLimits::default() } else { limits() };
        match try_parse(&request_with(more), &limits) {
            Ok(new) => prop_assert!(new.spec.replicas <= 20),
            Err(problem) => prop_assert!(
                problem.kind == ProblemKind::Forbidden || !problem.errors.is_empty(),
                "{problem:?}"
            ),
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(body: Vec<u8>) {
        let _ = nokube_domain::fields::Fields::from_json(&body);
    }
}
