//! Starts a simulated GitHub and stops it.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::control::GitHubControl;
use super::control_api;
use super::http;
use super::options::GitHubOptions;
use super::server_state::{ServerState, owner_and_name};
use super::webhooks::sender;
use crate::traffic::server::serve;

/// A running simulation of GitHub. It stops when it is dropped.
///
/// It dereferences to [`GitHubControl`], which inspects and steers it.
pub struct SimulatedGitHub {
    control: GitHubControl,
    control_url: Option<String>,
    tasks: Vec<JoinHandle<()>>,
}

impl SimulatedGitHub {
    /// Listens on the addresses of the options.
    ///
    /// # Errors
    /// If an address is in use, the builder repository is not `owner/name`, or the App's private
    /// key cannot be parsed.
    pub async fn start(options: GitHubOptions) -> anyhow::Result<Self> {
        owner_and_name(&options.builder_repository)
            .with_context(|| format!("{} is not owner/name", options.builder_repository))?;
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen on {}", options.listen))?;
        let origin = format!("http://{}", listener.local_addr()?);
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed)?;
        let control_address = options.control;
        let state = Arc::new(ServerState::new(options, origin, seed)?);
        let control = GitHubControl::new(state.clone());

        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let mut tasks = vec![
            tokio::spawn(serve(listener, http::router(&state))),
            tokio::spawn(sender::send_all(state.clone(), client)),
        ];
        let control_url = match control_address {
            None => None,
            Some(address) => {
                let listener = TcpListener::bind(address)
                    .await
                    .with_context(|| format!("cannot listen on {address}"))?;
                let url = format!("http://{}", listener.local_addr()?);
                let router = control_api::router(control.clone());
                tasks.push(tokio::spawn(serve(listener, router)));
                Some(url)
            }
        };
        if state.options.ping {
            state.send_ping();
        }
        Ok(Self { control, control_url, tasks })
    }

    /// The address of the control API, if it is served.
    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.control_url.clone()
    }
}

impl Drop for SimulatedGitHub {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Deref for SimulatedGitHub {
    type Target = GitHubControl;

    fn deref(&self) -> &GitHubControl {
        &self.control
    }
}
