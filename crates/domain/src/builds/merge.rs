//! Merges maps of reports.

use std::collections::{BTreeMap, btree_map::Entry};

/// Adds the entries of `other`. `merge` merges the values of a key that both maps have.
pub(super) fn merge_entries<K: Ord, V>(
    entries: &mut BTreeMap<K, V>,
    other: BTreeMap<K, V>,
    merge: impl Fn(&mut V, V),
) {
    for (key, value) in other {
        match entries.entry(key) {
            Entry::Occupied(mut existing) => merge(existing.get_mut(), value),
            Entry::Vacant(vacant) => {
                vacant.insert(value);
            }
        }
    }
}
