//! Names in the cluster. Different owners, projects and services have different names.

use crate::platform::HostLayout;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use nokube_domain::{
    DeploymentId,
    deployments::SecretValue,
    name::{ProjectName, ServiceName, Username, double_hyphens, qualified_project_name},
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// RFC 1035
const MAX_LABEL_LENGTH: usize = 63;
/// The length of a hash in a name, in hexadecimal digits: 80 bits.
const HASH_DIGITS: usize = 20;

const SAVED_SECRETS_SUFFIX: &str = ".secrets";

/// Prefix of all namespaces of projects. The platform has no permissions in other namespaces.
pub const NAMESPACE_PREFIX: &str = "nk-";

/// A project's namespace: `nk-{owner}-{project}`. Hyphens of the two are doubled, so that each pair has its own
/// namespace.
pub fn namespace(owner: &Username, project: &ProjectName) -> String {
    fit_dns_label(format!("{NAMESPACE_PREFIX}{}", qualified_project_name(owner, project)))
}

/// The namespace of a project's previews: `nk-{owner}-{project}-previews`. The second single hyphen tells it from the
/// namespace of every project.
pub fn previews_namespace(owner: &Username, project: &ProjectName) -> String {
    let name = qualified_project_name(owner, project);
    fit_dns_label(format!("{NAMESPACE_PREFIX}{name}-previews"))
}

/// The host of a service under the apps domain, with the hyphens of project and owner doubled:
/// `{service}-{project}-{owner}`, or `{service}-{project}.{owner}`. A label is unambiguous from the right: the first
/// single hyphen is a separator.
pub fn service_host(
    layout: HostLayout,
    owner: &Username,
    project: &ProjectName,
    service: &ServiceName,
) -> String {
    let name = format!("{service}-{}", double_hyphens(project.as_str()));
    host(layout, &name, owner)
}

/// The host of the preview of a pull request: `{service}-{project}---pr{N}-{owner}`, or
/// `{service}-{project}---pr{N}.{owner}`. Read from the right, three hyphens come before `pr{N}`, where the host of a
/// service has a single one and that of a project none; and no hash begins with `pr`.
pub fn preview_host(
    layout: HostLayout,
    owner: &Username,
    project: &ProjectName,
    service: &ServiceName,
    pull_request: u32,
) -> String {
    let project = double_hyphens(project.as_str());
    host(layout, &format!("{service}-{project}---pr{pull_request}"), owner)
}

/// The host that a project's services share if each has a path.
pub fn project_host(layout: HostLayout, owner: &Username, project: &ProjectName) -> String {
    host(layout, &double_hyphens(project.as_str()), owner)
}

fn host(layout: HostLayout, name: &str, owner: &Username) -> String {
    match layout {
        HostLayout::Flat => fit_dns_label(format!("{name}-{}", double_hyphens(owner.as_str()))),
        HostLayout::ByOwner => format!("{}.{}", fit_dns_label(name.to_owned()), owner_label(owner)),
    }
}

/// The label of an owner. It differs from every label of the flat layout, which has single hyphens, so no host of one
/// layout is below a host of the other, not even after a change of the layout.
///
/// Certificate authorities take no label with hyphens as its third and fourth character, except for Punycode
/// (RFC 5891, 4.2.3.1). Such a label gets a hash too, after the username with its hyphens in a row as one.
fn owner_label(owner: &Username) -> String {
    let label = double_hyphens(owner.as_str());
    if label.get(2..4) != Some("--") {
        return fit_dns_label(label);
    }
    let parts: Vec<_> = label.split('-').filter(|part| !part.is_empty()).collect();
    with_hash(&parts.join("-"), &label)
}

/// Cuts a label that is too long, and appends a hash of the whole after three hyphens.
///
/// No label that fits equals one that was cut. In owner and project each run of hyphens has an even length, so
/// only a service may contain exactly three in a row, and the service comes first. So in a label that fits, a single
/// hyphen follows the three, or the number of a pull request (`pr7`); a hash has neither.
fn fit_dns_label(name: String) -> String {
    if name.len() <= MAX_LABEL_LENGTH {
        return name;
    }
    with_hash(&name, &name)
}

/// The beginning of `readable`, three hyphens, and a hash of `name`.
fn with_hash(readable: &str, name: &str) -> String {
    let hash = hash_digits(&Sha256::digest(name));
    let head: String = readable.chars().take(MAX_LABEL_LENGTH - HASH_DIGITS - 3).collect();
    format!("{}---{hash}", head.trim_end_matches('-'))
}

fn hash_digits(hash: &[u8]) -> String {
    HEXLOWER.encode(hash.get(..HASH_DIGITS / 2).unwrap_or_default())
}

/// The name of a service's Service: `http://{name}:{port}` reaches it from the project's namespace.
pub fn service_object(service: &ServiceName) -> String {
    format!("{service}-service")
}

/// The name of the Certificate that cert-manager makes for a service, and of its Secret.
pub fn certificate_secret(service: &ServiceName) -> String {
    format!("{service}-tls")
}

/// The name of the HTTPRoute that redirects from HTTP to HTTPS. No service name contains a dot, so none equals this.
pub fn redirect_route(service: &ServiceName) -> String {
    format!("{service}.http")
}

/// The name of a service's PersistentVolumeClaim.
pub fn volume_claim(service: &ServiceName) -> String {
    format!("{service}-data")
}

/// The name of the Secret with the saved secrets of a service, from which deployments copy. No service name contains a
/// dot, so it is none of a deployment's objects.
pub fn saved_secrets(service: &ServiceName) -> String {
    format!("{service}{SAVED_SECRETS_SUFFIX}")
}

/// Whether a Secret of this name has the saved secrets of some service.
pub fn is_saved_secrets(secret: &str) -> bool {
    secret.ends_with(SAVED_SECRETS_SUFFIX)
}

/// The name of the ConfigMap with these variables. It depends on the content.
pub fn variables_object(
    id: DeploymentId,
    service: &ServiceName,
    variables: &BTreeMap<String, String>,
) -> Option<String> {
    let entries = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let hash = Sha256::digest(encode_entries(id, entries));
    (!variables.is_empty()).then(|| format!("{service}-env-{}", hash_digits(&hash)))
}

/// The key of the hashes in the names of Secrets.
#[derive(Clone)]
pub struct SecretNameKey(Vec<u8>);

impl SecretNameKey {
    pub fn new(key: &str) -> Self {
        Self(key.as_bytes().to_vec())
    }

    /// The name of the Secret with these values. It depends on the content. The hash has a key, because
    /// anybody who sees a name with a plain hash could guess values and compare.
    pub fn secrets_object(
        &self,
        id: DeploymentId,
        service: &ServiceName,
        secrets: &BTreeMap<String, SecretValue>,
    ) -> Option<String> {
        if secrets.is_empty() {
            return None;
        }
        // HMAC takes keys of any length, so this does not fail.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        let entries = secrets.iter().map(|(name, value)| (name.as_str(), value.reveal()));
        mac.update(&encode_entries(id, entries));
        Some(format!("{service}-secret-{}", hash_digits(&mac.finalize().into_bytes())))
    }
}

/// Each text has its length as a prefix, so that ("a", "bc") differs from ("ab", "c").
fn encode_entries<'a>(
    id: DeploymentId,
    entries: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<u8> {
    let mut bytes = id.to_string().into_bytes();
    for (name, value) in entries {
        for text in [name, value] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
    }
    bytes
}
