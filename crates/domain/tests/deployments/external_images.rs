//! From which registries images may come that were not built here.

use crate::fixtures::project;
use nokube_domain::{
    deployments::{ExternalImages, ImageOrigin, ImagePolicy, ImageRef},
    image::Registry,
};
use proptest::prelude::*;
use std::net::Ipv4Addr;

/// What is wrong with an image, if the operator's setting is `setting`. A text that is no image at all is wrong too.
fn error(setting: &str, image: &str) -> Option<String> {
    let registry = Registry::new("ghcr.io", "amzhm").unwrap();
    let policy = ImagePolicy { registry, external: setting.parse().unwrap() };
    let image = match image.parse::<ImageRef>() {
        Ok(image) => image,
        Err(error) => return Some(error.to_string()),
    };
    match policy.origin(&image, &project()) {
        Ok(origin) => {
            assert_eq!(origin, ImageOrigin::External);
            None
        }
        Err(problem) => Some(problem.errors[0].detail.clone()),
    }
}

#[test]
fn a_new_installation_allows_the_well_known_registries() {
    for image in [
        "nginx",
        "bitnami/redis:8",
        "docker.io/library/nginx",
        "index.docker.io/nginx",
        "GHCR.io:443/owner/app",
        "quay.io/a/b",
        "registry.gitlab.com/group/app",
        "eu.gcr.io/project/app",
        "europe-west1-docker.pkg.dev/project/repository/app",
        "public.ecr.aws/nginx/nginx",
        "mcr.microsoft.com/dotnet/aspnet:9.0",
        "registry.k8s.io/pause:3.10",
    ] {
        assert_eq!(error("well-known", image), None, "{image}");
    }
    for image in [
        "registry.example.org/app",
        "169.254.169.254.nip.io/app",
        "docker.io:5000/library/nginx",
        "docker.io.example.org/a",
        "xgcr.io/a",
        "pkg.dev/a/b",
        "evil.dev/pkg.dev/a",
        "registry:5000/app",
    ] {
        let detail = error("well-known", image).expect(image);
        assert!(detail.contains("docker.io, ghcr.io, quay.io"), "{detail}");
        assert!(detail.ends_with("(foreign_images)"), "whom to ask: {detail}");
    }
    assert_eq!(ExternalImages::well_known(), "well-known".parse().unwrap());
}

#[test]
fn the_operator_names_other_registries_and_paths_in_them() {
    let setting = "docker.io/library, Quay.io/, ghcr.io/friend/app, ghcr.io/team/, *.example.org, \
                   registry.corp:5000, 10.0.0.7:5000/apps, harbor.example.net:443";
    for image in [
        "nginx:1",
        "docker.io/nginx",
        "quay.io/a/b",
        "ghcr.io/friend/app",
        "ghcr.io/friend/app/x",
        "ghcr.io/team/x",
        "registry.example.org/a",
        "a.b.example.org/a",
        "registry.corp:5000/a",
        "10.0.0.7:5000/apps/a",
        "harbor.example.net/a",
    ] {
        assert_eq!(error(setting, image), None, "{image}");
    }
    for image in [
        "library2/x",
        "quay.io.evil.net/a",
        "quay.io:8443/a",
        "ghcr.io/friend/apple",
        "ghcr.io/friend",
        "ghcr.io/team",
        "example.org/a",
        "badexample.org/a",
        "registry.example.org:5000/a",
        "registry.corp/a",
        "10.0.0.7:5000/other",
        "10.0.0.7:5001/apps/a",
    ] {
        let detail = error(setting, image).expect(image);
        assert!(
            detail.contains("one of docker.io/library, quay.io, ghcr.io/friend/app"),
            "{detail}"
        );
    }
    assert_eq!(error("well-known, registry.example.org", "nginx"), None);
    assert_eq!(error("well-known, registry.example.org", "registry.example.org/a"), None);
    assert_eq!(error("none", "nginx").unwrap(), "must be an image that was built here");
}

#[test]
fn a_setting_that_no_image_can_match_is_an_error() {
    for setting in [
        "nginx",
        "https://ghcr.io",
        "ghcr.io/*",
        "*.",
        "*.org",
        "*, ghcr.io",
        "ghcr.io:0",
        "a b.c",
        "known",
    ] {
        assert!(setting.parse::<ExternalImages>().is_err(), "{setting}");
    }
}

/// Hosts that mean something inside a network only: of a cluster, of a cloud, of a company, of a home.
const INSIDE: [&str; 30] = [
    "localhost",
    "localhost:5000",
    "registry:5000",
    "metadata:80",
    "kubernetes:443",
    "kubernetes.default",
    "kubernetes.default:443",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "registry.kube-system",
    "grafana.monitoring",
    "postgres.database",
    "metadata.google.internal",
    "instance-data.ec2.internal",
    "x.intranet",
    "x.corp",
    "x.lan",
    "x.home",
    "x.private",
    "x.localdomain",
    "router.home.arpa",
    "1.0.0.127.in-addr.arpa",
    "x.test",
    "x.invalid",
    "x.example",
    "x.onion",
    "0x7f000001:80",
    "127.1",
    "1.2.3.0x4",
    "registry.example.org.",
];

#[test]
fn even_if_every_public_registry_is_allowed_a_host_inside_is_not() {
    for host in INSIDE {
        for setting in ["*", "well-known", "*.example.org", "none"] {
            assert!(error(setting, &format!("{host}/app")).is_some(), "{setting}: {host}");
        }
    }
    let detail = error("*", "kubernetes.default:443/app").unwrap();
    assert!(detail.contains("public DNS, which 'kubernetes.default' is not"), "{detail}");
    for image in [
        "nginx",
        "registry.example.org/app",
        "registry.example.co.uk:5050/group/app",
        "a.b.c.example.com/app",
        "xn--bcher-kva.example.net/app",
        "registry.xn--p1ai/app",
        "cr.yandex/app/app",
    ] {
        assert_eq!(error("*", image), None, "{image}");
    }
}

/// A number in one of the notations that `inet_aton` reads.
fn number(value: u32, notation: u8) -> String {
    match notation {
        0 => value.to_string(),
        1 => format!("{value:#x}"),
        2 => format!("{value:#X}"),
        3 => format!("0{value:o}"),
        4 => format!("0x{value:08x}"),
        _ => format!("{value:03}"),
    }
}

/// An IPv4 address as one to four numbers, the last of which stands for all bytes that remain.
fn notation(address: Ipv4Addr, parts: usize, notations: [u8; 4]) -> String {
    let bits = u32::from(address);
    let bytes = address.octets();
    let first = bytes.iter().take(parts - 1).map(|byte| u32::from(*byte));
    let rest = (u64::from(bits) & ((1 << (8 * (5 - parts))) - 1)) as u32;
    let numbers = first.chain([rest]).zip(notations);
    numbers.map(|(value, notation)| number(value, notation)).collect::<Vec<_>>().join(".")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn no_notation_of_an_address_is_a_registry(
        bits in any::<u32>(), parts in 1..=4_usize, notations in any::<[u8; 4]>(), port in any::<Option<u16>>(),
        setting in prop_oneof![Just("*"), Just("well-known")],
    ) {
        let host = notation(bits.into(), parts, notations.map(|of| of % 6));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        // Without a dot and a port it would be a path at Docker Hub.
        prop_assume!(host.contains('.') || !port.is_empty());
        prop_assert!(error(setting, &format!("{host}{port}/app")).is_some(), "{host}{port}");
        let v6 = std::net::Ipv4Addr::from(bits).to_ipv6_mapped();
        prop_assert!(error(setting, &format!("[{v6}]{port}/app")).is_some(), "{v6}");
    }

    /// A namespace of the cluster can have any name. Its services are `{service}.{namespace}`, with or without more.
    #[test]
    fn no_name_of_a_service_in_the_cluster_is_a_registry(
        service in "[a-z][a-z0-9-]{0,8}[a-z0-9]", namespace in "[a-z]{1,6}-[a-z0-9]{1,6}|[a-z]{2,9}[0-9]|default|staging|kube-system",
        suffix in prop_oneof![Just(""), Just(".svc"), Just(".svc.cluster.local"), Just(".svc.cluster.example-cluster")],
        port in prop_oneof![Just(""), Just(":80"), Just(":443"), Just(":5000")],
    ) {
        let host = format!("{service}.{namespace}{suffix}{port}");
        prop_assert!(error("*", &format!("{host}/app")).is_some(), "{host}");
        prop_assert!(error("well-known", &format!("{host}/app")).is_some(), "{host}");
    }

    /// Whatever host an allowed image has, it is one of the list, or below a domain of it.
    #[test]
    fn only_hosts_of_the_list_are_allowed(
        text in "(gcr|docker|ghcr|quay)\\.io[.:a-z0-9]{0,5}/[a-z]{1,3}|[a-z0-9.-]{0,6}(gcr\\.io|pkg\\.dev|docker\\.io)[:.0-9]{0,4}/[a-z]{1,3}",
    ) {
        if error("well-known", &text).is_none() {
            let image: ImageRef = text.parse().unwrap();
            let repository = image.repository();
            let host = repository.split('/').next().unwrap();
            let is_below = [".gcr.io", ".pkg.dev"].iter().any(|domain| host.ends_with(domain));
            let is_listed = ["docker.io", "ghcr.io", "quay.io", "gcr.io"].contains(&host);
            prop_assert!(is_below || is_listed, "{}", host);
        }
    }
}
