//! Names in the cluster. Two different owners, projects or services never share one.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use nokube_domain::{
    DeploymentId,
    deploy::SecretText,
    name::{ProjectName, ServiceName, Username, double_hyphens, encode_pair},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt};

/// The longest that a DNS label may be (RFC 1035).
const LABEL: usize = 63;
/// Hexadecimal digits of a hash in a name: 80 bits.
const HASH: usize = 20;

/// What every namespace of the platform begins with; its rights end there.
pub const NAMESPACE_PREFIX: &str = "nk-";

/// A project's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Namespace(String);

impl Namespace {
    /// `nk-{owner}-{project}` with every hyphen inside the two doubled, so that no two pairs meet.
    pub fn of(owner: &Username, project: &ProjectName) -> Self {
        Self(fit(format!("{NAMESPACE_PREFIX}{}", encode_pair(owner, project))))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The host of a service, below the apps domain: `{service}-{project}-{owner}`, hyphens of the last
/// two doubled. Read from the right, the first hyphen that stands alone ends the owner.
pub fn service_host(owner: &Username, project: &ProjectName, service: &ServiceName) -> String {
    fit(format!("{service}-{}", project_label(owner, project)))
}

/// The host that the services of a project share when they are told apart by path.
pub fn project_host(owner: &Username, project: &ProjectName) -> String {
    fit(project_label(owner, project))
}

fn project_label(owner: &Username, project: &ProjectName) -> String {
    format!("{}-{}", double_hyphens(project.as_str()), double_hyphens(owner.as_str()))
}

/// A label that is too long is cut and told apart by a hash of the whole. Three hyphens come before
/// the hash: in a name that fits, two single hyphens follow wherever three stand together (only a
/// service may have them, and it comes first), so the two kinds never meet.
fn fit(name: String) -> String {
    if name.len() <= LABEL {
        return name;
    }
    let hash = short(&Sha256::digest(&name));
    let head: String = name.chars().take(LABEL - HASH - 3).collect();
    format!("{}---{hash}", head.trim_end_matches('-'))
}

fn short(hash: &[u8]) -> String {
    HEXLOWER.encode(hash.get(..HASH / 2).unwrap_or_default())
}

/// The name of a service's Service; `http://{name}:{port}` inside the project's namespace.
pub fn service_object(service: &ServiceName) -> String {
    format!("{service}-service")
}

/// The name of a service's volume.
pub fn volume(service: &ServiceName) -> String {
    format!("{service}-data")
}

/// The name of the object that holds these variables: another content, another name.
pub fn variables_object(
    of: DeploymentId,
    service: &ServiceName,
    variables: &BTreeMap<String, String>,
) -> Option<String> {
    let mut hash = Sha256::new();
    hash.update(content(of, variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
    (!variables.is_empty()).then(|| format!("{service}-env-{}", short(&hash.finalize())))
}

/// The key that names of secrets are made with.
#[derive(Clone)]
pub struct NameKey(Vec<u8>);

impl NameKey {
    pub fn new(key: &str) -> Self {
        Self(key.as_bytes().to_vec())
    }

    /// The name of the object that holds these secrets: another content, another name. Keyed,
    /// because a plain hash would let anybody who sees the name try values out.
    pub fn secrets_object(
        &self,
        of: DeploymentId,
        service: &ServiceName,
        secrets: &BTreeMap<String, SecretText>,
    ) -> Option<String> {
        if secrets.is_empty() {
            return None;
        }
        // A key of any length will do for HMAC.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        let entries = secrets.iter().map(|(name, value)| (name.as_str(), value.reveal()));
        mac.update(&content(of, entries));
        Some(format!("{service}-secret-{}", short(&mac.finalize().into_bytes())))
    }
}

/// Lengths keep ("a", "bc") and ("ab", "c") apart.
fn content<'a>(of: DeploymentId, entries: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut bytes = of.to_string().into_bytes();
    for (name, value) in entries {
        for text in [name, value] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
    }
    bytes
}
