//! An application that is being served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinHandle;

use crate::console::ConsoleWriter;
use crate::counts::{Counters, Counts};
use crate::server::Shutdown;

/// The time that running requests have to finish after a stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Is served until this value is stopped or dropped.
pub struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) counters: Arc<Counters>,
    pub(crate) console: ConsoleWriter,
    pub(crate) shutdown: Shutdown,
    pub(crate) accept_task: Option<JoinHandle<()>>,
}

impl Running {
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:3000`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Totals since the start.
    pub fn counts(&self) -> Counts {
        self.counters.snapshot()
    }

    /// The console output so far, if the console is captured. Otherwise empty.
    pub fn console(&self) -> String {
        self.console.captured()
    }

    /// Stops to accept requests, and waits for running requests for at most five seconds. The program does not
    /// wait.
    pub async fn stop(mut self) -> Result<()> {
        self.shutdown.graceful.cancel();
        self.shutdown.connections.close();
        // After a time-out the remaining connections are aborted below.
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.shutdown.connections.wait()).await;
        self.shutdown.abort.cancel();
        if let Some(accept_task) = self.accept_task.take() {
            accept_task.await?;
        }
        self.shutdown.connections.wait().await;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.abort.cancel();
    }
}
