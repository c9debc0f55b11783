//! What the components import: a host that lacks one of their imports does not start them.

use nokube_tests::{StoreKind, app};
use std::collections::{BTreeMap, BTreeSet};

/// The interfaces of stores that are not Redis, without their versions.
const KEY_VALUE: [&str; 5] = [
    "spin:key-value/key-value",
    "wasi:keyvalue/atomics",
    "wasi:keyvalue/batch",
    "wasi:keyvalue/store",
    "fermyon:spin/key-value",
];

/// The imports of each component, without the versions.
fn imports(store_kind: StoreKind) -> BTreeMap<String, BTreeSet<String>> {
    let app = app(store_kind);
    let imports = app.imports().into_iter();
    let without_version = |name: String| name.split('@').next().unwrap().to_owned();
    imports
        .map(|(component, names)| {
            (component.to_owned(), names.into_iter().map(without_version).collect())
        })
        .collect()
}

#[test]
fn the_components_for_a_hosted_spin_import_no_key_value_store() {
    println!("Imports of the components for a hosted Spin:");
    for (component, names) in app(StoreKind::Hosted).imports() {
        println!("  {component}: {}", names.join(" "));
    }
    let (hosted, usual) = (imports(StoreKind::Hosted), imports(StoreKind::Sqlite));
    assert_eq!(hosted.len(), 6);
    let key_value: BTreeSet<String> = KEY_VALUE.map(str::to_owned).into();
    for (component, hosted) in &hosted {
        assert!(
            hosted.iter().all(|name| !name.contains("key-value") && !name.contains("keyvalue"))
        );
        // Except for the stores, they are the usual components.
        let expected: BTreeSet<_> = usual[component].difference(&key_value).cloned().collect();
        assert_eq!(hosted, &expected, "{component}");
        let has_store = component != "web";
        assert_eq!(hosted.contains("spin:redis/redis"), has_store, "{component}");
        // So this test would notice them.
        assert_eq!(usual[component].contains("wasi:keyvalue/atomics"), has_store, "{component}");
        assert_eq!(usual[component].contains("spin:key-value/key-value"), has_store, "{component}");
    }
}
