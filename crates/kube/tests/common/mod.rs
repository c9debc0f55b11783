//! A project, a platform and deployments for tests.

// Each test file uses only some helpers. They may panic, which fails the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use nokube_domain::{
    BuildId, DeploymentId, Person, ProjectId, Timestamp, UnknownFields,
    access::Caller,
    deployments::{
        DeployedState, DeploymentRequest, ImageSource, NewDeployment, PlatformLimits, Release,
        ResolvedImage, SecretInput, SecretValue, Spec,
    },
    fields::Fields,
    image::Digest,
    previews::{PreviewOf, preview_spec},
    projects::Project,
};
use nokube_kube::{
    Kind, Manifest, ManifestInput, Manifests, Platform, Tenant,
    names::{SecretNameKey, variables_object},
    platform::{Apps, Certificates, HostLayout, PodSecurity, Quota, RegistryCredentials, Routing},
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
        unknown_fields: UnknownFields::default(),
    }
}

pub fn owner() -> Person {
    Person { issuer: "https://github.com".into(), subject: "1".into() }
}

/// A platform with Ingress, shared certificates, and credentials for private images.
pub fn platform() -> Platform {
    let bytes = |text: &str| text.parse().unwrap();
    Platform {
        apps: Some(Apps {
            domain: "apps.example.com".parse().unwrap(),
            host_layout: HostLayout::Flat,
            routing: Routing::Ingress { class: Some("traefik".into()) },
            certificates: Certificates::Shared,
            ingress_namespace: "ingress".into(),
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
            services: 30,
            previews: 40,
            retained_releases: 10,
            ephemeral_storage: bytes("2Gi"),
        },
        storage_class: None,
        registry_host: "ghcr.io".into(),
        pull_credentials: Some(RegistryCredentials {
            username: "bot".into(),
            token: "T0KEN".into(),
        }),
        allowed_egress: Vec::new(),
        denied_egress: Vec::new(),
        deployer_role: None,
        preview_ingress_annotations: BTreeMap::new(),
        spread_over_zones: false,
    }
}

/// The same platform with the Gateway API.
pub fn gateway() -> Platform {
    let mut platform = platform();
    platform.apps.as_mut().unwrap().routing = Routing::Gateway {
        name: "edge".into(),
        namespace: "gateways".into(),
        http_listener: "web".into(),
        https_listener: "websecure".into(),
        redirect_http: true,
    };
    platform
}

/// A deployment, with the values of its secrets.
#[derive(Clone)]
pub struct Fixture {
    pub project: Project,
    pub is_preview: bool,
    pub owner: Person,
    pub revision: u32,
    pub state: DeployedState,
    pub secrets: BTreeMap<String, SecretValue>,
}

/// The first release of a minimal request that also has the fields `more`.
pub fn fixture(more: Value) -> Fixture {
    fixture_of_release(more, 1)
}

pub fn fixture_of_release(more: Value, number: u32) -> Fixture {
    let mut body = json!({
        "project_id": 7, "project_name": "myapp", "username": "testuser",
        "service_name": "frontend", "image_name": "nginx:1.29",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let limits = PlatformLimits {
        max_replicas: 20,
        apps_domain: Some("apps.example.com".parse().unwrap()),
        has_path_routing: true,
        has_https: true,
        custom_domains: vec!["*.example.org".parse().unwrap()],
        ..PlatformLimits::default()
    };
    let project = project();
    let mut fields = Fields::from_json(body.to_string().as_bytes()).unwrap();
    let request = NewDeployment::read(&mut fields);
    let caller = Caller { person: owner(), login: "testuser".parse().unwrap() };
    let new = DeploymentRequest::new(request, fields, &caller, Some(&project), &limits, None);
    let new = new.unwrap_or_else(|problem| panic!("{body}: {problem:?}"));
    let image = match new.image {
        ImageSource::Named(name) => ResolvedImage::external(name),
        ImageSource::ReleaseOf(_) => panic!("a first release is not promoted"),
        ImageSource::Build { build, name } => {
            ResolvedImage { name: name.unwrap(), digest: Some(digest('b')), build: Some(build) }
        }
    };
    let secrets: BTreeMap<_, _> = new
        .secrets
        .into_iter()
        .map(|(name, input)| match input {
            SecretInput::Set(text) => (name, text),
            SecretInput::Keep => panic!("a first release has no secrets to keep"),
        })
        .collect();
    let service = &new.spec.service;
    let release = Release {
        number,
        previous: None,
        by: "testuser".parse().unwrap(),
        at: at(number.into()),
        image,
        variables_object: variables_object(id(), service, &new.spec.variables),
        secrets_object: SecretNameKey::new("key").secrets_object(id(), service, &secrets),
        secrets: secrets.keys().cloned().collect(),
        promoted_from: None,
        automatic: false,
        spec: new.spec,
        unknown_fields: UnknownFields::default(),
    };
    let state = DeployedState::with_release(None, release, 5);
    Fixture { project, is_preview: false, owner: owner(), revision: number, state, secrets }
}

/// The preview of pull request 7 of a service, whose previews have a variable `MODE`.
pub fn preview_of(service: &Fixture, platform: &Platform) -> Fixture {
    let settings = json!({ "mode": "deploy", "variables": { "MODE": "preview" } });
    let settings = serde_json::from_value(settings).unwrap();
    let release = &service.state.release;
    let of = PreviewOf { service: release.spec.service.clone(), pull_request: 7 };
    let url = |spec: &Spec| platform.access_url(&service.project, spec);
    let spec = preview_spec(&release.spec, of, &settings, url);
    let mut preview = Fixture { is_preview: true, secrets: [].into(), ..service.clone() };
    let release = &mut preview.state.release;
    (release.secrets_object, release.secrets) = (None, Vec::new());
    release.variables_object = variables_object(id(), &spec.service, &spec.variables);
    release.spec = spec;
    preview
}

/// The fields of a request for an image that was built here.
pub fn own_build() -> Value {
    let build = BuildId::new(ProjectId(7), 2, 9);
    json!({ "build_id": build, "image_name": "ghcr.io/amzhm/testuser-myapp-frontend:v1" })
}

impl Fixture {
    pub fn input(&self) -> ManifestInput<'_> {
        let Self { project, owner, is_preview, .. } = self;
        let tenant = Tenant { project, owner, is_preview: *is_preview };
        ManifestInput { tenant, id: id(), revision: self.revision, state: &self.state }
    }

    pub fn manifests(&self, platform: &Platform) -> Manifests {
        Manifests::new(platform, &self.input(), Some(&self.secrets))
    }

    /// The object of this kind; of several the deployment's own.
    pub fn object(&self, platform: &Platform, kind: Kind) -> Option<Value> {
        let manifests = self.manifests(platform);
        // The objects of the project come first.
        let found: Option<&Manifest> = manifests.all().filter(|m| m.kind == kind).last();
        found.map(|manifest| manifest.body.clone())
    }

    /// The Deployment on the default platform.
    pub fn workload(&self) -> Value {
        self.manifests(&platform()).workload.body
    }
}

/// The part of a value at a JSON pointer.
#[track_caller]
pub fn part<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {value:#}"))
}
