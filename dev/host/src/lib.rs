//! Serves a Spin application from its `spin.toml` without Spin: on machines that have no Spin, and inside
//! test processes.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use local_host::{App, Console, Options};
//!
//! let app = App::load("spin.toml".as_ref())?;
//! let running = app.serve(Options { console: Console::Capture, ..Options::default() }).await?;
//! println!("{} has read {} keys", running.url(), running.counts().reads);
//! running.stop().await
//! # }
//! ```

pub mod allowed_hosts;
mod app;
mod bindings;
mod body_limit;
mod chaining;
mod clock;
mod compiler;
mod component;
mod console;
mod counts;
mod headers;
mod host;
mod host_calls;
mod instance;
mod instance_reuse;
mod key_value;
pub mod manifest;
mod options;
mod outbound;
pub mod routes;
mod running;
pub mod runtime_config;
mod server;
mod tls;
pub mod variables;

pub use app::App;
pub use console::Console;
pub use counts::Counts;
pub use options::{Limits, Options, Pooling};
pub use running::Running;
