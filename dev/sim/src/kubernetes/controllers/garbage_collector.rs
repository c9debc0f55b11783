//! The namespace controller and the garbage collector: delete the contents of terminating namespaces, the
//! dependents of deleted owners, and volume claims that no pod uses any more.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::kubernetes::json::{
    has_finalizer, is_owned_by, is_terminating, list, name, namespace, text, uid,
};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::state::resources::{self, NAMESPACES, PODS, VOLUME_CLAIMS};
use crate::kubernetes::write::delete::FOREGROUND_FINALIZER;
use crate::kubernetes::write::{VOLUME_CLAIM_FINALIZER, resource_of};

impl ClusterState {
    /// Deletes the contents of terminating namespaces. Returns whether there are any.
    pub fn sync_terminating_namespaces(&mut self) -> bool {
        let mut terminating = self.objects_of(&NAMESPACES);
        terminating.retain(is_terminating);
        for namespace in &terminating {
            let mut is_empty = true;
            for kind in resources::ALL.into_iter().filter(|kind| kind.namespaced) {
                for object in self.objects_in(kind, name(namespace)) {
                    is_empty = false;
                    // Also those that are terminating: their finalizers may have been removed.
                    let _ = self.delete(kind, (name(namespace), name(&object)), &json!({}));
                }
            }
            if is_empty {
                self.store.remove(&NAMESPACES, "", name(namespace));
            }
        }
        !terminating.is_empty()
    }

    /// Deletes objects without a remaining owner, and finishes the deletion of objects that wait.
    pub fn collect_garbage(&mut self) {
        let uids: BTreeSet<String> =
            self.store.all().map(|object| uid(object).to_owned()).collect();
        let has_owners = |object: &&Value| !list(object, "/metadata/ownerReferences").is_empty();
        let owned: Vec<Value> = self.store.all().filter(has_owners).cloned().collect();
        for object in &owned {
            let mut owners = list(object, "/metadata/ownerReferences").iter();
            if owners.all(|owner| !uids.contains(text(owner, "/uid"))) {
                self.delete_unless_terminating(object, &json!({}));
            }
        }
        let is_waiting =
            |object: &&Value| is_terminating(object) && has_finalizer(object, FOREGROUND_FINALIZER);
        let waiting: Vec<Value> = self.store.all().filter(is_waiting).cloned().collect();
        for owner in &waiting {
            let dependents: Vec<&Value> =
                owned.iter().filter(|object| is_owned_by(object, uid(owner))).collect();
            for object in &dependents {
                let options = match text(object, "/kind") {
                    "Pod" => json!({}),
                    _ => json!({"propagationPolicy": "Foreground"}),
                };
                self.delete_unless_terminating(object, &options);
            }
            if let (true, Some(kind)) = (dependents.is_empty(), resource_of(owner)) {
                self.remove_finalizer(kind, owner, FOREGROUND_FINALIZER);
            }
        }
        self.release_volume_claims();
    }

    /// A terminating claim is deleted when no pod uses it.
    fn release_volume_claims(&mut self) {
        for claim in self.objects_of(&VOLUME_CLAIMS).iter().filter(|claim| is_terminating(claim)) {
            let pods = self.objects_in(&PODS, namespace(claim));
            let mut volumes = pods.iter().flat_map(|pod| list(pod, "/spec/volumes"));
            let is_claim =
                |volume: &Value| text(volume, "/persistentVolumeClaim/claimName") == name(claim);
            if !volumes.any(is_claim) {
                self.remove_finalizer(&VOLUME_CLAIMS, claim, VOLUME_CLAIM_FINALIZER);
            }
        }
    }

    fn delete_unless_terminating(&mut self, object: &Value, options: &Value) {
        if let (false, Some(kind)) = (is_terminating(object), resource_of(object)) {
            // Fails only if the object was deleted already.
            let _ = self.delete(kind, (namespace(object), name(object)), options);
        }
    }
}
