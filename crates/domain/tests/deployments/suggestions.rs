//! The errors of almost valid values suggest the value that was probably meant.

use crate::fixtures::{field_errors, limits, request_with};
use serde_json::{Value, json};

/// The error of the only invalid field, split into what the value must be, and what was probably meant.
fn error_of(field: &str, more: Value) -> (String, String) {
    let mut errors = field_errors(&request_with(more.clone()), &limits());
    assert_eq!(errors.len(), 1, "{more} {errors:?}");
    let (name, detail) = errors.remove(0);
    assert_eq!(name, field, "{more} {detail}");
    match detail.split_once("; did you mean ") {
        Some((must, meant)) => (must.into(), meant.strip_suffix('?').unwrap().into()),
        None => (detail, String::new()),
    }
}

#[track_caller]
fn check(field: &str, table: &[(&str, &str)]) {
    for (text, expected) in table {
        let (must, meant) = error_of(field, json!({ field: text }));
        assert_eq!(meant, *expected, "{field} {text}: {must}");
        if !meant.is_empty() {
            let again =
                crate::fixtures::try_parse(&request_with(json!({ field: meant })), &limits());
            assert!(again.is_ok(), "{field}: {meant} is valid: {again:?}");
        }
    }
}

#[test]
fn memory_has_a_unit_and_a_minimum() {
    check(
        "memory_limit",
        &[
            ("512", "512Mi"),
            ("4", "4Gi"),
            ("4Mi", "4Gi"),
            ("512k", "512Mi"),
            ("512Ki", "512Mi"),
            ("512m", "512Mi"),
            ("512mb", "512Mi"),
            ("512MB", "512Mi"),
            ("512MiB", "512Mi"),
            ("512 Mi", "512Mi"),
            ("512 Mo", "512Mi"),
            ("512MI", "512Mi"),
            (" 512Mi ", "512Mi"),
            ("1g", "1Gi"),
            ("1gb", "1Gi"),
            ("1 Go", "1Gi"),
            ("1,5Gi", "1.5Gi"),
            ("0.5", "0.5Gi"),
            ("1_024Mi", "1024Mi"),
            ("+512Mi", "512Mi"),
            ("512Gi", "512Mi"),
            ("512Ti", ""),
            ("100b", "100Mi"),
            ("lots", ""),
            ("-512Mi", ""),
            ("0", ""),
            ("1e9", ""),
        ],
    );
    check("memory_request", &[("128", "128Mi"), ("128k", "128Mi"), ("128M b", "128Mi")]);
    let (must, _) = error_of("memory_limit", json!({ "memory_limit": "512" }));
    assert_eq!(must, "must be at least 16Mi (a number without a unit is in bytes)");
    let (must, _) = error_of("memory_limit", json!({ "memory_limit": "4Mi" }));
    assert_eq!(must, "must be at least 16Mi");
    for memory in ["1G", "1Gi", "0.5Gi", "536870912", "16Mi", "16Gi"] {
        crate::fixtures::parse(json!({ "memory_limit": memory }));
    }
}

#[test]
fn cpu_is_in_cores_or_thousandths_of_a_core() {
    check(
        "cpu_limit",
        &[
            ("500", "500m"),
            ("500M", "500m"),
            ("500Mi", "500m"),
            ("500k", "500m"),
            ("0.5m", "500m"),
            ("1.5m", "1500m"),
            ("500 m", "500m"),
            ("500mCPU", "500m"),
            ("500 millicores", "500m"),
            ("0,5", "500m"),
            ("1 core", "1"),
            ("2 vCPU", "2"),
            ("0.5 cores", "500m"),
            ("50%", "500m"),
            ("1m", "1"),
            ("0.0001", ""),
            ("half", ""),
            ("500MB", ""),
        ],
    );
    check("cpu_request", &[("250", "250m"), ("0.25m", "250m")]);
    let (must, _) = error_of("cpu_limit", json!({ "cpu_limit": "500" }));
    assert_eq!(must, "must be at most 16 on this platform (a number without a unit is in cores)");
    for cpu in ["2", "0.5", "500m", "10m", "16"] {
        crate::fixtures::parse(json!({ "cpu_limit": cpu, "cpu_request": "1m" }));
    }
}

#[test]
fn an_amount_is_a_string() {
    for (field, number, expected) in [
        ("memory_limit", json!(512), "\"512Mi\""),
        ("memory_limit", json!(1), "\"1Gi\""),
        ("memory_limit", json!(536_870_912), "\"536870912\""),
        ("cpu_limit", json!(0.5), "\"0.5\""),
        ("cpu_limit", json!(2), "\"2\""),
        ("cpu_limit", json!(500), "\"500m\""),
        ("cpu_limit", json!(-1), ""),
        ("memory_limit", json!(true), ""),
    ] {
        let (must, meant) = error_of(field, json!({ field: number }));
        assert_eq!((must.as_str(), meant.as_str()), ("must be a string", expected), "{number}");
    }
}

#[test]
fn storage_has_a_unit_and_a_minimum() {
    for (size, expected) in [
        ("10", "10Gi"),
        ("4Mi", "4Gi"),
        ("10gb", "10Gi"),
        ("10 Gi", "10Gi"),
        ("512m", "512Mi"),
        ("11Gi", ""),
        ("999Gi", "999Mi"),
    ] {
        let body = json!({ "storage_size": size, "storage_path": "/data" });
        let (must, meant) = error_of("storage_size", body);
        assert_eq!(meant, expected, "{size} {must}");
    }
    let (_, meant) =
        error_of("storage_path", json!({ "storage_size": "1Gi", "storage_path": "data" }));
    assert_eq!(meant, "/data");
}

#[test]
fn images_are_in_lower_case_and_complete() {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let upper = format!("nginx@sha256:{}", digest.to_uppercase());
    let lower = format!("nginx@sha256:{digest}");
    let short = format!("ghcr.io/acme/shop@sha256:{}", &digest[..12]);
    check(
        "image_name",
        &[
            ("ghcr.io/Acme/Shop:1", "ghcr.io/acme/shop:1"),
            ("GHCR.IO/Acme/Shop:V1", "ghcr.io/acme/shop:V1"),
            ("Nginx", "nginx"),
            ("NGINX:Alpine", "nginx:Alpine"),
            ("localhost:5000/App:V1", "localhost:5000/app:V1"),
            ("https://ghcr.io/acme/shop:1", "ghcr.io/acme/shop:1"),
            ("docker://nginx", "nginx"),
            ("docker pull nginx:1.29", "nginx:1.29"),
            ("ghcr.io/acme/shop/", "ghcr.io/acme/shop"),
            ("/acme/shop", "acme/shop"),
            ("ghcr.io//acme/shop", "ghcr.io/acme/shop"),
            ("ghcr.io/acme/shop:", "ghcr.io/acme/shop"),
            ("ghcr.io/acme/shop@", "ghcr.io/acme/shop"),
            ("nginx@1.29", "nginx:1.29"),
            ("nginx : 1.29", "nginx:1.29"),
            (" nginx:1.29\n", "nginx:1.29"),
            ("'nginx:1.29'", "nginx:1.29"),
            ("https://hub.docker.com/_/nginx", "nginx"),
            ("hub.docker.com/r/bitnami/redis/tags", "bitnami/redis"),
            ("quay.io/repository/acme/shop?tab=tags", "quay.io/acme/shop"),
            (&upper, &lower),
            (&short, ""),
            ("nginx@sha256", ""),
            ("nginx@sha256:", ""),
            ("ghcr.io", ""),
            ("ghcr.io/", ""),
            ("https://ghcr.io/", ""),
            ("nginx:v1+2", ""),
            ("two words", ""),
            ("user:password@ghcr.io/a", ""),
        ],
    );
    let must = |image: &str| error_of("image_name", json!({ "image_name": image })).0;
    assert!(must("ghcr.io/Acme/Shop:1").starts_with("must be in lower case"));
    assert!(must(&short).contains("a complete digest"), "{}", must(&short));
    assert!(must("ghcr.io").contains("an image's path after the registry"), "{}", must("ghcr.io"));
    assert!(must("ghcr.io/").contains("an image's path after the registry"));
    assert!(must("nginx:").contains("have a tag of at most 128"), "{}", must("nginx:"));
}

#[test]
fn domains_are_host_names_in_ascii() {
    check(
        "custom_domain",
        &[
            ("bücher.example.net", "xn--bcher-kva.example.net"),
            ("BÜCHER.example.net", "xn--bcher-kva.example.net"),
            ("https://bücher.example.net/", "xn--bcher-kva.example.net"),
            ("例え。example.net", "xn--r8jz45g.example.net"),
            ("shop.example.org.", "shop.example.org"),
            ("shop.example.org:443", "shop.example.org"),
            ("https://Shop.example.org", "shop.example.org"),
            ("http://user@shop.example.org:80/x?y#z", "shop.example.org"),
            ("shop.example.org/x", "shop.example.org"),
            (" shop.example.org", "shop.example.org"),
            ("*.example.net", ""),
            ("10.0.0.1", ""),
            ("[::1]", ""),
            ("::1", ""),
            ("localhost", ""),
            ("a_b.example.net", ""),
            ("u\u{308}.example.net", ""),
        ],
    );
    let must = |domain: &str| error_of("custom_domain", json!({ "custom_domain": domain })).0;
    assert!(must("bücher.example.net").contains("ASCII form"));
    assert!(must("*.example.net").contains("wildcard"));
    assert!(must("10.0.0.1").contains("IP address") && must("::1").contains("IP address"));
}

#[test]
fn paths_begin_with_a_slash() {
    for field in ["liveness_check_path", "readiness_check_path", "custom_path"] {
        check(field, &[("health", "/health"), ("a b", "")]);
    }
    check(
        "liveness_check_path",
        &[("http://localhost:3000/health?full=1", "/health?full=1"), ("//health", "/health")],
    );
}
