//! With what a preview is deployed: the configuration of its service, without what belongs to the service alone.

use super::{PR_NUMBER, PREVIEW_URL, PreviewOf, PreviewSettings};
use crate::{
    deployments::{Address, Exposure, Spec},
    name::preview_service_name,
};
use std::collections::BTreeSet;

/// The configuration of a preview, made of the one of its service: one pod, no volume, its own host, and no variables but
/// the previews' own, [`PR_NUMBER`] and [`PREVIEW_URL`]. `url` finds the address of what is configured so far.
pub fn preview_spec(
    service: &Spec,
    of: PreviewOf,
    settings: &PreviewSettings,
    url: impl FnOnce(&Spec) -> Option<String>,
) -> Spec {
    let exposure = match service.exposure {
        Exposure::External { https, .. } => Exposure::External { address: Address::OwnHost, https },
        Exposure::Internal => Exposure::Internal,
        Exposure::None => Exposure::None,
    };
    let mut variables = settings.variables.clone();
    variables.insert(PR_NUMBER.to_owned(), of.pull_request.to_string());
    variables.remove(PREVIEW_URL);
    let mut spec = Spec {
        service: preview_service_name(&of.service, of.pull_request),
        exposure,
        replicas: 1,
        scaling: None,
        volume: None,
        variables,
        preview: Some(of),
        ..service.clone()
    };
    if let Some(url) = url(&spec) {
        spec.variables.insert(PREVIEW_URL.to_owned(), url);
    }
    spec
}

/// The names of the saved secrets that a preview gets: those that are marked for previews. A variable comes before a
/// secret of its name.
pub fn preview_secrets<'a>(
    settings: &PreviewSettings,
    saved: impl IntoIterator<Item = &'a String>,
    spec: &Spec,
) -> BTreeSet<String> {
    let marked = saved.into_iter().filter(|name| settings.secrets.contains(*name));
    marked.filter(|name| !spec.variables.contains_key(*name)).cloned().collect()
}
