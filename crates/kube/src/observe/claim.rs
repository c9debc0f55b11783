//! PersistentVolumeClaims and StorageClasses.

use super::metadata::{Metadata, observed};
use nokube_domain::deployments::Bytes;
use std::collections::BTreeMap;

/// On the StorageClass of claims that name none.
/// <https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass>
const DEFAULT_CLASS_ANNOTATION: &str = "storageclass.kubernetes.io/is-default-class";

observed! {
    pub struct ObservedClaim {
        pub metadata: Metadata,
        spec: ClaimSpec,
    }

    struct ClaimSpec {
        storage_class_name: Option<String>,
        resources: ClaimResources,
    }

    struct ClaimResources {
        requests: BTreeMap<String, String>,
    }

    pub struct ObservedStorageClass {
        pub metadata: Metadata,
        allow_volume_expansion: bool,
    }
}

impl ObservedClaim {
    /// The size that it asks for. The API server accepts none that is smaller.
    pub fn size(&self) -> Option<Bytes> {
        self.spec.resources.requests.get("storage")?.parse().ok()
    }

    /// Its StorageClass, which cannot be changed.
    pub fn storage_class(&self) -> Option<&str> {
        self.spec.storage_class_name.as_deref()
    }
}

/// The class with this name, or the cluster's default; and whether its volumes can be enlarged.
pub fn storage_class<'a>(
    classes: &'a [ObservedStorageClass],
    name: Option<&str>,
) -> Option<(&'a str, bool)> {
    let is_default = |class: &&ObservedStorageClass| {
        class.metadata.annotations.get(DEFAULT_CLASS_ANNOTATION).is_some_and(|text| text == "true")
    };
    let class = match name {
        Some(name) => classes.iter().find(|class| class.metadata.name == name),
        // Of several defaults, Kubernetes takes the newest.
        None => {
            classes.iter().filter(is_default).max_by_key(|class| class.metadata.creation_timestamp)
        }
    };
    class.map(|class| (class.metadata.name.as_str(), class.allow_volume_expansion))
}
