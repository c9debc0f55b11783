//! Reads the kubeconfig of an existing cluster.

use anyhow::{Context, Result, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use std::{fs, path::Path};

/// The cluster and the credentials of a kubeconfig's current context.
pub struct Access {
    pub url: String,
    pub ca_pem: String,
    pub token: Option<String>,
    /// A client certificate and its key (PEM), instead of a token.
    pub identity: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Config {
    current_context: String,
    contexts: Vec<ContextEntry>,
    clusters: Vec<ClusterEntry>,
    users: Vec<UserEntry>,
}

#[derive(Deserialize)]
struct ContextEntry {
    name: String,
    context: ContextBody,
}

#[derive(Deserialize)]
struct ContextBody {
    cluster: String,
    user: String,
}

#[derive(Deserialize)]
struct ClusterEntry {
    name: String,
    cluster: ClusterBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterBody {
    server: String,
    certificate_authority: Option<String>,
    certificate_authority_data: Option<String>,
}

#[derive(Deserialize)]
struct UserEntry {
    name: String,
    user: UserBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UserBody {
    #[serde(rename = "token")]
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<String>,
    client_certificate: Option<String>,
    client_certificate_data: Option<String>,
    client_key: Option<String>,
    client_key_data: Option<String>,
}

pub fn read(path: &Path) -> Result<Access> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let config: Config =
        serde_yaml_ng::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));

    let current = &config.current_context;
    let context = config.contexts.into_iter().find(|context| context.name == *current);
    let context = context.with_context(|| format!("no context '{current}'"))?.context;
    let cluster = config.clusters.into_iter().find(|cluster| cluster.name == context.cluster);
    let cluster = cluster.with_context(|| format!("no cluster '{}'", context.cluster))?.cluster;
    let user = config.users.into_iter().find(|user| user.name == context.user);
    let user = user.with_context(|| format!("no user '{}'", context.user))?.user;

    let ca = pem(folder, cluster.certificate_authority_data, cluster.certificate_authority)?;
    let certificate = pem(folder, user.client_certificate_data, user.client_certificate)?;
    let key = pem(folder, user.client_key_data, user.client_key)?;
    let token = match (user.token, user.token_file) {
        (Some(token), _) => Some(token),
        (None, Some(file)) => Some(fs::read_to_string(folder.join(file))?.trim().to_owned()),
        (None, None) => None,
    };
    let identity = certificate.zip(key).map(|(certificate, key)| format!("{certificate}\n{key}"));
    if token.is_none() && identity.is_none() {
        bail!("the user '{}' has neither a token nor a client certificate", context.user);
    }
    Ok(Access {
        url: cluster.server.trim_end_matches('/').to_owned(),
        ca_pem: ca.context("the cluster's certificate-authority is missing")?,
        token,
        identity,
    })
}

/// The PEM text from the document itself or from the file that it refers to.
fn pem(folder: &Path, data: Option<String>, file: Option<String>) -> Result<Option<String>> {
    Ok(match (data, file) {
        (Some(data), _) => Some(String::from_utf8(BASE64_STANDARD.decode(data.trim())?)?),
        (None, Some(file)) => Some(fs::read_to_string(folder.join(file))?),
        (None, None) => None,
    })
}
