//! Previews have namespaces, hosts and names of their own: no project, service or other preview has the same ones.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use nokube_domain::name::{ProjectName, ServiceName, Username, preview_service_name};
use nokube_kube::{
    names::{namespace, preview_host, previews_namespace, project_host, service_host},
    platform::HostLayout::{self, ByOwner, Flat},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What a host or a namespace belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Project,
    Service(String),
    Previews,
    Preview(String, u32),
}

/// The hosts of a project, of one of its services, and of two previews of that.
fn hosts(layout: HostLayout, owner: &str, project: &str, service: &str) -> Vec<(Of, String)> {
    let owner: Username = owner.parse().unwrap();
    let (project, name): (ProjectName, ServiceName) =
        (project.parse().unwrap(), service.parse().unwrap());
    let preview = |number| {
        let of = Of::Preview(service.into(), number);
        (of, preview_host(layout, &owner, &project, &name, number))
    };
    vec![
        (Of::Project, project_host(layout, &owner, &project)),
        (Of::Service(service.into()), service_host(layout, &owner, &project, &name)),
        preview(1),
        preview(u32::MAX),
    ]
}

fn namespaces(owner: &str, project: &str) -> [(Of, String); 2] {
    let (owner, project) = (owner.parse().unwrap(), project.parse().unwrap());
    let previews = previews_namespace(&owner, &project);
    [(Of::Project, namespace(&owner, &project)), (Of::Previews, previews)]
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[test]
fn a_preview_has_a_namespace_and_a_host_of_its_own() {
    let of = |owner: &str, project: &str, service: &str| {
        let preview = |layout| hosts(layout, owner, project, service)[2].1.clone();
        (namespaces(owner, project)[1].1.clone(), preview(Flat), preview(ByOwner))
    };
    let table = [
        ("testuser", "shop", "web", "nk-testuser-shop-previews", "web-shop---pr1"),
        ("a-b", "c-d", "e--f", "nk-a--b-c--d-previews", "e--f-c--d---pr1"),
    ];
    for (owner, project, service, namespace, host) in table {
        let owner_label = owner.replace('-', "--");
        let flat = format!("{host}-{owner_label}");
        let by_owner = format!("{host}.{owner_label}");
        assert_eq!(of(owner, project, service), (namespace.into(), flat, by_owner));
    }
    let (namespace, flat, by_owner) = of(&"a".repeat(39), &"b".repeat(40), &"c".repeat(40));
    let first = by_owner.split('.').next().unwrap();
    assert_eq!((namespace.len(), flat.len(), first.len()), (63, 63, 63));
}

/// All combinations of these owners, projects and services, in both layouts.
#[test]
fn crafted_names_do_not_collide_with_those_of_previews() {
    let mut words: BTreeSet<String> =
        ["a", "b", "a-b", "pr1", "a-pr1", "pr1-a", "pr", "1", "previews", "a-previews"]
            .map(Into::into)
            .into();
    for length in [19, 30, 38, 39] {
        words.insert("a".repeat(length));
        words.insert("a-".repeat(length / 2) + "a");
        words.insert("a-".repeat(length / 2 - 3) + "pr1-a");
    }
    let services: BTreeSet<String> = words
        .iter()
        .cloned()
        .chain(
            [
                "a---pr1",
                "a--pr1",
                "a----pr1",
                "a---pr1-a",
                "a-b---pr1",
                "a---pr1---pr1",
                "a-a---pr1-a",
                "a---0123456789abcdef0123",
                "a-a---pr4294967295",
            ]
            .map(Into::into),
        )
        .collect();
    let mut owners: BTreeSet<_> = words.iter().cloned().collect();
    owners
        .extend(["a--previews", "pr1---5", "a---11", "a--pr1", "pr1--a", "a---b"].map(Into::into));
    let words: Vec<_> =
        words.into_iter().filter(|word| word.parse::<ProjectName>().is_ok()).collect();
    let (mut all_namespaces, mut all_hosts) = (BTreeMap::new(), BTreeMap::new());
    for owner in &owners {
        for project in &words {
            for (of, name) in namespaces(owner, project) {
                let it = (owner, project, of);
                assert!(is_label(&name) && name.starts_with("nk-"), "{name}");
                assert_eq!(all_namespaces.insert(name, it.clone()), None, "{it:?}");
            }
            for (layout, service) in
                [Flat, ByOwner].into_iter().flat_map(|l| services.iter().map(move |s| (l, s)))
            {
                for (of, host) in hosts(layout, owner, project, service) {
                    let it = (owner, project, of);
                    assert!(host.split('.').all(is_label), "{host}");
                    let before = all_hosts.insert(host, it.clone());
                    assert!(before.is_none_or(|before| before == it), "{it:?}");
                }
            }
        }
    }
    let below: Vec<_> = all_hosts
        .keys()
        .filter(|host| host.split_once('.').is_some_and(|(_, owner)| all_hosts.contains_key(owner)))
        .collect();
    assert!(below.is_empty(), "hosts of one layout below hosts of the other: {below:?}");
}

/// Words that the names of previews are made of, with runs of hyphens that are allowed.
const OWNERS: &str = "(a|b|pr1|11|previews)(-{0,3}(a|b|pr1|1)){0,9}";
const PROJECTS: &str = "(a|b|pr1|1)(-?(a|b|pr1|previews)){0,9}";
const SERVICES: &str = "(a|b|pr1|1)(-{0,5}(a|b|pr1|pr4294967295)){0,7}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn names_do_not_collide_with_those_of_previews(
        (a, x) in (OWNERS, OWNERS), (b, y) in (PROJECTS, PROJECTS), (c, z) in (SERVICES, SERVICES),
        same_owner: bool, same_project: bool,
    ) {
        // Names that are almost the same collide more easily.
        let x = if same_owner { a.clone() } else { x };
        let y = if same_project { b.clone() } else { y };
        prop_assume!([&a, &x].iter().all(|name| name.parse::<Username>().is_ok()));
        prop_assume!([&b, &y].iter().all(|name| name.parse::<ProjectName>().is_ok()));
        prop_assume!([&c, &z].iter().all(|name| name.parse::<ServiceName>().is_ok()));
        for (of, one) in namespaces(&a, &b) {
            for (other_of, other) in namespaces(&x, &y) {
                prop_assert_eq!(one == other, (&a, &b, &of) == (&x, &y, &other_of));
            }
        }
        let other: Vec<_> = [Flat, ByOwner].into_iter().flat_map(|l| {
            hosts(l, &x, &y, &z).into_iter().map(move |(of, host)| (l, of, host))
        }).collect();
        for layout in [Flat, ByOwner] {
            for (of, one) in hosts(layout, &a, &b, &c) {
                prop_assert!(one.split('.').all(is_label), "{}", one);
                for (other_layout, other_of, other) in &other {
                    let is_same = (layout, &a, &b, &of) == (*other_layout, &x, &y, other_of);
                    prop_assert_eq!(&one == other, is_same, "{}", one);
                    prop_assert!(!other.ends_with(&format!(".{one}")), "{} is below {}", other, one);
                }
            }
        }
    }

    /// In the namespace of previews.
    #[test]
    fn previews_of_a_project_have_different_names(
        (one, other) in (SERVICES, SERVICES), n in 1..3_u32, m in prop_oneof![1..3_u32, 1_000_000_000..u32::MAX],
    ) {
        prop_assume!([&one, &other].iter().all(|name| name.parse::<ServiceName>().is_ok()));
        let name = |service: &str, number| preview_service_name(&service.parse().unwrap(), number);
        prop_assert_eq!(name(&one, n) == name(&other, m), (&one, n) == (&other, m));
        for name in [name(&one, n), name(&other, m)] {
            prop_assert!(name.as_str().parse::<ServiceName>().is_ok(), "{}", name);
        }
    }
}

#[test]
fn the_name_of_a_preview_is_readable_and_no_other_one() {
    let name =
        |service: &str, number| preview_service_name(&service.parse().unwrap(), number).to_string();
    assert_eq!(name("web", 7), "pr-7-web");
    let cut = name("web-".repeat(10).trim_end_matches('-'), 7);
    assert!(cut.len() <= 40 && cut.starts_with("pr7-web-web"), "{cut}");
    // A service that has what a cut name has after its number.
    let crafted = cut.strip_prefix("pr7-").unwrap();
    assert_ne!(name(crafted, 7), cut);
    let longest = name(&"w".repeat(40), u32::MAX);
    assert!(longest.len() == 40 && longest.parse::<ServiceName>().is_ok(), "{longest}");
}
