//! Loads an application from its manifest, and serves it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;
use wasmtime_wasi_http::handler::ProxyHandler;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::allowed_hosts::AllowedHosts;
use crate::compiler::Compiler;
use crate::component::ComponentConfig;
use crate::console::ConsoleWriter;
use crate::counts::Counters;
use crate::host::{Host, RouteTarget};
use crate::instance::InstanceState;
use crate::instance_reuse::ComponentHandler;
use crate::key_value;
use crate::manifest::{self, Manifest, Route};
use crate::options::{Options, Pooling};
use crate::routes::{Pattern, Router};
use crate::running::Running;
use crate::runtime_config::RuntimeConfig;
use crate::server::{self, Shutdown};
use crate::tls::ClientTlsConfigs;
use crate::variables::{ResolvedVariables, VariableSources};

/// A valid manifest with its compiled components. Cheap to clone. May be served several times at once.
#[derive(Clone)]
pub struct App(Arc<LoadedApp>);

struct LoadedApp {
    folder: PathBuf,
    manifest: Manifest,
    routes: Router<RouteTarget>,
    components: BTreeMap<String, ServicePre<InstanceState>>,
}

impl App {
    /// Reads the manifest and compiles the components. Compiled components are cached on disk.
    pub fn load(path: &Path) -> Result<App> {
        App::load_with(path, Pooling::default())
    }

    pub fn load_with(path: &Path, pooling: Pooling) -> Result<App> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let manifest = Manifest::parse(&text).with_context(|| path.display().to_string())?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let routes = public_routes(&manifest).with_context(|| path.display().to_string())?;
        let compiler = Compiler::new(pooling)?;
        let compile = |(id, component): (&String, &manifest::Component)| {
            let pre = compiler
                .compile(&folder.join(component.path()?))
                .with_context(|| format!("component {id:?}"))?;
            anyhow::Ok((id.clone(), pre))
        };
        let components = manifest.component.iter().map(compile).collect::<Result<_>>()?;
        Ok(App(Arc::new(LoadedApp { folder, manifest, routes, components })))
    }

    /// Starts to serve. Requests are accepted when it returns.
    pub async fn serve(&self, options: Options) -> Result<Running> {
        let manifest = &self.0.manifest;
        let console = ConsoleWriter::new(options.console);
        let counters = Arc::new(Counters::default());
        let configs = self.component_configs(&options, &counters, &console)?;
        let listener = listen(&options).await?;
        let addr = listener.local_addr()?;
        let shutdown = Shutdown::default();
        let host = Arc::new_cyclic(|host: &Weak<Host>| {
            let components = configs.into_iter().map(|(pre, config)| {
                let handler = ComponentHandler {
                    pre: pre.clone(),
                    component: config.clone(),
                    application: host.clone(),
                    limits: options.limits,
                    abort: shutdown.abort.clone(),
                };
                (config.id.clone(), ProxyHandler::new(handler))
            });
            Host {
                addr,
                info: info_json(manifest),
                routes: self.0.routes.clone(),
                components: components.collect(),
                counters: counters.clone(),
                calls_after_response: options.limits.calls_after_response,
                body_size: options.limits.body_size,
                console: console.clone(),
            }
        });
        let accept_task =
            tokio::spawn(server::accept_connections(listener, host, shutdown.clone()));
        Ok(Running { addr, counters, console, shutdown, accept_task: Some(accept_task) })
    }

    /// Each component with its configuration, and its key-value stores opened.
    fn component_configs(
        &self,
        options: &Options,
        counters: &Arc<Counters>,
        console: &ConsoleWriter,
    ) -> Result<Vec<(&ServicePre<InstanceState>, Arc<ComponentConfig>)>> {
        let LoadedApp { folder, manifest, .. } = &*self.0;
        let variables = resolve_variables(manifest, options)?;
        let runtime_config = match &options.runtime_config {
            Some(path) => RuntimeConfig::load(path)?,
            None => RuntimeConfig::default(),
        };
        let tls = Arc::new(ClientTlsConfigs::new(&runtime_config.client_tls)?);
        let state_dir = match options.state_dir.as_os_str().is_empty() {
            true => folder,
            false => &options.state_dir,
        };
        let labels = manifest.component.values().flat_map(|it| &it.key_value_stores);
        let default_file = state_dir.join(".spin/sqlite_key_value.db");
        let stores = key_value::open_stores(labels, &runtime_config.stores, &default_file)?;
        let mut configs = Vec::new();
        for (id, pre) in &self.0.components {
            let component =
                manifest.component.get(id).context("a component is not in the manifest")?;
            let (variables, allowed_hosts) = expand_templates(component, &variables)
                .with_context(|| format!("component {id:?}"))?;
            let config = ComponentConfig {
                id: id.clone(),
                variables,
                environment: component.environment.clone(),
                allowed_hosts,
                stores: component
                    .key_value_stores
                    .iter()
                    .filter_map(|label| Some((label.clone(), stores.get(label)?.clone())))
                    .collect(),
                tls: tls.clone(),
                clock_offset: options.clock_offset,
                memory_limit: options.limits.memory,
                counters: counters.clone(),
                console: console.clone(),
            };
            configs.push((pre, Arc::new(config)));
        }
        Ok(configs)
    }

    /// The interfaces that each component imports, which a host must have, by component.
    pub fn imports(&self) -> BTreeMap<&str, Vec<String>> {
        let imports = |pre: &ServicePre<InstanceState>| {
            let component = pre.instance_pre().component();
            let imports = component.component_type();
            imports.imports(pre.engine()).map(|(name, _)| name.to_string()).collect()
        };
        self.0.components.iter().map(|(id, pre)| (id.as_str(), imports(pre))).collect()
    }

    /// Each public route with a description of its target.
    pub fn routes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.routes.iter().map(|(route, target)| match target {
            RouteTarget::Component(id) => (route, id.as_str()),
            RouteTarget::Static(_) => (route, "a fixed response"),
        })
    }
}

fn public_routes(manifest: &Manifest) -> Result<Router<RouteTarget>> {
    let mut routes = Vec::new();
    for trigger in &manifest.trigger.http {
        let Route::Public(route) = &trigger.route else {
            continue;
        };
        let target = match (&trigger.component, &trigger.static_response) {
            (Some(component), _) => RouteTarget::Component(component.clone()),
            (None, Some(response)) => RouteTarget::Static(response.clone()),
            (None, None) => continue,
        };
        routes.push((Pattern::parse(route)?, target));
    }
    Ok(Router::new(routes))
}

fn resolve_variables(manifest: &Manifest, options: &Options) -> Result<ResolvedVariables> {
    let environment = match options.use_environment {
        // A variable that is not UTF-8 is ignored.
        true => std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        false => BTreeMap::new(),
    };
    let env_file = match &options.env_file {
        Some(path) if path.exists() => dotenvy::from_path_iter(path)
            .and_then(Iterator::collect)
            // dotenvy's error contains the line, which may be a secret.
            .map_err(|_| anyhow!("{} cannot be read: a line is not NAME=VALUE", path.display()))?,
        _ => BTreeMap::new(),
    };
    let sources = VariableSources {
        overrides: &options.variables,
        environment: &environment,
        env_file: &env_file,
    };
    ResolvedVariables::resolve(&manifest.variables, &sources)
}

/// A component's variables and allowed hosts, with the templates expanded.
fn expand_templates(
    component: &manifest::Component,
    variables: &ResolvedVariables,
) -> Result<(BTreeMap<String, String>, AllowedHosts)> {
    let expand = |(name, value): (&String, &String)| Ok((name.clone(), variables.expand(value)?));
    let component_variables = component.variables.iter().map(expand).collect::<Result<_>>()?;
    let mut hosts = AllowedHosts::default();
    for entry in &component.allowed_outbound_hosts {
        // The unexpanded entry shows which variable has the wrong value.
        hosts
            .add(&variables.expand(entry)?)
            .with_context(|| format!("the manifest's entry {entry:?}"))?;
    }
    Ok((component_variables, hosts))
}

async fn listen(options: &Options) -> Result<TcpListener> {
    TcpListener::bind(options.listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("{} is already in use: choose another port", options.listen)
        }
        _ => anyhow!("cannot listen on {}: {error}", options.listen),
    })
}

fn info_json(manifest: &Manifest) -> String {
    let manifest::Application { name, version, .. } = &manifest.application;
    let info = match version {
        Some(version) => serde_json::json!({ "name": name, "version": version }),
        None => serde_json::json!({ "name": name }),
    };
    format!("{info:#}")
}
