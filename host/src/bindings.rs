//! Rust traits for the interfaces in `wit/`. The 0.3 ones let an instance go
//! on with other requests while one waits; `wasi:keyvalue` does not, as in Spin.

pub(crate) mod spin {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "spin",
        imports: { default: async | store | trappable },
        with: { "spin:key-value/key-value.store": crate::key_value::Bucket },
    });
}

pub(crate) mod keyvalue {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "keyvalue",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::key_value::Bucket,
            "wasi:keyvalue/atomics.cas": crate::key_value::Cas,
        },
    });
}
