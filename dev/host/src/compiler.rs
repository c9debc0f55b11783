//! Compiles a component's file to a value that can be instantiated.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine, PoolingAllocationConfig};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::instance::{InstanceState, linker};
use crate::options::Pooling;

/// Instances, memories and stacks in Spin's pool. What needs one more fails.
const POOL_SIZE: u32 = 1000;

pub(crate) struct Compiler {
    engine: Engine,
    linker: Linker<InstanceState>,
}

impl Compiler {
    pub fn new(pooling: Pooling) -> Result<Compiler> {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        // Without a home directory there is no cache, and every start compiles.
        config.cache(Cache::new(CacheConfig::new()).ok());
        let on_demand = config.clone();
        if pooling == Pooling::Enabled {
            config.allocation_strategy(pool());
        }
        // Like Spin, does without a pool if there is not enough address space.
        let engine = Engine::new(&config).or_else(|_| Engine::new(&on_demand))?;
        let linker = linker(&engine).map_err(anyhow::Error::from)?;
        Ok(Compiler { engine, linker })
    }

    pub fn compile(&self, path: &Path) -> Result<ServicePre<InstanceState>> {
        ensure!(path.exists(), "{} does not exist: has it been built?", path.display());
        let component = Component::from_file(&self.engine, path)?;
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(anyhow::Error::from)
            .context("it imports an interface that the local host does not offer")?;
        ServicePre::new(pre)
            .map_err(anyhow::Error::from)
            .context("it is not a WASI 0.3 HTTP component (spin-sdk 7 builds these)")
    }
}

/// Spin's limits.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(POOL_SIZE)
        .total_memories(POOL_SIZE)
        .total_tables(2 * POOL_SIZE)
        .total_stacks(POOL_SIZE)
        .total_core_instances(4 * POOL_SIZE)
        .table_elements(100_000)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_core_instances_per_component(200)
        .max_tables_per_component(64)
        .max_memories_per_component(32)
        .max_tables_per_module(2)
        .max_memories_per_module(2)
        .max_memory_size(4 << 30)
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(1 << 19);
    pool
}
