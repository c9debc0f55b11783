//! What one instance of a component has on the host's side, and the linker
//! that ties its imports to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use wasmtime::component::{Accessor, HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Result, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::allowed_hosts::AllowedHosts;
use crate::bindings::spin::spin::variables::variables;
use crate::bindings::{keyvalue, spin};
use crate::clock::ShiftedClock;
use crate::console::ComponentOutput;
use crate::counts::Counters;
use crate::host::Host;
use crate::key_value::{Bucket, Kind};
use crate::manifest;
use crate::outbound::Outbound;
use crate::tls::ComponentTls;

/// A component as it is set up for one run of the application: everything its
/// instances have in common.
pub(crate) struct Setup {
    pub id: String,
    pub variables: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
    pub allowed_hosts: AllowedHosts,
    /// Those that the manifest gives the component, by label.
    pub stores: BTreeMap<String, Kind>,
    pub tls: ComponentTls,
    pub clock_offset: i64,
    pub memory_limit: Option<usize>,
    pub counters: Arc<Counters>,
    pub lines: crate::console::Lines,
}

pub(crate) struct Instance {
    pub table: ResourceTable,
    setup: Arc<Setup>,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    limits: StoreLimits,
}

impl Instance {
    pub fn store(engine: &Engine, setup: &Arc<Setup>, host: Weak<Host>) -> Store<Instance> {
        let output = || ComponentOutput::new(&setup.id, setup.lines.clone());
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(output())
            .stderr(output())
            .wall_clock(ShiftedClock { offset_seconds: setup.clock_offset });
        for (name, value) in &setup.environment {
            wasi.env(name, value);
        }
        let limits = match setup.memory_limit {
            Some(bytes) => StoreLimitsBuilder::new().memory_size(bytes).build(),
            None => StoreLimits::default(),
        };
        let instance = Instance {
            table: ResourceTable::new(),
            setup: setup.clone(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound { setup: setup.clone(), host },
            limits,
        };
        let mut store = Store::new(engine, instance);
        store.limiter(|instance| &mut instance.limits);
        store
    }

    pub fn counters(&self) -> &Counters {
        &self.setup.counters
    }

    /// None if the manifest does not give the component this store.
    pub fn bucket_of(&self, label: String) -> Option<Bucket> {
        let kind = self.setup.stores.get(&label)?.clone();
        Some(Bucket { kind, label })
    }
}

impl WasiView for Instance {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Instance {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

impl variables::Host for Instance {}

impl<T: Send> variables::HostWithStore<T> for HasSelf<Instance> {
    async fn get(
        access: &Accessor<T, Self>,
        name: String,
    ) -> Result<std::result::Result<String, variables::Error>> {
        if !manifest::is_name(&name) {
            return Ok(Err(variables::Error::InvalidName(name)));
        }
        let value = access.with(|mut access| access.get().setup.variables.get(&name).cloned());
        Ok(value.ok_or(variables::Error::Undefined(name)))
    }
}

/// Everything that a component may import.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<Instance>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    spin::Spin::add_to_linker::<_, HasSelf<Instance>>(&mut linker, |instance| instance)?;
    keyvalue::Keyvalue::add_to_linker::<_, HasSelf<Instance>>(&mut linker, |instance| instance)?;
    Ok(linker)
}
