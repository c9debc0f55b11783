//! A field without effect is rejected with the reason. None is ignored silently.

use crate::fixtures::{field_errors, invalid_fields, limits, parse, request_with};
use serde_json::{Value, json};

fn merged(parts: [&Value; 2]) -> Value {
    let maps = parts.into_iter().flat_map(|part| part.as_object().unwrap().clone());
    Value::Object(maps.collect())
}

#[test]
fn a_value_without_effect_is_an_error() {
    let unchecked = json!({ "health_check_enabled": false });
    let worker = json!({ "service_type": "worker" });
    let table = [
        (&unchecked, json!({ "health_check_port": 9000 }), "without health_check_enabled"),
        (&unchecked, json!({ "liveness_check_path": "/x" }), "without health_check_enabled"),
        (&unchecked, json!({ "readiness_check_path": "/x" }), "without health_check_enabled"),
        (&unchecked, json!({ "liveness_initial_delay": 1 }), "without health_check_enabled"),
        (&unchecked, json!({ "readiness_initial_delay": 1 }), "without health_check_enabled"),
        (&unchecked, json!({ "health_check_period": 1 }), "without health_check_enabled"),
        (&unchecked, json!({ "health_check_timeout": 1 }), "without health_check_enabled"),
        (
            &unchecked,
            json!({ "health_check_failure_threshold": 1 }),
            "without health_check_enabled",
        ),
        (&worker, json!({ "health_check_period": 1 }), "on a worker without health_check_port"),
        (&worker, json!({ "service_port": 80 }), "receives no requests"),
        (
            &json!({ "exposure_type": "none" }),
            json!({ "service_port": 80 }),
            "receives no requests",
        ),
        (&json!({}), json!({ "min_replicas": 2 }), "without enable_autoscaling"),
        (&json!({}), json!({ "max_replicas": 5 }), "without enable_autoscaling"),
        (&json!({ "enable_autoscaling": false }), json!({ "target_cpu_percent": 50 }), "without"),
    ];
    for (more, unused, reason) in table {
        let body = request_with(merged([more, &unused]));
        let errors = field_errors(&body, &limits());
        let field = unused.as_object().unwrap().keys().next().unwrap();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].0, *field, "{errors:?}");
        assert!(
            errors[0].1.contains("has no effect") && errors[0].1.contains(reason),
            "{errors:?}"
        );
    }
}

#[test]
fn the_number_of_pods_is_in_the_range_of_the_autoscaler() {
    let scaled = json!({ "enable_autoscaling": true, "min_replicas": 4, "max_replicas": 9 });
    for replicas in [1, 3, 10] {
        let errors = invalid_fields(merged([&scaled, &json!({ "replicas": replicas })]));
        assert_eq!(errors, ["replicas"], "{replicas}");
    }
    // 2 is the default.
    for replicas in [2, 4, 9] {
        let spec = parse(merged([&scaled, &json!({ "replicas": replicas })])).spec;
        assert_eq!(spec.replicas, 4, "the autoscaler begins with the least");
    }
}

/// Some clients send each field with its default.
#[test]
fn a_default_without_effect_is_accepted() {
    let health = json!({
        "liveness_initial_delay": 30, "readiness_initial_delay": 5, "health_check_period": 10,
        "health_check_timeout": 5, "health_check_failure_threshold": 3,
        "liveness_check_path": "", "readiness_check_path": null, "health_check_port": null,
    });
    let unchecked = json!({ "health_check_enabled": false });
    let worker = json!({ "service_type": "worker", "health_check_enabled": true });
    for more in [unchecked, worker] {
        assert_eq!(parse(merged([&more, &health])).spec.health, None);
    }
    let scaling = json!({ "min_replicas": 1, "max_replicas": 10, "target_cpu_percent": 70 });
    assert_eq!(parse(scaling).spec.scaling, None);
    parse(json!({ "exposure_type": "none", "service_port": 8000, "enable_https": false }));
}

#[test]
fn a_field_that_needs_another_one_names_it() {
    for (given, missing) in [("storage_size", "storage_path"), ("storage_path", "storage_size")] {
        let value = if given == "storage_size" { "1Gi" } else { "/data" };
        assert_eq!(invalid_fields(json!({ given: value })), [missing]);
    }
    for field in ["custom_domain", "custom_path"] {
        let value = if field == "custom_path" { "/shop" } else { "shop.example.org" };
        assert_eq!(invalid_fields(json!({ "exposure_type": "internal", field: value })), [field]);
    }
}
