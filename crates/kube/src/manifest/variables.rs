//! Variables and secrets: immutable objects named by their content, so that another content is
//! another object, and a change rolls the pods.

use super::{Deployed, Manifest};
use crate::kind::Kind;
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use nokube_domain::deploy::SecretText;
use std::collections::BTreeMap;

pub(super) fn variables(deployed: &Deployed<'_>) -> Option<Manifest> {
    let name = deployed.release().variables_object.as_deref()?;
    let object = ConfigMap {
        metadata: deployed.metadata(name),
        immutable: Some(true),
        data: Some(deployed.spec().variables.clone()),
        binary_data: None,
    };
    Some(Manifest::new(Kind::ConfigMap, &object))
}

pub(super) fn secrets(
    deployed: &Deployed<'_>,
    values: &BTreeMap<String, SecretText>,
) -> Option<Manifest> {
    let name = deployed.release().secrets_object.as_deref()?;
    let bytes = |value: &SecretText| ByteString(value.reveal().as_bytes().to_vec());
    let object = Secret {
        metadata: deployed.metadata(name),
        immutable: Some(true),
        type_: Some("Opaque".into()),
        data: Some(values.iter().map(|(name, value)| (name.clone(), bytes(value))).collect()),
        string_data: None,
    };
    Some(Manifest::new(Kind::Secret, &object))
}
