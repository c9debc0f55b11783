//! Which targets a newer one replaces.

use super::{PushRecord, PushTarget, TargetKey};
use std::collections::BTreeSet;

/// How many earlier targets may still have a build that has not ended. Usually it is one: more only if several pushes
/// are looked at at once.
const MAX_EARLIER: usize = 8;

/// The targets whose builds are replaced by the target of `newest`: the last ones of `records`, which are the newest
/// ones, the newest first; and the one before it.
pub fn superseded_targets(newest: &PushRecord, records: &[PushRecord]) -> BTreeSet<TargetKey> {
    let Some(target) = &newest.target else { return BTreeSet::new() };
    let others = records.iter().filter_map(PushRecord::own_target);
    let mut keys: BTreeSet<_> = others.take(MAX_EARLIER).map(PushTarget::key).collect();
    keys.extend(target.previous.clone());
    keys.remove(&target.key());
    keys
}

/// The last other target, if it has the same commit as `target`. `records` are the newest ones, the newest first.
///
/// Pushes that are looked at at once can find the same commit and compare it with different records. One build is enough,
/// unless another commit was the target in between.
pub fn same_commit<'a>(target: &PushTarget, records: &'a [PushRecord]) -> Option<&'a PushTarget> {
    let mut others = records.iter().filter_map(PushRecord::own_target);
    let last = others.find(|other| other.key() != target.key())?;
    (last.commit.sha == target.commit.sha).then_some(last)
}
