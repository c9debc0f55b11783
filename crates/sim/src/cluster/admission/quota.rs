//! ResourceQuotas: what is used, and whether more may be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cluster::json::{list, members, name, namespace, text};
use crate::cluster::model::Model;
use crate::cluster::quantity::Quantity;
use crate::cluster::resources::{self, Resource};
use crate::cluster::status::Refusal;

pub type Amounts = BTreeMap<String, Quantity>;

/// What one object counts for.
fn usage(resource: &Resource, object: &Value) -> Amounts {
    let mut used = Amounts::new();
    let mut add = |key: String, quantity: Quantity| {
        let so_far = used.get(&key).copied().unwrap_or_else(Quantity::zero);
        used.insert(key, so_far.plus(quantity));
    };
    let counted = match resource.group {
        "" => format!("count/{}", resource.plural),
        group => format!("count/{}.{group}", resource.plural),
    };
    add(counted, Quantity::whole(1));
    match resource.plural {
        "pods" if ["Succeeded", "Failed"].contains(&text(object, "/status/phase")) => {}
        "pods" => {
            add("pods".to_owned(), Quantity::whole(1));
            for container in list(object, "/spec/containers") {
                for (name, value) in members(container, "/resources/requests") {
                    let quantity = Quantity::of(value);
                    add(format!("requests.{name}"), quantity);
                    if !name.contains('/') {
                        add(name.clone(), quantity);
                    }
                }
                for (name, value) in members(container, "/resources/limits") {
                    add(format!("limits.{name}"), Quantity::of(value));
                }
            }
        }
        "services" => {
            add("services".to_owned(), Quantity::whole(1));
            let kind = text(object, "/spec/type");
            let ports = i64::try_from(list(object, "/spec/ports").len()).unwrap_or_default();
            if kind == "LoadBalancer" {
                add("services.loadbalancers".to_owned(), Quantity::whole(1));
            }
            if kind == "NodePort" || kind == "LoadBalancer" {
                add("services.nodeports".to_owned(), Quantity::whole(ports));
            }
        }
        "persistentvolumeclaims" => {
            add("persistentvolumeclaims".to_owned(), Quantity::whole(1));
            let size = object.pointer("/spec/resources/requests/storage");
            let size = size.map_or_else(Quantity::zero, Quantity::of);
            add("requests.storage".to_owned(), size);
            let class = text(object, "/spec/storageClassName");
            if !class.is_empty() {
                let of_class = format!("{class}.storageclass.storage.k8s.io");
                add(format!("{of_class}/requests.storage"), size);
                add(format!("{of_class}/persistentvolumeclaims"), Quantity::whole(1));
            }
        }
        "secrets" | "configmaps" | "resourcequotas" => {
            add(resource.plural.to_owned(), Quantity::whole(1));
        }
        _ => {}
    }
    used
}

/// What a namespace uses, by the names that quotas give it.
pub fn used(model: &Model, namespace: &str) -> Amounts {
    let mut all = Amounts::new();
    for resource in resources::ALL.iter().filter(|kind| kind.namespaced) {
        for object in model.store.list(resource, Some(namespace)) {
            for (key, quantity) in usage(resource, object) {
                let so_far = all.get(&key).copied().unwrap_or_else(Quantity::zero);
                all.insert(key, so_far.plus(quantity));
            }
        }
    }
    all
}

pub fn check(
    model: &Model,
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
) -> Result<(), Refusal> {
    if !resource.namespaced || (old.is_some() && resource.plural != "persistentvolumeclaims") {
        return Ok(());
    }
    let quotas = model.in_namespace("resourcequotas", namespace(new));
    if quotas.is_empty() {
        return Ok(());
    }
    let forbidden = |why: String| Err(Refusal::forbidden(resource, name(new), &why));
    let used = used(model, namespace(new));
    let before = old.map(|old| usage(resource, old)).unwrap_or_default();
    let wanted = usage(resource, new);
    for quota in &quotas {
        let hard: Amounts = members(quota, "/spec/hard")
            .map(|(key, value)| (key.clone(), Quantity::of(value)))
            .collect();
        if resource.plural == "pods"
            && let Some(why) = missing(new, &hard)
        {
            return forbidden(format!("failed quota: {}: must specify {why}", name(quota)));
        }
        let mut exceeded = Vec::new();
        for (key, most) in &hard {
            let more =
                wanted.get(key).map_or(0, |it| it.nano) - before.get(key).map_or(0, |it| it.nano);
            let so_far = used.get(key).copied().unwrap_or_else(Quantity::zero);
            if more > 0 && so_far.nano + more > most.nano {
                let delta = wanted.get(key).copied().unwrap_or(*most).with(more);
                exceeded.push((key, [delta, so_far, *most]));
            }
        }
        if exceeded.is_empty() {
            continue;
        }
        let each = |which: usize| {
            let parts = exceeded.iter().filter_map(|(key, amounts)| {
                amounts.get(which).map(|amount| format!("{key}={amount}"))
            });
            parts.collect::<Vec<_>>().join(",")
        };
        return forbidden(format!(
            "exceeded quota: {}, requested: {}, used: {}, limited: {}",
            name(quota),
            each(0),
            each(1),
            each(2)
        ));
    }
    Ok(())
}

/// Compute resources that are limited must be given by every container.
fn missing(pod: &Value, hard: &Amounts) -> Option<String> {
    let mut lacking: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
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
                    lacking.entry(key).or_default().insert(text(container, "/name"));
                }
            }
        }
    }
    let parts: Vec<String> = lacking
        .iter()
        .map(|(key, names)| {
            format!("{key} for: {}", names.iter().copied().collect::<Vec<_>>().join(","))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
