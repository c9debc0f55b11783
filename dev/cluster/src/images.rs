//! Images of containers, without a builder: files, and what to run.
//!
//! <https://github.com/opencontainers/image-spec>

use crate::programs::Programs;
use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use reqwest::{Body, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
};
use tar::{Builder, EntryType, Header};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Some bytes and their digest.
#[derive(Clone)]
struct Blob {
    bytes: Arc<Vec<u8>>,
    digest: String,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Self {
        let digest = format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(&bytes)));
        Self { bytes: Arc::new(bytes), digest }
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

/// The files of an image. Images can share them.
#[derive(Clone)]
pub struct Layer(Blob);

impl Layer {
    /// Programs at absolute paths. There is a `/tmp` as well.
    pub fn of_programs(programs: &[(&str, Vec<u8>)]) -> Result<Self> {
        let mut archive = Builder::new(Vec::new());
        append(&mut archive, "tmp/", EntryType::Directory, 0o1777, &[])?;
        for (path, content) in programs {
            append(&mut archive, path.trim_start_matches('/'), EntryType::Regular, 0o755, content)?;
        }
        Ok(Self(Blob::new(archive.into_inner()?)))
    }

    /// The test app as `/app` (`tests/cluster/programs/app`).
    pub fn of_app(programs: &Programs) -> Result<Self> {
        Self::of_programs(&[("/app", fs::read(programs.path("app"))?)])
    }
}

fn append<W: std::io::Write>(
    archive: &mut Builder<W>,
    path: &str,
    kind: EntryType,
    mode: u32,
    content: &[u8],
) -> Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(content.len() as u64);
    archive.append_data(&mut header, path, content)?;
    Ok(())
}

#[derive(Clone)]
pub struct Image {
    layer: Layer,
    config: Blob,
    manifest: Blob,
}

impl Image {
    /// `config` is that of the image specification: `Entrypoint`, `Cmd`, `Env`, `User`, `WorkingDir`.
    pub fn new(layer: &Layer, config: &Value) -> Result<Self> {
        Self::for_architecture("amd64", layer, config)
    }

    pub fn for_architecture(architecture: &str, layer: &Layer, config: &Value) -> Result<Self> {
        let config = Blob::new(serde_json::to_vec(&json!({
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": { "type": "layers", "diff_ids": [layer.0.digest] },
        }))?);
        let manifest = Blob::new(serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(CONFIG),
            "layers": [layer.0.descriptor(LAYER)],
        }))?);
        Ok(Self { layer: layer.clone(), config, manifest })
    }

    /// `sha256:…` of the manifest.
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Writes an archive that `ctr images import` reads.
    pub fn write_archive(&self, file: &Path, name: &str) -> Result<()> {
        let mut descriptor = self.manifest.descriptor(MANIFEST);
        if let Some(fields) = descriptor.as_object_mut() {
            fields.insert("annotations".into(), json!({ "io.containerd.image.name": name }));
        }
        let index = json!({ "schemaVersion": 2, "manifests": [descriptor] }).to_string();
        let mut archive = Builder::new(File::create(file)?);
        let layout = br#"{"imageLayoutVersion":"1.0.0"}"#;
        append(&mut archive, "oci-layout", EntryType::Regular, 0o644, layout)?;
        append(&mut archive, "index.json", EntryType::Regular, 0o644, index.as_bytes())?;
        for blob in [&self.layer.0, &self.config, &self.manifest] {
            let path = format!("blobs/{}", blob.digest.replace(':', "/"));
            append(&mut archive, &path, EntryType::Regular, 0o644, &blob.bytes)?;
        }
        archive.finish()?;
        Ok(())
    }
}

/// A registry to push to.
#[derive(Clone)]
pub struct Registry {
    /// `http://HOST:PORT`
    pub url: String,
    /// User and password.
    pub login: Option<(String, String)>,
}

impl Registry {
    pub async fn push(&self, image: &Image, repository: &str, tag: &str) -> Result<()> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        for blob in [&image.layer.0, &image.config] {
            self.push_blob(&http, blob, repository).await?;
        }
        let url = format!("{}/v2/{repository}/manifests/{tag}", self.url);
        let request = http.put(url).header(header::CONTENT_TYPE, MANIFEST);
        self.send(request.body(Body::from(image.manifest.bytes.to_vec()))).await?;
        Ok(())
    }

    /// Pushes an image as the only one of an index, which names its processor architecture.
    pub async fn push_index(
        &self,
        image: &Image,
        architecture: &str,
        repository: &str,
        tag: &str,
    ) -> Result<()> {
        self.push(image, repository, tag).await?;
        let mut descriptor = image.manifest.descriptor(MANIFEST);
        if let Some(fields) = descriptor.as_object_mut() {
            let platform = json!({ "architecture": architecture, "os": "linux" });
            fields.insert("platform".into(), platform);
        }
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor] });
        let url = format!("{}/v2/{repository}/manifests/{tag}", self.url);
        let http = reqwest::Client::builder().no_proxy().build()?;
        let request = http.put(url).header(header::CONTENT_TYPE, INDEX);
        self.send(request.body(index.to_string())).await?;
        Ok(())
    }

    async fn push_blob(&self, http: &reqwest::Client, blob: &Blob, repository: &str) -> Result<()> {
        let url = format!("{}/v2/{repository}/blobs/{}", self.url, blob.digest);
        if self.authorised(http.head(url)).send().await?.status() == StatusCode::OK {
            return Ok(());
        }
        let url = format!("{}/v2/{repository}/blobs/uploads/", self.url);
        let started = self.send(http.post(url)).await?;
        let location = started.headers().get(header::LOCATION).context("no Location")?.to_str()?;
        let request = http.put(location).query(&[("digest", &blob.digest)]);
        let request = request.header(header::CONTENT_TYPE, "application/octet-stream");
        self.send(request.body(Body::from(blob.bytes.to_vec()))).await?;
        Ok(())
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response> {
        let response = self.authorised(request).send().await?;
        if !response.status().is_success() {
            bail!("{} {}: {}", response.url().clone(), response.status(), response.text().await?);
        }
        Ok(response)
    }
}
