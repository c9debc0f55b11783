//! An application that is being served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinHandle;

use crate::console::Lines;
use crate::counts::{Counters, Counts};
use crate::server::Ending;

/// How long running requests may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until it is stopped or dropped.
pub struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) counters: Arc<Counters>,
    pub(crate) lines: Lines,
    pub(crate) ending: Ending,
    pub(crate) accepting: Option<JoinHandle<()>>,
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

    /// Everything printed so far, if the console is captured.
    pub fn console(&self) -> String {
        self.lines.captured()
    }

    /// Accepts nothing more and waits for running requests, five seconds at most.
    pub async fn stop(mut self) -> Result<()> {
        self.ending.close.cancel();
        self.ending.connections.close();
        // Past the grace the rest is dropped, below.
        let _ = tokio::time::timeout(GRACE, self.ending.connections.wait()).await;
        self.ending.kill.cancel();
        if let Some(accepting) = self.accepting.take() {
            accepting.await?;
        }
        self.ending.connections.wait().await;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ending.kill.cancel();
    }
}
