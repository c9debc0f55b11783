//! The container registry: packages with their manifests and tags.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::hash;

pub const INDEX_MEDIA_TYPE: &str = "application/vnd.oci.image.index.v1+json";
pub const MANIFEST_MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    pub media_type: &'static str,
    pub body: String,
}

#[derive(Debug, Default)]
pub struct Registry {
    /// Whether packages without a setting of their own are private.
    pub private_by_default: bool,
    /// By `namespace/name`.
    packages: BTreeMap<String, Package>,
}

#[derive(Debug, Default)]
struct Package {
    private: Option<bool>,
    /// By digest.
    manifests: BTreeMap<String, Manifest>,
    /// Digest by tag.
    tags: BTreeMap<String, String>,
}

impl Registry {
    #[must_use]
    pub fn is_private(&self, name: &str) -> bool {
        self.packages
            .get(name)
            .and_then(|package| package.private)
            .unwrap_or(self.private_by_default)
    }

    pub fn set_private(&mut self, name: &str, private: bool) {
        self.packages.entry(name.to_owned()).or_default().private = Some(private);
    }

    /// The digest and the manifest that a tag or a digest refers to.
    #[must_use]
    pub fn manifest(&self, name: &str, reference: &str) -> Option<(String, &Manifest)> {
        let package = self.packages.get(name)?;
        let digest = package.tags.get(reference).map_or(reference, String::as_str);
        package.manifests.get(digest).map(|manifest| (digest.to_owned(), manifest))
    }

    /// Removes a tag but not its manifest.
    pub fn delete_tag(&mut self, name: &str, tag: &str) {
        if let Some(package) = self.packages.get_mut(name) {
            package.tags.remove(tag);
        }
    }

    /// Pushes an image as BuildKit does with provenance: an index of the image and its attestation.
    /// Returns the digest of the index. Different seeds give different images.
    pub fn push(&mut self, name: &str, tags: &[String], seed: &str, revision: &str) -> String {
        let name = name.to_ascii_lowercase();
        let layer = format!("sha256:{}", hash::sha256(format!("{name}/{seed}")));
        let image = json!({
            "schemaVersion": 2, "mediaType": MANIFEST_MEDIA_TYPE,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": format!("sha256:{}", hash::sha256(&layer)), "size": 1469},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": layer, "size": 3_623_807}],
            "annotations": {"org.opencontainers.image.revision": revision},
        })
        .to_string();
        let attestation = json!({
            "schemaVersion": 2, "mediaType": MANIFEST_MEDIA_TYPE,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": format!("sha256:{}", hash::sha256(format!("{seed}/attestation"))), "size": 241},
            "layers": [{"mediaType": "application/vnd.in-toto+json",
                "digest": format!("sha256:{}", hash::sha256(format!("{seed}/provenance"))),
                "size": 9812,
                "annotations": {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}}],
        })
        .to_string();
        let digest = |body: &str| format!("sha256:{}", hash::sha256(body));
        let index = json!({
            "schemaVersion": 2, "mediaType": INDEX_MEDIA_TYPE,
            "manifests": [
                {"mediaType": MANIFEST_MEDIA_TYPE, "digest": digest(&image), "size": image.len(),
                    "platform": {"architecture": "amd64", "os": "linux"}},
                {"mediaType": MANIFEST_MEDIA_TYPE, "digest": digest(&attestation), "size": attestation.len(),
                    "annotations": {"vnd.docker.reference.digest": digest(&image),
                        "vnd.docker.reference.type": "attestation-manifest"},
                    "platform": {"architecture": "unknown", "os": "unknown"}},
            ],
        })
        .to_string();
        let package = self.packages.entry(name).or_default();
        let index_digest = digest(&index);
        for (media_type, body) in [
            (MANIFEST_MEDIA_TYPE, image),
            (MANIFEST_MEDIA_TYPE, attestation),
            (INDEX_MEDIA_TYPE, index),
        ] {
            package.manifests.insert(digest(&body), Manifest { media_type, body });
        }
        package.tags.extend(tags.iter().map(|tag| (tag.clone(), index_digest.clone())));
        index_digest
    }
}
