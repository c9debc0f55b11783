//! Variables and secrets: immutable objects whose names depend on their content. A change makes a new
//! object, which replaces the pods.

use super::{input::ManifestInput, object::Manifest};
use crate::kind::Kind;
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use nokube_domain::deployments::SecretValue;
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

pub(super) fn secret(
    input: &ManifestInput<'_>,
    values: &BTreeMap<String, SecretValue>,
) -> Option<Manifest> {
    let name = input.release().secrets_object.as_deref()?;
    let bytes = |value: &SecretValue| ByteString(value.reveal().as_bytes().to_vec());
    let object = Secret {
        metadata: input.metadata(name),
        immutable: Some(true),
        type_: Some("Opaque".into()),
        data: Some(values.iter().map(|(name, value)| (name.clone(), bytes(value))).collect()),
        string_data: None,
    };
    Some(Manifest::new(Kind::Secret, &object))
}
