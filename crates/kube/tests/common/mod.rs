//! A project on a platform, and deployments of it, in few words.

// Each test takes what it needs; a helper that is wrong must stop the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId, Timestamp,
    access::Caller,
    deploy::{ImageAsked, ImageUsed, NewDeployment, Offer, Release, Run, SecretText, SecretWanted},
    fields::Fields,
    image::Digest,
    project::Project,
};
use nokube_kube::{
    Deployed, Kind, Manifest, Manifests, Platform, Tenant,
    names::{NameKey, variables_object},
    platform::{Apps, Certificates, PodSecurity, PullLogin, Quota, Routing},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub fn id() -> DeploymentId {
    DeploymentId::new(ProjectId(7), 3, 0x0123_4567_89ab_cdef)
}

pub fn digest(digit: char) -> Digest {
    format!("sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
}

pub fn project() -> Project {
    project_of("testuser", "myapp")
}

pub fn project_of(owner: &str, name: &str) -> Project {
    Project {
        id: ProjectId(7),
        name: name.parse().unwrap(),
        owner: owner.parse().unwrap(),
        description: None,
        repository_url: None,
        framework: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub fn owner() -> Person {
    Person { issuer: "https://github.com".into(), subject: "1".into() }
}

/// With Ingress, certificates of all kinds, and a login for private images.
pub fn platform() -> Platform {
    let bytes = |text: &str| text.parse().unwrap();
    Platform {
        apps: Some(Apps {
            domain: "apps.example.com".parse().unwrap(),
            routing: Routing::Ingress { class: Some("traefik".into()) },
            certificates: Certificates::Shared,
            entrance: "ingress".into(),
        }),
        pod_security: PodSecurity::Baseline,
        quota: Quota {
            cpu_requests: "4".parse().unwrap(),
            cpu_limits: "8".parse().unwrap(),
            memory_requests: bytes("8Gi"),
            memory_limits: bytes("16Gi"),
            pods: 40,
            volumes: 5,
            storage: bytes("10Gi"),
        },
        storage_class: None,
        registry_host: "ghcr.io".into(),
        pull: Some(PullLogin { user: "bot".into(), token: "T0KEN".into() }),
        egress: Vec::new(),
        role: None,
    }
}

pub fn gateway() -> Platform {
    let mut platform = platform();
    platform.apps.as_mut().unwrap().routing = Routing::Gateway {
        name: "edge".into(),
        namespace: "gateways".into(),
        http: "web".into(),
        https: "websecure".into(),
    };
    platform
}

/// A deployment that was asked for, with the values of its secrets.
#[derive(Clone)]
pub struct Story {
    pub project: Project,
    pub owner: Person,
    pub revision: u32,
    pub run: Run,
    pub secrets: BTreeMap<String, SecretText>,
}

/// The first release of the least request with `more` in it; `build` makes it one of our own images.
pub fn story(more: Value) -> Story {
    story_of(more, 1)
}

pub fn story_of(more: Value, number: u32) -> Story {
    let mut body = json!({
        "project_id": 7, "project_name": "myapp", "username": "testuser",
        "service_name": "frontend", "image_name": "nginx:1.29",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let offer = Offer {
        most_replicas: 20,
        apps_domain: Some("apps.example.com".parse().unwrap()),
        paths: true,
        https: true,
        custom_domains: vec!["*.example.org".parse().unwrap()],
        ..Offer::default()
    };
    let project = project();
    let mut fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
    NewDeployment::project_id(&mut fields);
    let caller = Caller { person: owner(), login: project.owner.clone() };
    let new = NewDeployment::parse(fields, &caller, Some(&project), &offer);
    let new = new.unwrap_or_else(|problem| panic!("{body}: {problem:?}"));
    let image = match new.image {
        ImageAsked::Named(name) => ImageUsed::foreign(name),
        ImageAsked::Build { build, name } => {
            ImageUsed { name: name.unwrap(), digest: Some(digest('b')), build: Some(build) }
        }
    };
    let secrets: BTreeMap<_, _> = new
        .secrets
        .into_iter()
        .map(|(name, wanted)| match wanted {
            SecretWanted::Set(text) => (name, text),
            SecretWanted::Keep => panic!("there is nothing to keep"),
        })
        .collect();
    let service = &new.spec.service;
    let release = Release {
        number,
        by: "testuser".parse().unwrap(),
        at: at(number.into()),
        image,
        variables_object: variables_object(id(), service, &new.spec.variables),
        secrets_object: NameKey::new("key").secrets_object(id(), service, &secrets),
        secrets: secrets.keys().cloned().collect(),
        spec: new.spec,
    };
    let run = Run::next(None, release, 5);
    Story { project, owner: owner(), revision: number, run, secrets }
}

/// What a request says of one of our own images.
pub fn own_build() -> Value {
    let build = BuildId::new(ProjectId(7), 2, 9);
    json!({ "build_id": build, "image_name": "ghcr.io/amzhm/testuser-myapp-frontend:v1" })
}

impl Story {
    pub fn deployed(&self) -> Deployed<'_> {
        let tenant = Tenant { project: &self.project, owner: &self.owner };
        Deployed { tenant, id: id(), revision: self.revision, run: &self.run }
    }

    pub fn manifests(&self, platform: &Platform) -> Manifests {
        Manifests::new(platform, &self.deployed(), Some(&self.secrets))
    }

    /// The object of this kind; `None` when there is none.
    pub fn object(&self, platform: &Platform, kind: Kind) -> Option<Value> {
        let manifests = self.manifests(platform);
        // Those of the project come first.
        let found: Option<&Manifest> = manifests.all().filter(|m| m.kind == kind).last();
        found.map(|manifest| manifest.body.clone())
    }

    /// The Deployment on a plain platform.
    pub fn workload(&self) -> Value {
        self.manifests(&platform()).workload.body
    }
}

/// A part of a value.
#[track_caller]
pub fn part<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {value:#}"))
}
