//! ResourceQuotas: computes the usage of a namespace and rejects what exceeds it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::json::{list, members, name, namespace, text};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{self, Resource};
use crate::kubernetes::write::quantity::Quantity;

/// Quantities by the names that quotas use, such as `requests.cpu`.
pub type Amounts = BTreeMap<String, Quantity>;

/// The usage of one object.
fn usage(resource: &Resource, object: &Value) -> Amounts {
    let mut used = Amounts::new();
    let mut add = |key: String, quantity: Quantity| {
        let so_far = used.get(&key).copied().unwrap_or_else(Quantity::zero);
        used.insert(key, so_far.plus(quantity));
    };
    let count_key = match resource.group {
        "" => format!("count/{}", resource.plural),
        group => format!("count/{}.{group}", resource.plural),
    };
    add(count_key, Quantity::from_integer(1));
    match resource.plural {
        "pods" if ["Succeeded", "Failed"].contains(&text(object, "/status/phase")) => {}
        "pods" => {
            add("pods".to_owned(), Quantity::from_integer(1));
            for container in list(object, "/spec/containers") {
                for (name, value) in members(container, "/resources/requests") {
                    let quantity = Quantity::from_value(value);
                    add(format!("requests.{name}"), quantity);
                    if !name.contains('/') {
                        add(name.clone(), quantity);
                    }
                }
                for (name, value) in members(container, "/resources/limits") {
                    add(format!("limits.{name}"), Quantity::from_value(value));
                }
            }
        }
        "services" => {
            add("services".to_owned(), Quantity::from_integer(1));
            let kind = text(object, "/spec/type");
            let ports = i64::try_from(list(object, "/spec/ports").len()).unwrap_or_default();
            if kind == "LoadBalancer" {
                add("services.loadbalancers".to_owned(), Quantity::from_integer(1));
            }
            if kind == "NodePort" || kind == "LoadBalancer" {
                add("services.nodeports".to_owned(), Quantity::from_integer(ports));
            }
        }
        "persistentvolumeclaims" => {
            add("persistentvolumeclaims".to_owned(), Quantity::from_integer(1));
            let size = object.pointer("/spec/resources/requests/storage");
            let size = size.map_or_else(Quantity::zero, Quantity::from_value);
            add("requests.storage".to_owned(), size);
            let class = text(object, "/spec/storageClassName");
            if !class.is_empty() {
                let of_class = format!("{class}.storageclass.storage.k8s.io");
                add(format!("{of_class}/requests.storage"), size);
                add(format!("{of_class}/persistentvolumeclaims"), Quantity::from_integer(1));
            }
        }
        "secrets" | "configmaps" | "resourcequotas" => {
            add(resource.plural.to_owned(), Quantity::from_integer(1));
        }
        _ => {}
    }
    used
}

/// The usage of a namespace.
pub fn namespace_usage(cluster: &ClusterState, namespace: &str) -> Amounts {
    let mut total = Amounts::new();
    for resource in resources::ALL.iter().filter(|kind| kind.namespaced) {
        for object in cluster.store.list(resource, Some(namespace)) {
            for (key, quantity) in usage(resource, object) {
                let so_far = total.get(&key).copied().unwrap_or_else(Quantity::zero);
                total.insert(key, so_far.plus(quantity));
            }
        }
    }
    total
}

pub fn check(
    cluster: &ClusterState,
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
) -> Result<(), ApiError> {
    if !resource.namespaced || (old.is_some() && resource.plural != "persistentvolumeclaims") {
        return Ok(());
    }
    let quotas = cluster.objects_in_namespace("resourcequotas", namespace(new));
    if quotas.is_empty() {
        return Ok(());
    }
    let forbidden = |reason: String| Err(ApiError::forbidden(resource, name(new), &reason));
    let used = namespace_usage(cluster, namespace(new));
    let old_usage = old.map(|old| usage(resource, old)).unwrap_or_default();
    let new_usage = usage(resource, new);
    for quota in &quotas {
        let hard: Amounts = members(quota, "/spec/hard")
            .map(|(key, value)| (key.clone(), Quantity::from_value(value)))
            .collect();
        if resource.plural == "pods"
            && let Some(missing) = missing_resources(new, &hard)
        {
            return forbidden(format!("failed quota: {}: must specify {missing}", name(quota)));
        }
        let mut exceeded = Vec::new();
        for (key, max) in &hard {
            let nanos = |amounts: &Amounts| amounts.get(key).map_or(0, |quantity| quantity.nanos);
            let increase = nanos(&new_usage) - nanos(&old_usage);
            let so_far = used.get(key).copied().unwrap_or_else(Quantity::zero);
            if increase > 0 && so_far.nanos + increase > max.nanos {
                let requested = new_usage.get(key).copied().unwrap_or(*max).with_nanos(increase);
                exceeded.push((key, [requested, so_far, *max]));
            }
        }
        if exceeded.is_empty() {
            continue;
        }
        let list_amounts = |index: usize| {
            let parts = exceeded.iter().filter_map(|(key, amounts)| {
                amounts.get(index).map(|amount| format!("{key}={amount}"))
            });
            parts.collect::<Vec<_>>().join(",")
        };
        return forbidden(format!(
            "exceeded quota: {}, requested: {}, used: {}, limited: {}",
            name(quota),
            list_amounts(0),
            list_amounts(1),
            list_amounts(2)
        ));
    }
    Ok(())
}

/// Lists the limited compute resources that containers do not specify.
fn missing_resources(pod: &Value, hard: &Amounts) -> Option<String> {
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for key in hard.keys() {
        let (field, resource) = match key.as_str() {
            "cpu" | "memory" => ("requests", key.as_str()),
            other => match other.split_once('.') {
                Some((field @ ("requests" | "limits"), resource @ ("cpu" | "memory"))) => {
                    (field, resource)
                }
                _ => continue,
            },
        };
        for kind in ["/spec/containers", "/spec/initContainers"] {
            for container in list(pod, kind) {
                if container.pointer(&format!("/resources/{field}/{resource}")).is_none() {
                    missing.entry(key).or_default().insert(text(container, "/name"));
                }
            }
        }
    }
    let parts: Vec<String> = missing
        .iter()
        .map(|(key, names)| {
            format!("{key} for: {}", names.iter().copied().collect::<Vec<_>>().join(","))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
