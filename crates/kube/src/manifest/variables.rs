//! Variables and secrets: immutable objects whose names depend on their content. A change makes a new
//! object, which replaces the pods. What is saved of secrets is in an object of its own, which changes.

use super::{
    input::{ManifestInput, Tenant},
    object::Manifest,
};
use crate::{kind::Kind, names};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use nokube_domain::{deployments::SecretValue, name::ServiceName};
use std::collections::BTreeMap;

pub(super) fn config_map(input: &ManifestInput<'_>) -> Option<Manifest> {
    let name = input.release().variables_object.as_deref()?;
    let object = ConfigMap {
        metadata: input.metadata(name),
        immutable: Some(true),
        data: Some(input.spec().variables.clone()),
        binary_data: None,
    };
    Some(Manifest::new(Kind::ConfigMap, &object))
}

/// The Secret with the saved secrets of a service. It is not of a deployment: a service can have one before it is
/// deployed, and keeps it. Without `values` it has only what is the same in every version of it.
pub fn saved_secrets(
    tenant: &Tenant<'_>,
    service: &ServiceName,
    values: Option<&BTreeMap<String, SecretValue>>,
) -> Manifest {
    let mut metadata = tenant.metadata(&names::saved_secrets(service));
    let labels = metadata.labels.get_or_insert_default();
    labels.insert("app.kubernetes.io/name".into(), service.to_string());
    let object = Secret {
        metadata,
        type_: Some("Opaque".into()),
        data: values.map(data),
        ..Secret::default()
    };
    Manifest::new(Kind::Secret, &object)
}

fn data(values: &BTreeMap<String, SecretValue>) -> BTreeMap<String, ByteString> {
    let bytes = |value: &SecretValue| ByteString(value.reveal().as_bytes().to_vec());
    values.iter().map(|(name, value)| (name.clone(), bytes(value))).collect()
}

pub(super) fn secret(
    input: &ManifestInput<'_>,
    values: &BTreeMap<String, SecretValue>,
) -> Option<Manifest> {
    let name = input.release().secrets_object.as_deref()?;
    let object = Secret {
        metadata: input.metadata(name),
        immutable: Some(true),
        type_: Some("Opaque".into()),
        data: Some(data(values)),
        string_data: None,
    };
    Some(Manifest::new(Kind::Secret, &object))
}
