//! Options of a served application.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::console::Console;

#[derive(Debug, Clone)]
pub struct Options {
    /// With port 0, a free port is chosen.
    pub listen: SocketAddr,
    /// The folder of `.spin/sqlite_key_value.db`. If empty, the manifest's folder.
    pub state_dir: PathBuf,
    /// Spin's runtime configuration file: key-value stores and TLS.
    pub runtime_config: Option<PathBuf>,
    /// A file with lines `SPIN_VARIABLE_NAME=value`.
    pub env_file: Option<PathBuf>,
    /// Values by variable name. They override all other sources.
    pub variables: BTreeMap<String, String>,
    /// Whether to read `SPIN_VARIABLE_NAME` from the process's environment.
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

/// Whether instances take their memory and stacks from a pool that is allocated in advance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pooling {
    /// As in Spin: faster, but at most 1,000 of each.
    #[default]
    Enabled,
    Disabled,
}

/// Limits of a component's instances. The defaults are Spin's.
#[derive(Debug, Clone, Copy, PartialEq, clap::Args)]
pub struct Limits {
    /// Requests that an instance serves in total
    #[arg(long, default_value_t = Limits::default().max_instance_reuse_count)]
    pub max_instance_reuse_count: usize,
    /// Requests that an instance serves at the same time
    #[arg(long, default_value_t = Limits::default().max_instance_concurrent_reuse_count)]
    pub max_instance_concurrent_reuse_count: usize,
    /// Seconds after which an instance without requests ends
    #[arg(long, default_value = "1", value_parser = parse_duration)]
    pub idle_instance_timeout: Duration,
    /// Seconds that a request may take [default: no limit]
    #[arg(long, value_parser = parse_duration)]
    pub request_timeout: Option<Duration>,
    /// Seconds that a request may take in total, with its body, its response and what follows the response;
    /// then its instance, which serves no other request, is ended [default: no limit]
    #[arg(long = "max-request-duration", value_parser = parse_duration)]
    pub request_duration: Option<Duration>,
    /// Bytes that the body of a client's request, or of the response to it, may have [default: no limit]
    #[arg(long = "max-body-size")]
    pub body_size: Option<usize>,
    /// Bytes of memory that an instance may use [default: no limit]
    #[arg(long = "max-instance-memory")]
    pub memory: Option<usize>,
    /// Calls of stores, the network and other components after a response has begun, then the component
    /// is ended [default: no limit]
    #[arg(long)]
    pub calls_after_response: Option<u32>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_instance_reuse_count: 128,
            max_instance_concurrent_reuse_count: 16,
            idle_instance_timeout: Duration::from_secs(1),
            request_timeout: None,
            request_duration: None,
            body_size: None,
            memory: None,
            calls_after_response: None,
        }
    }
}

/// A number of seconds, with or without `s`, or with another of Spin's units.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1e-3), ("us", 1e-6), ("μs", 1e-6), ("ns", 1e-9), ("s", 1.0), ("", 1.0)];
    let split = |(unit, seconds)| Some((text.strip_suffix(unit)?, seconds));
    let (number, unit) = units.into_iter().find_map(split).unwrap_or((text, 1.0));
    let number: f64 = number
        .parse()
        .map_err(|_| "expected seconds, or a number with the unit ms, us or ns".to_string())?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}
