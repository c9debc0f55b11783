//! Compiles a component's file to a value that can be instantiated.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::instance::{InstanceState, linker};

pub(crate) struct Compiler {
    engine: Engine,
    linker: Linker<InstanceState>,
}

impl Compiler {
    pub fn new() -> Result<Compiler> {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        // Without a home directory there is no cache, and every start compiles.
        config.cache(Cache::new(CacheConfig::new()).ok());
        let engine = Engine::new(&config)?;
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
