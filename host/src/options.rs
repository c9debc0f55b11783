//! How an application is run.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::console::Console;

#[derive(Debug, Clone)]
pub struct Options {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `.spin/sqlite_key_value.db` is. Empty: in the folder of the manifest.
    pub state_dir: PathBuf,
    /// Spin's runtime configuration: key-value stores and TLS. None: as without it.
    pub runtime_config: Option<PathBuf>,
    /// Entries `SPIN_VARIABLE_NAME=value`. None: no file at all.
    pub env_file: Option<PathBuf>,
    /// Values by the variables' own names; they beat every other source.
    pub variables: BTreeMap<String, String>,
    /// Whether `SPIN_VARIABLE_NAME` in the process's environment counts.
    pub use_environment: bool,
    /// Seconds by which the components' wall clock is ahead of the machine's.
    pub clock_offset: i64,
    pub limits: Limits,
    pub console: Console,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state_dir: PathBuf::new(),
            runtime_config: None,
            env_file: None,
            variables: BTreeMap::new(),
            use_environment: false,
            clock_offset: 0,
            limits: Limits::default(),
            console: Console::default(),
        }
    }
}

/// How instances are used; the defaults are Spin's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Requests that one instance serves in its life.
    pub max_instance_reuse_count: usize,
    /// Requests that one instance serves at the same time.
    pub max_instance_concurrent_reuse_count: usize,
    /// How long an instance without a request is kept.
    pub idle_instance_timeout: Duration,
    /// None: a request may take for ever.
    pub request_timeout: Option<Duration>,
    /// Bytes of memory an instance may have. None: as much as WebAssembly allows.
    pub memory: Option<usize>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_instance_reuse_count: 128,
            max_instance_concurrent_reuse_count: 16,
            idle_instance_timeout: Duration::from_secs(1),
            request_timeout: None,
            memory: None,
        }
    }
}
