//! Deployments: their ReplicaSets, rolling updates and status.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::Report;
use crate::cluster::json::{controller, int, is_deleting, name, namespace, put, remove, text, uid};
use crate::cluster::model::Model;
use crate::cluster::resources;
use crate::cluster::status::Refusal;

const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";
const HASH: &str = "pod-template-hash";

impl Model {
    pub fn run_deployments(&mut self, now: Timestamp) {
        for deployment in self.of_kind("deployments") {
            if !is_deleting(&deployment) {
                self.run_deployment(&deployment, now);
            }
        }
    }

    fn run_deployment(&mut self, deployment: &Value, now: Timestamp) {
        let owned = self.replica_sets(deployment);
        let wanted = replicas(deployment);
        let (mut new, old): (Vec<Value>, Vec<Value>) =
            owned.into_iter().partition(|set| template(set) == template(deployment));
        // Of several with this template the oldest counts, as in the real controller.
        let mut new = if new.is_empty() { None } else { Some(new.remove(0)) };
        let recreate = text(deployment, "/spec/strategy/type") == "Recreate";
        let mut failure = None;
        if recreate && self.drain(deployment, &old, now) {
            // The new pods come when the old ones are gone.
        } else if let Some(set) = &new {
            let revision = self.next_revision(set, &old);
            self.set_revision(set, &revision, now);
        } else {
            match self.make_set(deployment, &old, now) {
                Ok(set) => new = Some(set),
                Err(refusal) => failure = Some(refusal),
            }
        }
        let fresh = |model: &Self, set: &Value| {
            model.find("replicasets", namespace(set), name(set)).cloned()
        };
        let new = new.and_then(|set| fresh(self, &set));
        if let Some(set) = &new {
            let revision = text(set, REVISION).to_owned();
            self.mark(deployment, &revision, now);
            let total: i64 = replicas(set) + old.iter().map(replicas).sum::<i64>();
            let target = if recreate || replicas(set) > wanted {
                wanted
            } else {
                let room = wanted + surge(deployment) - total;
                (replicas(set) + room.max(0)).min(wanted).max(replicas(set))
            };
            if target != replicas(set) {
                self.scale(deployment, set, target, now);
            } else if !recreate {
                self.shrink(deployment, set, &old, now);
            }
        }
        let fresh_old: Vec<Value> = old.iter().filter_map(|set| fresh(self, set)).collect();
        let new = new.and_then(|set| fresh(self, &set));
        self.clean_up(deployment, &fresh_old);
        self.deployment_status(deployment, new.as_ref(), &fresh_old, failure.as_ref(), now);
    }

    /// All of its ReplicaSets, oldest first.
    fn replica_sets(&self, deployment: &Value) -> Vec<Value> {
        let mut owned = self.in_namespace("replicasets", namespace(deployment));
        owned.retain(|set| {
            controller(set).is_some_and(|owner| text(owner, "/uid") == uid(deployment))
                && !is_deleting(set)
        });
        owned.sort_by_key(|set| int_text(text(set, REVISION)));
        owned
    }

    /// Whether old pods are still there; they are told to go.
    fn drain(&mut self, deployment: &Value, old: &[Value], now: Timestamp) -> bool {
        for set in old.iter().filter(|set| replicas(set) > 0) {
            self.scale(deployment, set, 0, now);
        }
        let pods = self.in_namespace("pods", namespace(deployment));
        pods.iter()
            .filter_map(controller)
            .any(|owner| old.iter().any(|set| uid(set) == text(owner, "/uid")))
    }

    fn next_revision(&self, set: &Value, old: &[Value]) -> String {
        let most = old.iter().map(|set| int_text(text(set, REVISION))).max().unwrap_or_default();
        let own = int_text(text(set, REVISION));
        own.max(most + 1).to_string()
    }

    fn set_revision(&mut self, set: &Value, revision: &str, now: Timestamp) {
        if text(set, REVISION) != revision
            && let Some(kind) = resources::by_name("replicasets")
        {
            let mut changed = set.clone();
            put(&mut changed, REVISION, revision);
            self.set_object(kind, changed, "", now);
        }
    }

    fn mark(&mut self, deployment: &Value, revision: &str, now: Timestamp) {
        let current = self.find("deployments", namespace(deployment), name(deployment)).cloned();
        if let (Some(mut current), Some(kind)) = (current, resources::by_name("deployments"))
            && text(&current, REVISION) != revision
        {
            put(&mut current, REVISION, revision);
            self.set_object(kind, current, "", now);
        }
    }

    fn make_set(
        &mut self,
        deployment: &Value,
        old: &[Value],
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let wanted = replicas(deployment);
        let total: i64 = old.iter().map(replicas).sum();
        let recreate = text(deployment, "/spec/strategy/type") == "Recreate";
        let room = (wanted + surge(deployment) - total).max(0);
        let count = if recreate { wanted } else { room.min(wanted) };
        let mut template = deployment.pointer("/spec/template").cloned().unwrap_or_default();
        let hash = hash(&template);
        put(&mut template, &format!("/metadata/labels/{HASH}"), hash.clone());
        let mut selector = deployment.pointer("/spec/selector").cloned().unwrap_or_default();
        put(&mut selector, &format!("/matchLabels/{HASH}"), hash.clone());
        let revision =
            old.iter().map(|set| int_text(text(set, REVISION))).max().unwrap_or_default() + 1;
        let set_name = format!("{}-{hash}", name(deployment));
        let set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": set_name, "namespace": namespace(deployment),
                "labels": template.pointer("/metadata/labels").cloned().unwrap_or_default(),
                "annotations": {
                    "deployment.kubernetes.io/desired-replicas": wanted.to_string(),
                    "deployment.kubernetes.io/max-replicas": (wanted + surge(deployment)).to_string(),
                    "deployment.kubernetes.io/revision": revision.to_string(),
                },
                "ownerReferences": [{
                    "apiVersion": "apps/v1", "kind": "Deployment", "name": name(deployment),
                    "uid": uid(deployment), "controller": true, "blockOwnerDeletion": true,
                }],
            },
            "spec": {"replicas": count, "selector": selector, "template": template},
        });
        let made = self.make(set, now)?;
        self.progress.insert(uid(deployment).to_owned(), self.steps);
        self.made.insert(uid(deployment).to_owned());
        let message = format!("Scaled up replica set {set_name} from 0 to {count}");
        self.report_scaling(deployment, &message, now);
        Ok(made)
    }

    fn report_scaling(&mut self, deployment: &Value, message: &str, now: Timestamp) {
        let report = Report {
            warning: false,
            reason: "ScalingReplicaSet",
            message,
            component: "deployment-controller",
            field: "",
        };
        self.report(deployment, report, now);
    }

    fn scale(&mut self, deployment: &Value, set: &Value, to: i64, now: Timestamp) {
        let Some(kind) = resources::by_name("replicasets") else { return };
        let from = replicas(set);
        let mut scaled = set.clone();
        put(&mut scaled, "/spec/replicas", to);
        self.set_object(kind, scaled, "", now);
        let way = if to > from { "up" } else { "down" };
        let message = format!("Scaled {way} replica set {} from {from} to {to}", name(set));
        self.report_scaling(deployment, &message, now);
    }

    /// Takes pods from the old ones, as many as may be missing.
    fn shrink(&mut self, deployment: &Value, new: &Value, old: &[Value], now: Timestamp) {
        let available = |set: &Value| int(set, "/status/availableReplicas").unwrap_or_default();
        let old_total: i64 = old.iter().map(replicas).sum();
        let least = replicas(deployment) - unavailable(deployment);
        let missing = replicas(new) - available(new);
        let mut room = old_total + replicas(new) - least - missing;
        if old_total == 0 || room <= 0 {
            return;
        }
        // Those that do not work first: they help nobody.
        let mut left: Vec<(&Value, i64)> = old.iter().map(|set| (set, replicas(set))).collect();
        for (set, count) in &mut left {
            let broken = (*count - available(set)).clamp(0, room);
            *count -= broken;
            room -= broken;
        }
        let all_available: i64 = available(new) + old.iter().map(available).sum::<i64>();
        let mut spare = all_available - least;
        for (_, count) in &mut left {
            let taken = (*count).min(spare).max(0);
            *count -= taken;
            spare -= taken;
        }
        for (set, count) in left {
            if count != replicas(set) {
                self.scale(deployment, set, count, now);
            }
        }
    }

    /// Keeps only so many old ReplicaSets as the history is long.
    fn clean_up(&mut self, deployment: &Value, old: &[Value]) {
        let limit = int(deployment, "/spec/revisionHistoryLimit").unwrap_or(10);
        let empty = |set: &&Value| {
            replicas(set) == 0 && int(set, "/status/replicas").unwrap_or_default() == 0
        };
        let idle: Vec<&Value> = old.iter().filter(empty).collect();
        let surplus = idle.len().saturating_sub(usize::try_from(limit).unwrap_or_default());
        if let Some(kind) = resources::by_name("replicasets") {
            for set in idle.into_iter().take(surplus) {
                self.store.remove(kind, namespace(set), name(set));
            }
        }
    }
}

fn int_text(text: &str) -> i64 {
    text.parse().unwrap_or_default()
}

pub fn replicas(object: &Value) -> i64 {
    int(object, "/spec/replicas").unwrap_or_default()
}

/// The template without the label that tells ReplicaSets apart.
fn template(object: &Value) -> Value {
    let mut template = object.pointer("/spec/template").cloned().unwrap_or_default();
    remove(&mut template, &format!("/metadata/labels/{HASH}"));
    template
}

/// In the letters of the real one, though not the same ones.
fn hash(template: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let digest = crate::model::ids::sha256(template.to_string());
    let letter = |byte: u8| LETTERS.get(usize::from(byte) % LETTERS.len()).copied();
    let pairs = digest
        .as_bytes()
        .chunks(2)
        .map(|pair| pair.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte)));
    pairs.filter_map(letter).take(10).map(char::from).collect()
}

/// A number, or a share of the replicas: rounded up for what is more, down for what is less.
fn portion(deployment: &Value, field: &str, up: bool) -> i64 {
    let all = replicas(deployment);
    match deployment.pointer(&format!("/spec/strategy/rollingUpdate/{field}")) {
        Some(Value::String(share)) => {
            let share: i64 = share.trim_end_matches('%').parse().unwrap_or_default();
            if up { (all * share + 99) / 100 } else { all * share / 100 }
        }
        Some(number) => number.as_i64().unwrap_or_default(),
        None => 0,
    }
}

fn surge(deployment: &Value) -> i64 {
    portion(deployment, "maxSurge", true)
}

pub fn unavailable(deployment: &Value) -> i64 {
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        return 0;
    }
    let share = portion(deployment, "maxUnavailable", false);
    // One of both must leave room.
    let share = if share == 0 && surge(deployment) == 0 { 1 } else { share };
    share.min(replicas(deployment))
}
