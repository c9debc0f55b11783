//! What a command needs of its surroundings: the platform, the client, the project, the service.

mod config_file;
mod platform;
mod project;
mod service;

pub use config_file::{CONFIG_FILE, ConfigFileSummary, find_config_file};
pub use platform::Platform;

use crate::{
    Result,
    api::{Client, projects::Project},
    args::GlobalOptions,
    config::{self, Config},
    credentials::Credentials,
    environment::Environment,
    output::Output,
};
use std::path::PathBuf;
use tokio::sync::OnceCell;

pub struct Context {
    pub options: GlobalOptions,
    pub environment: Environment,
    pub output: Output,
    client: OnceCell<Client>,
    project: OnceCell<Project>,
}

impl Context {
    pub fn new(options: GlobalOptions, environment: Environment, output: Output) -> Self {
        let (client, project) = (OnceCell::new(), OnceCell::new());
        Self { options, environment, output, client, project }
    }

    /// The folder of configuration and credentials.
    pub fn config_folder(&self) -> Result<PathBuf> {
        config::folder(&self.environment)
    }

    pub fn config(&self) -> Result<Config> {
        Config::load(&self.config_folder()?)
    }

    pub fn credentials(&self) -> Result<Credentials> {
        let use_keyring = self.environment.credentials.as_deref() != Some("file");
        Ok(Credentials::new(&self.config_folder()?, use_keyring))
    }
}
