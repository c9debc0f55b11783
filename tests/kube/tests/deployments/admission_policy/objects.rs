//! The objects that the platform makes, with all features, in the order in which the tests create them.

#[path = "../../../../../crates/kube/tests/common/mod.rs"]
mod fixtures;

use crate::platform::unique_login;
use fixtures::{fixture, gateway, own_build, platform, preview_of, project_of};
use nokube_domain::deployments::SecretValue;
use nokube_kube::{
    Kind, Manifest, Platform, manifest,
    platform::{Certificates, PodSecurity},
};
use serde_json::{Value, json};

pub const DEPLOYER: &str = "system:serviceaccount:nokube:nokube-deployer";

/// What the platform makes of two services, `web` and `scaled`, in a new namespace. A service has either an Ingress or
/// an HTTPRoute; here it has both.
pub fn made_objects() -> Vec<Value> {
    let owner = unique_login("policy");
    let build = own_build();
    let web = json!({
        "service_name": "web", "storage_size": "1Gi", "storage_path": "/data", "enable_https": true,
        "env_vars": { "A": "1" }, "secrets": { "B": "2" }, "command": ["sh"], "args": ["-c", "x"],
        "liveness_check_path": "/health", "readiness_check_path": "/ready", "description": "x",
    });
    let scaled = json!({
        "service_name": "scaled", "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 4,
    });
    let mut by_path = web.clone();
    by_path["custom_path"] = json!("/shop/a");
    by_path["build_id"] = build["build_id"].clone();
    by_path["image_name"] = build["image_name"].clone();

    let mut made = Vec::new();
    for (platform, fields) in
        [(with_ingress(), &web), (with_ingress(), &scaled), (with_gateway(), &by_path)]
    {
        let mut fixture = fixture(fields.clone());
        fixture.project = project_of(&owner, "shop");
        let input = fixture.input();
        made.push(manifest::namespace(&platform, &input.tenant));
        made.push(manifest::role_binding(&input.tenant, "nokube-deployer", DEPLOYER));
        made.extend(fixture.manifests(&platform).all().cloned());
        let saved = [("C".to_owned(), SecretValue::new("3".into()))].into();
        let service = "web".parse().unwrap();
        made.push(manifest::saved_secrets(&input.tenant, &service, Some(&saved)));
    }
    // Of objects that were made twice, the last one. A quota is enforced only once its controller has seen it.
    let mut objects: Vec<Manifest> = Vec::new();
    for manifest in made {
        match objects.iter_mut().find(|known| known.kind_and_name() == manifest.kind_and_name()) {
            Some(known) => *known = manifest,
            None => objects.push(manifest),
        }
    }
    objects.sort_by_key(|object| object.kind == Kind::ResourceQuota);
    objects.into_iter().map(|object| object.body).collect()
}

/// What the platform makes of a preview of the service `web`, with an Ingress and with an HTTPRoute.
pub fn made_of_a_preview() -> Vec<Value> {
    let owner = unique_login("preview");
    let mut service = fixture(json!({ "service_name": "web", "enable_https": true }));
    service.project = project_of(&owner, "shop");
    let mut made: Vec<Manifest> = Vec::new();
    for platform in [with_ingress(), with_gateway()] {
        let preview = preview_of(&service, &platform);
        let tenant = preview.input().tenant;
        let mut objects = vec![
            manifest::namespace(&platform, &tenant),
            manifest::role_binding(&tenant, "nokube-deployer", DEPLOYER),
        ];
        objects.extend(preview.manifests(&platform).all().cloned());
        made.retain(|known| objects.iter().all(|new| new.kind_and_name() != known.kind_and_name()));
        // The namespace comes first.
        objects.append(&mut made);
        made = objects;
    }
    made.sort_by_key(|object| object.kind == Kind::ResourceQuota);
    made.into_iter().map(|object| object.body).collect()
}

fn with_ingress() -> Platform {
    let mut platform = in_the_tests_domain(platform());
    platform.apps.as_mut().unwrap().certificates = Certificates::Issuer("acme".into());
    platform.preview_ingress_annotations =
        [("example.org/headers".into(), "noindex".into())].into();
    platform.allowed_egress = vec!["10.1.0.0/16".into(), "fd00:1::/64".into()];
    platform
}

/// The Gateway of the tests is in the namespace `gateway`.
fn with_gateway() -> Platform {
    let mut platform = in_the_tests_domain(gateway());
    if let Some(nokube_kube::platform::Routing::Gateway { namespace, .. }) =
        platform.apps.as_mut().map(|apps| &mut apps.routing)
    {
        *namespace = "gateway".into();
    }
    platform.pod_security = PodSecurity::Restricted;
    platform.spread_over_zones = true;
    platform.denied_egress = vec!["203.0.113.0/24".into(), "2001:db8::/32".into()];
    platform
}

fn in_the_tests_domain(mut platform: Platform) -> Platform {
    platform.apps.as_mut().unwrap().domain = "apps.example.org".parse().unwrap();
    platform
}
