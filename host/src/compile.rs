//! From a component's file to something that makes instances.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::instance::{Instance, linker};

pub(crate) struct Compiler {
    engine: Engine,
    linker: Linker<Instance>,
}

impl Compiler {
    pub fn new() -> Result<Compiler> {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        // Without a home there is no cache, only a slower start.
        config.cache(Cache::new(CacheConfig::new()).ok());
        let engine = Engine::new(&config)?;
        let linker = linker(&engine).map_err(anyhow::Error::from)?;
        Ok(Compiler { engine, linker })
    }

    pub fn compile(&self, path: &Path) -> Result<ServicePre<Instance>> {
        ensure!(path.exists(), "{} does not exist: has it been built?", path.display());
        let component = Component::from_file(&self.engine, path)?;
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(anyhow::Error::from)
            .context("it imports what the local host does not have")?;
        ServicePre::new(pre)
            .map_err(anyhow::Error::from)
            .context("it is not an HTTP component of WASI 0.3 (spin-sdk 7 makes such)")
    }
}
