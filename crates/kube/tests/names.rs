//! Different owners, projects and services have different names in the cluster.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{fixture, id};
use nokube_domain::{
    DeploymentId, ProjectId,
    deployments::SecretValue,
    name::{ProjectName, ServiceName, Username},
};
use nokube_kube::{
    Kind,
    names::{
        self, SecretNameKey, namespace, project_host, service_host, service_object,
        variables_object, volume_claim,
    },
    platform::HostLayout::{self, ByOwner, Flat},
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

/// The host of a service, and that of its project.
fn hosts_in(layout: HostLayout, owner: &str, project: &str, service: &str) -> [String; 2] {
    let (owner, project): (Username, ProjectName) =
        (owner.parse().unwrap(), project.parse().unwrap());
    let service: ServiceName = service.parse().unwrap();
    [service_host(layout, &owner, &project, &service), project_host(layout, &owner, &project)]
}

fn hosts(owner: &str, project: &str, service: &str) -> (String, String, String) {
    let namespace = namespace(&owner.parse().unwrap(), &project.parse().unwrap());
    let [service_host, project_host] = hosts_in(Flat, owner, project, service);
    (namespace, service_host, project_host)
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
        let (found, service_host, _) = hosts(owner, project, service);
        assert_eq!((found.as_str(), service_host.as_str()), (namespace, host));
    }
    let (namespace, host, _) = hosts(&"a".repeat(39), &"b".repeat(40), &"c".repeat(40));
    assert_eq!((namespace.len(), host.len()), (63, 63));
    assert!(namespace.starts_with("nk-aaa") && namespace.contains("---"), "{namespace}");
}

#[test]
fn by_owner_the_owner_has_a_label_of_their_own() {
    let table = [
        ("testuser", "myapp", "frontend", "frontend-myapp.testuser"),
        ("acme-inc", "c", "d", "d-c.acme--inc"),
        ("a", "b-c", "d", "d-b--c.a"),
        ("a", "b", "c--d", "c--d-b.a"),
    ];
    for (owner, project, service, host) in table {
        assert_eq!(hosts_in(ByOwner, owner, project, service)[0], host);
    }
    assert_eq!(hosts_in(ByOwner, "acme-inc", "b-c", "x")[1], "b--c.acme--inc");
    let [host, _] = hosts_in(ByOwner, &"abcd-e".repeat(10), &"b".repeat(40), &"c".repeat(40));
    let lengths: Vec<_> = host.split('.').map(str::len).collect();
    assert_eq!(lengths, [63, 62], "{host}");
}

/// Certificate authorities take such labels as Punycode or not at all.
#[test]
fn no_label_of_an_owner_has_hyphens_as_its_third_and_fourth_character() {
    for owner in
        ["al-smith", "xn-p1ai", "jd--acme", "ab---123", "ab-cdefghijklmnopqrstuvwxyz-1234567890"]
    {
        let [host, _] = hosts_in(ByOwner, owner, "p", "s");
        let (_, label) = host.split_once('.').unwrap();
        assert!(is_label(label) && label.get(2..4) != Some("--"), "{label}");
        let (readable, hash) = label.split_once("---").unwrap();
        assert!(readable.starts_with(&owner[..2]) && hash.len() == 20, "{label}");
    }
}

/// All combinations of these owners, projects and services have different names.
#[test]
fn crafted_names_do_not_collide() {
    let mut words: Vec<String> =
        ["a", "b", "a-b", "b-a", "a-a", "a-b-a", "ab", "0", "0-0"].map(Into::into).into();
    for length in [19, 20, 29, 30, 31, 38, 39] {
        words.push("a".repeat(length));
        let hyphens = "a-".repeat(length / 2);
        words.push(format!("{hyphens}a").chars().take(39).collect::<String>());
        words.push(format!("{hyphens}b").chars().take(39).collect());
    }
    words.retain(|word| word.parse::<ProjectName>().is_ok());
    let mut services = words.clone();
    services.extend(["a--b", "a---b", "a----b", "a---0123456789abcdef0123"].map(Into::into));
    let mut owners: BTreeSet<_> = words.iter().cloned().collect();
    let logins =
        ["a_b", "a-", "-a", "a--b", "a_-b", "a_", "_", "a_b_a", "a__b__a__b__a__b__a__b__a__b__a"];
    owners.extend(logins.map(|login| Username::from_login(&login.parse().unwrap()).to_string()));
    owners.insert(Username::from_login(&"a_".repeat(19).parse().unwrap()).to_string());
    let words: BTreeSet<_> = words.into_iter().collect();
    let services: BTreeSet<_> = services.into_iter().collect();
    let (mut namespaces, mut all_hosts) = (BTreeMap::new(), BTreeMap::new());
    for owner in &owners {
        for project in &words {
            let pair = (owner, project);
            let (namespace, _, _) = hosts(owner, project, "x");
            assert_eq!(namespaces.insert(namespace, pair), None, "{pair:?}");
            for layout in [Flat, ByOwner] {
                let [_, host] = hosts_in(layout, owner, project, "x");
                assert_eq!(all_hosts.insert(host, (pair, None)), None, "{pair:?}");
                for service in &services {
                    let [host, _] = hosts_in(layout, owner, project, service);
                    let before = all_hosts.insert(host, (pair, Some(service)));
                    assert_eq!(before, None, "{pair:?} {service}");
                }
            }
        }
    }
    assert!(namespaces.keys().all(|name| is_label(name)));
    assert!(all_hosts.keys().flat_map(|host| host.split('.')).all(is_label));
    let is_below = |(_, owner): (&str, &str)| all_hosts.contains_key(owner);
    let below: Vec<_> =
        all_hosts.keys().filter(|host| host.split_once('.').is_some_and(is_below)).collect();
    assert!(below.is_empty(), "hosts of one layout below hosts of the other: {below:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn names_do_not_collide(
        a in "[ab](-{0,3}[ab]){0,15}", b in "[ab](-?[ab]){0,19}", c in "[ab](-{0,3}[ab]){0,9}",
        x in "[ab](-{0,3}[ab]){0,15}", y in "[ab](-?[ab]){0,19}", z in "[ab](-{0,3}[ab]){0,9}",
    ) {
        let (one, other) = (hosts(&a, &b, &c), hosts(&x, &y, &z));
        prop_assert_eq!(one.0 == other.0, (&a, &b) == (&x, &y));
        prop_assert_eq!(one.2 == other.2, (&a, &b) == (&x, &y));
        prop_assert_eq!(one.1 == other.1, (&a, &b, &c) == (&x, &y, &z));
        prop_assert!(one.1 != other.2 && one.1 != one.2, "the host of a service is not that of a project");
        for name in [&one.0, &one.1, &one.2] {
            prop_assert!(is_label(name), "{name}");
        }
        prop_assert!(one.0.starts_with("nk-"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    /// Usernames, projects and services of few letters, so that they are often almost the same. After a change of the
    /// layout there are hosts of both.
    #[test]
    fn hosts_of_both_layouts_do_not_collide(
        a in "[ab](-{0,3}[ab]){0,15}", b in "[ab](-?[ab]){0,19}", c in "[ab](-{0,3}[ab]){0,9}",
        x in "[ab](-{0,3}[ab]){0,15}|[ab]-[ab]-[ab]|[ab]{2}-[ab]", y in "[ab](-?[ab]){0,19}",
        z in "[ab](-{0,3}[ab]){0,9}",
    ) {
        let (one, other) = (hosts_in(ByOwner, &a, &b, &c), hosts_in(ByOwner, &x, &y, &z));
        prop_assert_eq!(one[0] == other[0], (&a, &b, &c) == (&x, &y, &z));
        prop_assert_eq!(one[1] == other[1], (&a, &b) == (&x, &y));
        prop_assert!(one[0] != other[1] && one[0] != one[1]);
        let (name, owner) = one[0].split_once('.').unwrap();
        prop_assert!(is_label(name) && is_label(owner) && owner.get(2..4) != Some("--"), "{}", one[0]);
        for flat in hosts_in(Flat, &x, &y, &z).iter().chain(&hosts_in(Flat, &a, &b, &c)) {
            prop_assert!(!one.contains(flat));
            prop_assert!(flat != owner, "{} would be below {}", one[0], flat);
        }
    }
}

fn texts(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// The names of the ConfigMap and the Secret with these entries.
fn objects(id: DeploymentId, key: &str, entries: &[(&str, &str)]) -> Option<[String; 2]> {
    let service = "frontend".parse().unwrap();
    let variables = variables_object(id, &service, &texts(entries))?;
    let secrets = texts(entries).into_iter().map(|(name, text)| (name, SecretValue::new(text)));
    let secrets = SecretNameKey::new(key).secrets_object(id, &service, &secrets.collect())?;
    Some([variables, secrets])
}

#[test]
fn equal_content_has_equal_names_and_different_content_different_names() {
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
    let mut found = BTreeSet::new();
    for (id, entries) in table {
        let names = objects(id, "key", entries).unwrap();
        assert_eq!(names, objects(id, "key", entries).unwrap());
        for name in names {
            assert!(is_label(&name) && found.insert(name.clone()), "{entries:?}: {name}");
        }
    }
    let [variables, secrets] = objects(id(), "key", &[("a", "bc")]).unwrap();
    let [same, another] = objects(id(), "another key", &[("a", "bc")]).unwrap();
    assert!(variables == same && secrets != another, "without the key, values cannot be guessed");
    assert!(secrets.starts_with("frontend-secret-"), "{secrets}");
}

/// ConfigMaps, Secrets and NetworkPolicies may have longer names with dots (RFC 1123 subdomains).
#[test]
fn the_longest_service_name_gives_valid_object_names() {
    let service: ServiceName = "s".repeat(40).parse().unwrap();
    let more = json!({
        "service_name": service, "env_vars": { "A": "1" }, "secrets": { "B": "2" },
        "storage_size": "1Gi", "storage_path": "/data",
    });
    for manifest in fixture(more).manifests(&common::platform()).all() {
        let fits = match manifest.kind {
            Kind::ConfigMap | Kind::Secret | Kind::NetworkPolicy => is_subdomain(&manifest.name),
            _ => is_label(&manifest.name),
        };
        assert!(fits, "{}", manifest.kind_and_name());
    }
    assert_eq!(service_object(&service).len(), 48);
    assert_eq!(volume_claim(&service).len(), 45);
}

/// Even if the service has the name of one of the platform's own objects.
#[test]
fn a_service_does_not_replace_an_object_of_the_platform() {
    for service in ["nokube", "nokube-default", "nokube-app", "nokube-registry", "nokube-deployer"]
    {
        let mut more = common::own_build();
        more["service_name"] = service.into();
        let manifests = fixture(more).manifests(&common::platform());
        let mut found = BTreeSet::new();
        for manifest in manifests.all() {
            assert!(found.insert(manifest.kind_and_name()), "{} twice", manifest.kind_and_name());
        }
    }
}

#[test]
fn saved_secrets_have_a_name_that_no_other_object_has() {
    let service = "web".parse().unwrap();
    let name = names::saved_secrets(&service);
    assert_eq!(name, "web.secrets");
    assert!(names::is_saved_secrets(&name));
    for other in ["web-secret-0123456789abcdef0123", "nokube-registry", "web-tls", "secrets"] {
        assert!(!names::is_saved_secrets(other), "{other}");
    }
}
