//! The namespace controller and the garbage collector: delete the contents of terminating namespaces, and
//! the dependents of deleted owners.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kubernetes::json::{is_terminating, list, name, namespace, put, text, uid};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{self, NAMESPACES};
use crate::kubernetes::write::delete::{FOREGROUND_FINALIZER, ORPHAN_FINALIZER};

impl ClusterState {
    /// Deletes the contents of terminating namespaces. Returns whether there are any.
    pub fn sync_terminating_namespaces(&mut self, now: Timestamp) -> bool {
        let terminating: Vec<Value> =
            self.objects_of_kind(NAMESPACES).into_iter().filter(is_terminating).collect();
        for namespace in &terminating {
            let mut remaining = 0;
            for kind in resources::ALL.iter().filter(|kind| kind.namespaced) {
                for object in self.objects_in_namespace(kind.plural, name(namespace)) {
                    remaining += 1;
                    let key = (name(namespace), name(&object));
                    if !is_terminating(&object) {
                        // Fails only if the object was deleted already.
                        let _ = self.delete(kind, key, &json!({}), now);
                    }
                }
            }
            if remaining == 0
                && let Some(kind) = resources::by_name(NAMESPACES)
            {
                self.remove_finalizer(kind, namespace, "kubernetes");
            }
        }
        !terminating.is_empty()
    }

    /// Deletes objects without a remaining owner, and finishes foreground deletion and orphaning.
    pub fn collect_garbage(&mut self, now: Timestamp) {
        let uids: BTreeSet<String> =
            self.store.all().map(|object| uid(object).to_owned()).collect();
        let owned: Vec<Value> = self
            .store
            .all()
            .filter(|object| !list(object, "/metadata/ownerReferences").is_empty())
            .cloned()
            .collect();
        let waiting_owners: Vec<Value> = self
            .store
            .all()
            .filter(|object| {
                let finalizers = list(object, "/metadata/finalizers");
                is_terminating(object)
                    && finalizers.iter().any(|finalizer| {
                        finalizer == FOREGROUND_FINALIZER || finalizer == ORPHAN_FINALIZER
                    })
            })
            .cloned()
            .collect();
        for object in owned.iter().filter(|object| !is_terminating(object)) {
            let mut owners = list(object, "/metadata/ownerReferences").iter();
            if owners.all(|owner| !uids.contains(text(owner, "/uid"))) {
                self.delete_dependent(object, &json!({}), now);
            }
        }
        for owner in &waiting_owners {
            let dependents: Vec<&Value> = owned
                .iter()
                .filter(|object| {
                    let mut owners = list(object, "/metadata/ownerReferences").iter();
                    owners.any(|reference| text(reference, "/uid") == uid(owner))
                })
                .collect();
            let Some(kind) = resources::by_kind(text(owner, "/apiVersion"), text(owner, "/kind"))
            else {
                continue;
            };
            let is_orphaning = list(owner, "/metadata/finalizers")
                .iter()
                .any(|finalizer| finalizer == ORPHAN_FINALIZER);
            if is_orphaning {
                for object in dependents {
                    self.remove_owner(object, uid(owner), now);
                }
                self.remove_finalizer(kind, owner, ORPHAN_FINALIZER);
            } else if dependents.is_empty() {
                self.remove_finalizer(kind, owner, FOREGROUND_FINALIZER);
            } else {
                for object in dependents.into_iter().filter(|object| !is_terminating(object)) {
                    let options = match text(object, "/kind") {
                        "Pod" => json!({}),
                        _ => json!({"propagationPolicy": "Foreground"}),
                    };
                    self.delete_dependent(object, &options, now);
                }
            }
        }
    }

    fn delete_dependent(&mut self, object: &Value, options: &Value, now: Timestamp) {
        if let Some(kind) = resources::by_kind(text(object, "/apiVersion"), text(object, "/kind")) {
            // Fails only if the object was deleted already.
            let _ = self.delete(kind, (namespace(object), name(object)), options, now);
        }
    }

    /// Removes an owner reference from an object.
    fn remove_owner(&mut self, object: &Value, owner: &str, now: Timestamp) {
        let Some(kind) = resources::by_kind(text(object, "/apiVersion"), text(object, "/kind"))
        else {
            return;
        };
        let mut new = object.clone();
        let owners = list(object, "/metadata/ownerReferences").iter();
        let owners: Vec<Value> =
            owners.filter(|other| text(other, "/uid") != owner).cloned().collect();
        put(&mut new, "/metadata/ownerReferences", owners);
        self.update_by_controller(kind, new, "", now);
    }
}
