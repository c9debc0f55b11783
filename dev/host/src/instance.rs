//! The host's state of one component instance, and the linker that connects the instance's imports to it.

use std::sync::{Arc, Weak};

use wasmtime::component::{Accessor, HasSelf, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Result, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::bindings::spin::spin::variables::variables;
use crate::bindings::{keyvalue, spin};
use crate::chaining::Application;
use crate::clock::ShiftedClock;
use crate::component::ComponentConfig;
use crate::console::ComponentOutput;
use crate::host_calls::HostCalls;
use crate::key_value::{Bucket, StoreError};
use crate::manifest;
use crate::outbound::OutboundHttp;
use crate::outbound::redis::MAX_CONNECTIONS;

/// The data of an instance's wasmtime store.
pub(crate) struct InstanceState {
    pub table: ResourceTable,
    /// Connections of `spin:redis`. A table of their own, because their number is limited.
    pub redis_connections: ResourceTable,
    pub component: Arc<ComponentConfig>,
    pub calls: HostCalls,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: OutboundHttp,
    limits: StoreLimits,
}

impl InstanceState {
    pub fn new_store(
        engine: &Engine,
        component: &Arc<ComponentConfig>,
        application: Weak<dyn Application>,
        calls: HostCalls,
    ) -> Store<InstanceState> {
        let output = || ComponentOutput::new(&component.id, component.console.clone());
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(output())
            .stderr(output())
            .wall_clock(ShiftedClock { offset_seconds: component.clock_offset });
        for (name, value) in &component.environment {
            wasi.env(name, value);
        }
        let limits = match component.memory_limit {
            Some(bytes) => StoreLimitsBuilder::new().memory_size(bytes).build(),
            None => StoreLimits::default(),
        };
        let mut redis_connections = ResourceTable::new();
        redis_connections.set_max_capacity(MAX_CONNECTIONS);
        let instance = InstanceState {
            table: ResourceTable::new(),
            redis_connections,
            component: component.clone(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: OutboundHttp {
                component: component.clone(),
                application,
                calls: calls.clone(),
            },
            calls,
            limits,
        };
        let mut store = Store::new(engine, instance);
        store.limiter(|instance| &mut instance.limits);
        store
    }

    /// Only stores that the manifest allows the component.
    pub fn allowed_bucket(&self, label: &str) -> Result<Bucket, StoreError> {
        let store = self.component.stores.get(label).ok_or(StoreError::AccessDenied)?.clone();
        let counters = self.component.counters.clone();
        Ok(Bucket { store, counters, calls: self.calls.clone() })
    }

    pub fn bucket(&self, bucket: &Resource<Bucket>) -> Result<Bucket, StoreError> {
        Ok(self.table.get(bucket)?.clone())
    }
}

impl WasiView for InstanceState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for InstanceState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

impl variables::Host for InstanceState {}

impl<T: Send> variables::HostWithStore<T> for HasSelf<InstanceState> {
    async fn get(
        access: &Accessor<T, Self>,
        name: String,
    ) -> Result<std::result::Result<String, variables::Error>> {
        if !manifest::is_variable_name(&name) {
            return Ok(Err(variables::Error::InvalidName(name)));
        }
        let value = access.with(|mut access| access.get().component.variables.get(&name).cloned());
        Ok(value.ok_or(variables::Error::Undefined(name)))
    }
}

/// A linker with all interfaces that a component may import.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<InstanceState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    spin::Spin::add_to_linker::<_, HasSelf<InstanceState>>(&mut linker, |instance| instance)?;
    keyvalue::Keyvalue::add_to_linker::<_, HasSelf<InstanceState>>(&mut linker, |instance| {
        instance
    })?;
    Ok(linker)
}
