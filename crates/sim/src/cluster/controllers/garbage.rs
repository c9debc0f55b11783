//! What goes when its owner or its namespace goes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::delete::{FOREGROUND, ORPHAN};
use crate::cluster::json::{is_deleting, list, name, namespace, put, text, uid};
use crate::cluster::model::Model;
use crate::cluster::resources::{self, NAMESPACES};

impl Model {
    /// Removes what a namespace that is on its way out still contains. Whether one waits.
    pub fn empty_namespaces(&mut self, now: Timestamp) -> bool {
        let leaving: Vec<Value> =
            self.of_kind(NAMESPACES).into_iter().filter(is_deleting).collect();
        for namespace in &leaving {
            let mut left = 0;
            for kind in resources::ALL.iter().filter(|kind| kind.namespaced) {
                for object in self.in_namespace(kind.plural, name(namespace)) {
                    left += 1;
                    let wanted = (name(namespace), name(&object));
                    if !is_deleting(&object) {
                        // What is gone already needs no deleting.
                        let _ = self.delete(kind, wanted, &json!({}), now);
                    }
                }
            }
            if left == 0
                && let Some(kind) = resources::by_name(NAMESPACES)
            {
                self.finalize(kind, namespace, "kubernetes");
            }
        }
        !leaving.is_empty()
    }

    /// Deletes what no owner is left of, and finishes what waits for its dependents.
    pub fn collect_garbage(&mut self, now: Timestamp) {
        let known: BTreeSet<String> =
            self.store.all().map(|object| uid(object).to_owned()).collect();
        let owned: Vec<Value> = self
            .store
            .all()
            .filter(|object| !list(object, "/metadata/ownerReferences").is_empty())
            .cloned()
            .collect();
        let leaving: Vec<Value> = self
            .store
            .all()
            .filter(|object| {
                let finalizers = list(object, "/metadata/finalizers");
                is_deleting(object)
                    && finalizers.iter().any(|one| one == FOREGROUND || one == ORPHAN)
            })
            .cloned()
            .collect();
        for object in owned.iter().filter(|object| !is_deleting(object)) {
            let mut owners = list(object, "/metadata/ownerReferences").iter();
            if owners.all(|owner| !known.contains(text(owner, "/uid"))) {
                self.drop_object(object, &json!({}), now);
            }
        }
        for owner in &leaving {
            let dependents: Vec<&Value> = owned
                .iter()
                .filter(|object| {
                    let mut owners = list(object, "/metadata/ownerReferences").iter();
                    owners.any(|one| text(one, "/uid") == uid(owner))
                })
                .collect();
            let Some(kind) = resources::by_kind(text(owner, "/apiVersion"), text(owner, "/kind"))
            else {
                continue;
            };
            let orphan = list(owner, "/metadata/finalizers").iter().any(|one| one == ORPHAN);
            if orphan {
                for object in dependents {
                    self.let_go(object, uid(owner), now);
                }
                self.finalize(kind, owner, ORPHAN);
            } else if dependents.is_empty() {
                self.finalize(kind, owner, FOREGROUND);
            } else {
                for object in dependents.into_iter().filter(|object| !is_deleting(object)) {
                    let options = match text(object, "/kind") {
                        "Pod" => json!({}),
                        _ => json!({"propagationPolicy": "Foreground"}),
                    };
                    self.drop_object(object, &options, now);
                }
            }
        }
    }

    fn drop_object(&mut self, object: &Value, options: &Value, now: Timestamp) {
        if let Some(kind) = resources::by_kind(text(object, "/apiVersion"), text(object, "/kind")) {
            // What is gone already needs no deleting.
            let _ = self.delete(kind, (namespace(object), name(object)), options, now);
        }
    }

    /// Takes an owner away from an object.
    fn let_go(&mut self, object: &Value, owner: &str, now: Timestamp) {
        let Some(kind) = resources::by_kind(text(object, "/apiVersion"), text(object, "/kind"))
        else {
            return;
        };
        let mut free = object.clone();
        let owners = list(object, "/metadata/ownerReferences").iter();
        let left: Vec<Value> = owners.filter(|one| text(one, "/uid") != owner).cloned().collect();
        put(&mut free, "/metadata/ownerReferences", left);
        self.set_object(kind, free, "", now);
    }
}
