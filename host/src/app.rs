//! An application, from its manifest to its running: everything is composed here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;
use wasmtime_wasi_http::handler::ProxyHandler;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::allowed_hosts::AllowedHosts;
use crate::compile::Compiler;
use crate::console::Lines;
use crate::counts::Counters;
use crate::host::{Host, Target};
use crate::instance::{Instance, Setup};
use crate::key_value;
use crate::manifest::{self, Manifest, Route};
use crate::options::Options;
use crate::routes::{Pattern, Router};
use crate::running::Running;
use crate::runtime_config::RuntimeConfig;
use crate::server::{self, Ending};
use crate::tls::Tls;
use crate::variables::{Sources, Template, Values};
use crate::workers::Workers;

/// A checked manifest with its compiled components. Cheap to clone, and may be
/// served several times at once.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    folder: PathBuf,
    manifest: Manifest,
    routes: Router<Target>,
    components: BTreeMap<String, ServicePre<Instance>>,
}

impl App {
    /// Reads the manifest and compiles the components; a compiled component is
    /// kept on disk, so that the next time is quick.
    pub fn load(path: &Path) -> Result<App> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let manifest = Manifest::parse(&text).with_context(|| path.display().to_string())?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let routes = routes(&manifest).with_context(|| path.display().to_string())?;
        let compiler = Compiler::new()?;
        let compile = |(id, component): (&String, &manifest::Component)| {
            let pre = compiler
                .compile(&folder.join(component.path()?))
                .with_context(|| format!("component {id:?}"))?;
            anyhow::Ok((id.clone(), pre))
        };
        let components = manifest.component.iter().map(compile).collect::<Result<_>>()?;
        Ok(App(Arc::new(Parts { folder, manifest, routes, components })))
    }

    /// Accepts requests when it returns.
    pub async fn serve(&self, options: Options) -> Result<Running> {
        let Parts { folder, manifest, routes, .. } = &*self.0;
        let values = values(manifest, &options)?;
        let lines = Lines::new(options.console);
        let counters = Arc::new(Counters::default());
        let config = match &options.runtime_config {
            Some(path) => RuntimeConfig::load(path)?,
            None => RuntimeConfig::default(),
        };
        let tls = Tls::new(&config.client_tls)?;
        let state = match options.state_dir.as_os_str().is_empty() {
            true => folder,
            false => &options.state_dir,
        };
        let labels = manifest.component.values().flat_map(|it| &it.key_value_stores);
        let stores =
            key_value::open(labels, &config.stores, &state.join(".spin/sqlite_key_value.db"))?;
        let mut setups = Vec::new();
        for (id, component) in &self.0.components {
            let declared =
                manifest.component.get(id).context("a component without its manifest")?;
            let (variables, allowed_hosts) =
                filled(declared, &values).with_context(|| format!("component {id:?}"))?;
            let setup = Setup {
                id: id.clone(),
                variables,
                environment: declared.environment.clone(),
                allowed_hosts,
                stores: declared
                    .key_value_stores
                    .iter()
                    .filter_map(|label| Some((label.clone(), stores.get(label)?.clone())))
                    .collect(),
                tls: tls.of(id),
                clock_offset: options.clock_offset,
                memory_limit: options.limits.memory,
                counters: counters.clone(),
                lines: lines.clone(),
            };
            setups.push((component, Arc::new(setup)));
        }

        let listener = listen(&options).await?;
        let addr = listener.local_addr()?;
        let ending = Ending::default();
        let host = Arc::new_cyclic(|host| {
            let components = setups.into_iter().map(|(pre, setup)| {
                let workers = Workers {
                    pre: pre.clone(),
                    setup: setup.clone(),
                    host: host.clone(),
                    limits: options.limits,
                    kill: ending.kill.clone(),
                };
                (setup.id.clone(), ProxyHandler::new(workers))
            });
            Host {
                addr,
                info: info(manifest),
                routes: routes.clone(),
                components: components.collect(),
                counters: counters.clone(),
                lines: lines.clone(),
            }
        });
        let accepting = tokio::spawn(server::accept(listener, host, ending.clone()));
        Ok(Running { addr, counters, lines, ending, accepting: Some(accepting) })
    }

    /// Public routes with what they lead to, for a greeting.
    pub fn routes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.routes.iter().map(|(route, target)| match target {
            Target::Component(id) => (route, id.as_str()),
            Target::Static(_) => (route, "a fixed response"),
        })
    }
}

fn routes(manifest: &Manifest) -> Result<Router<Target>> {
    let mut routes = Vec::new();
    for trigger in &manifest.trigger.http {
        let Route::Public(route) = &trigger.route else {
            continue;
        };
        let target = match (&trigger.component, &trigger.static_response) {
            (Some(component), _) => Target::Component(component.clone()),
            (None, Some(response)) => Target::Static(response.clone()),
            (None, None) => continue,
        };
        routes.push((Pattern::parse(route)?, target));
    }
    Ok(Router::new(routes))
}

fn values(manifest: &Manifest, options: &Options) -> Result<Values> {
    let environment = match options.use_environment {
        // A variable of ours that is not UTF-8 is as good as not set.
        true => std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        false => BTreeMap::new(),
    };
    let env_file = match &options.env_file {
        Some(path) if path.exists() => dotenvy::from_path_iter(path)
            .and_then(Iterator::collect)
            // The error has the line in it, which may be a secret.
            .map_err(|_| anyhow!("{} cannot be read: a line is not NAME=VALUE", path.display()))?,
        _ => BTreeMap::new(),
    };
    let sources =
        Sources { given: &options.variables, environment: &environment, env_file: &env_file };
    Values::resolve(&manifest.variables, &sources)
}

/// A component's variables and allowed hosts, without templates.
fn filled(
    component: &manifest::Component,
    values: &Values,
) -> Result<(BTreeMap<String, String>, AllowedHosts)> {
    let fill = |template: &String| Template::parse(template)?.fill(values);
    let variables = component.variables.iter();
    let variables = variables
        .map(|(name, template)| Ok((name.clone(), fill(template)?)))
        .collect::<Result<_>>()?;
    let mut hosts = AllowedHosts::default();
    for entry in &component.allowed_outbound_hosts {
        // Named as the manifest has it: the variable in it is what the operator can mend.
        hosts.add(&fill(entry)?).with_context(|| format!("the entry {entry:?} of the manifest"))?;
    }
    Ok((variables, hosts))
}

async fn listen(options: &Options) -> Result<TcpListener> {
    TcpListener::bind(options.listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("{} is already in use: choose another port", options.listen)
        }
        _ => anyhow::anyhow!("{} cannot be listened on: {error}", options.listen),
    })
}

fn info(manifest: &Manifest) -> String {
    let application = &manifest.application;
    serde_json::json!({
        "name": application.name,
        "version": application.version.as_deref().unwrap_or_default(),
        "bindle_version": null,
    })
    .to_string()
}
