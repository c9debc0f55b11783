//! No two owners, projects or services share a name in the cluster.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{id, story};
use nokube_domain::{
    DeploymentId, ProjectId,
    deploy::SecretText,
    name::{ProjectName, ServiceName, Username},
};
use nokube_kube::{
    Kind,
    names::{
        NameKey, Namespace, project_host, service_host, service_object, variables_object, volume,
    },
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_subdomain(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    text.len() <= 253 && text.bytes().all(plain) && text.split('.').all(|part| !part.is_empty())
}

fn hosts(owner: &str, project: &str, service: &str) -> (String, String, String) {
    let (owner, project): (Username, ProjectName) =
        (owner.parse().unwrap(), project.parse().unwrap());
    let service: ServiceName = service.parse().unwrap();
    let namespace = Namespace::of(&owner, &project).to_string();
    (namespace, service_host(&owner, &project, &service), project_host(&owner, &project))
}

#[test]
fn hyphens_are_doubled_and_long_names_end_in_a_hash() {
    let table = [
        ("testuser", "myapp", "frontend", "nk-testuser-myapp", "frontend-myapp-testuser"),
        ("a-b", "c", "d", "nk-a--b-c", "d-c-a--b"),
        ("a", "b-c", "d", "nk-a-b--c", "d-b--c-a"),
        ("a", "b", "c--d", "nk-a-b", "c--d-b-a"),
    ];
    for (owner, project, service, namespace, host) in table {
        let (made, service_host, _) = hosts(owner, project, service);
        assert_eq!((made.as_str(), service_host.as_str()), (namespace, host));
    }
    let (namespace, host, _) = hosts(&"a".repeat(39), &"b".repeat(40), &"c".repeat(40));
    assert_eq!((namespace.len(), host.len()), (63, 63));
    assert!(namespace.starts_with("nk-aaa") && namespace.contains("---"), "{namespace}");
}

/// Every owner, project and service out of these: no two of all their names are the same.
#[test]
fn no_two_crafted_names_meet() {
    let mut words: Vec<String> =
        ["a", "b", "a-b", "b-a", "a-a", "a-b-a", "ab", "0", "0-0"].map(Into::into).into();
    for length in [19, 20, 29, 30, 31, 38, 39] {
        words.push("a".repeat(length));
        let hyphens = "a-".repeat(length / 2);
        words.push(format!("{hyphens}a").chars().take(39).collect::<String>());
        words.push(format!("{hyphens}b").chars().take(39).collect());
    }
    words.retain(|word| word.parse::<Username>().is_ok());
    let mut services = words.clone();
    services.extend(["a--b", "a---b", "a----b", "a---0123456789abcdef0123"].map(Into::into));
    let words: BTreeSet<_> = words.into_iter().collect();
    let services: BTreeSet<_> = services.into_iter().collect();
    let (mut namespaces, mut all_hosts) = (BTreeMap::new(), BTreeMap::new());
    for owner in &words {
        for project in &words {
            let pair = (owner, project);
            let (namespace, _, project_host) = hosts(owner, project, "x");
            assert_eq!(namespaces.insert(namespace, pair), None, "{pair:?}");
            assert_eq!(all_hosts.insert(project_host, (pair, None)), None, "{pair:?}");
            for service in &services {
                let (_, host, _) = hosts(owner, project, service);
                let before = all_hosts.insert(host, (pair, Some(service)));
                assert_eq!(before, None, "{pair:?} {service}");
            }
        }
    }
    assert!(namespaces.keys().chain(all_hosts.keys()).all(|name| is_label(name)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn no_two_names_meet(
        a in "[ab](-?[ab]){0,19}", b in "[ab](-?[ab]){0,19}", c in "[ab](-{0,3}[ab]){0,9}",
        x in "[ab](-?[ab]){0,19}", y in "[ab](-?[ab]){0,19}", z in "[ab](-{0,3}[ab]){0,9}",
    ) {
        let (one, other) = (hosts(&a, &b, &c), hosts(&x, &y, &z));
        prop_assert_eq!(one.0 == other.0, (&a, &b) == (&x, &y));
        prop_assert_eq!(one.2 == other.2, (&a, &b) == (&x, &y));
        prop_assert_eq!(one.1 == other.1, (&a, &b, &c) == (&x, &y, &z));
        prop_assert!(one.1 != other.2 && one.1 != one.2, "a service's host is no project's");
        for name in [&one.0, &one.1, &one.2] {
            prop_assert!(is_label(name), "{name}");
        }
        prop_assert!(one.0.starts_with("nk-"));
    }
}

fn texts(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// Names of the objects that hold these as variables and as secrets.
fn objects(of: DeploymentId, key: &str, entries: &[(&str, &str)]) -> Option<[String; 2]> {
    let service = "frontend".parse().unwrap();
    let variables = variables_object(of, &service, &texts(entries))?;
    let secrets = texts(entries).into_iter().map(|(name, text)| (name, SecretText::new(text)));
    let secrets = NameKey::new(key).secrets_object(of, &service, &secrets.collect())?;
    Some([variables, secrets])
}

#[test]
fn another_content_has_another_name_and_the_same_the_same() {
    assert_eq!(objects(id(), "key", &[]), None);
    let other = DeploymentId::new(ProjectId(7), 4, 0x0123_4567_89ab_cdef);
    let table: [(DeploymentId, &[(&str, &str)]); 9] = [
        (id(), &[("a", "bc")]),
        (id(), &[("ab", "c")]),
        (id(), &[("a", "b"), ("c", "")]),
        (id(), &[("a", ""), ("b", "c")]),
        (id(), &[("a", "bc"), ("d", "")]),
        (id(), &[("abc", "")]),
        (id(), &[("a", "\0\0\0\0\0\0\0\u{1}bc")]),
        (other, &[("a", "bc")]),
        (id(), &[("A", "bc")]),
    ];
    let mut seen = BTreeSet::new();
    for (of, entries) in table {
        let names = objects(of, "key", entries).unwrap();
        assert_eq!(names, objects(of, "key", entries).unwrap());
        for name in names {
            assert!(is_label(&name) && seen.insert(name.clone()), "{entries:?}: {name}");
        }
    }
    let [variables, secrets] = objects(id(), "key", &[("a", "bc")]).unwrap();
    let [same, another] = objects(id(), "another key", &[("a", "bc")]).unwrap();
    assert!(variables == same && secrets != another, "nobody can try values out");
    assert!(secrets.starts_with("frontend-secret-"), "{secrets}");
}

/// ConfigMaps, Secrets and policies may have longer names, and dots in them (RFC 1123 subdomains).
#[test]
fn the_longest_service_has_names_that_are_taken() {
    let service: ServiceName = "s".repeat(40).parse().unwrap();
    let more = json!({
        "service_name": service, "env_vars": { "A": "1" }, "secrets": { "B": "2" },
        "storage_size": "1Gi", "storage_path": "/data",
    });
    for manifest in story(more).manifests(&common::platform()).all() {
        let fits = match manifest.kind {
            Kind::ConfigMap | Kind::Secret | Kind::NetworkPolicy => is_subdomain(&manifest.name),
            _ => is_label(&manifest.name),
        };
        assert!(fits, "{}", manifest.title());
    }
    assert_eq!(service_object(&service).len(), 48);
    assert_eq!(volume(&service).len(), 45);
}

/// A service may be called as the platform's own objects are, and takes none of them.
#[test]
fn no_service_takes_an_object_of_the_platform() {
    for service in ["nokube", "nokube-default", "nokube-app", "nokube-registry", "nokube-deployer"]
    {
        let mut more = common::own_build();
        more["service_name"] = service.into();
        let manifests = story(more).manifests(&common::platform());
        let mut seen = BTreeSet::new();
        for manifest in manifests.all() {
            assert!(seen.insert(manifest.title()), "{} twice", manifest.title());
        }
    }
}
