//! Rust traits for the interfaces in `wit/`. While a host function of an asynchronous interface (spin:*@3)
//! waits, its instance serves other requests. `wasi:keyvalue` is synchronous and blocks the instance, as in
//! Spin.

pub(crate) mod spin {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "spin",
        imports: { default: async | store | trappable },
        with: {
            "spin:key-value/key-value.store": crate::key_value::Bucket,
            "spin:redis/redis.connection": crate::outbound::redis::Connection,
        },
        trappable_error_type: {
            "spin:key-value/key-value.error" => crate::key_value::StoreError,
            "spin:redis/redis.error" => crate::outbound::redis::RedisFailure,
        },
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
        trappable_error_type: { "wasi:keyvalue/store.error" => crate::key_value::StoreError },
    });
}
