//! Follows builds and deployments until they have ended: reads them at the pace of the platform's page, shows what they
//! do at the moment, and goes on after the network was lost.

mod board;
pub mod build;
pub mod deployment;
pub mod difference;
pub mod issues;
mod poll;
pub mod report;
pub mod statuses;
#[cfg(test)]
mod tests;

pub use board::Board;
pub use deployment::Verdict;

use crate::{
    Result,
    api::{Client, Received, builds::Build, deployments::Deployment},
    context::Context,
};
use poll::Reader;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Follows what belongs to one command.
pub struct Follow<'a> {
    client: &'a Client,
    /// What is shown meanwhile.
    pub board: Board,
    interval: Duration,
}

/// A deployment at the end of following it.
pub struct Followed {
    pub deployment: Received<Deployment>,
    /// [`Verdict::Waiting`] if the time was over.
    pub verdict: Verdict,
}

impl<'a> Follow<'a> {
    /// For so many services at once. `is_stream`: with `--json`, each change is a line of the result.
    pub async fn new(context: &'a Context, services: usize, is_stream: bool) -> Result<Follow<'a>> {
        let client = context.client().await?;
        let board = Board::new(&context.output, is_stream && context.output.is_json());
        Ok(Self { client, board, interval: poll::interval(services) })
    }

    /// Follows a build until it has ended.
    ///
    /// # Errors
    /// It cannot be read, or not for a while.
    pub async fn build(&self, service: &str, build_id: &str) -> Result<Received<Build>> {
        let path = format!("/api/v1/builds/{build_id}");
        let mut reader = Reader::new(self.client, path);
        loop {
            if let Some(build) = self.read::<Build>(service, &mut reader).await? {
                self.board.build(service, &build);
                if build.status.is_ended() {
                    return Ok(build);
                }
            }
            sleep(self.interval).await;
        }
    }

    /// Follows a deployment until it has ended, or until the time is over.
    ///
    /// # Errors
    /// It cannot be read, or not for a while.
    pub async fn deployment(
        &self,
        service: &str,
        deployment_id: &str,
        timeout: Duration,
    ) -> Result<Followed> {
        let path = format!("/api/v1/deployments/{deployment_id}");
        let mut reader = Reader::new(self.client, path);
        let started = Instant::now();
        let (mut latest, mut running_since) = (None, None);
        loop {
            if let Some(deployment) = self.read::<Deployment>(service, &mut reader).await? {
                self.board.deployment(service, &deployment);
                latest = Some(deployment);
            }
            // A response that has not changed has another verdict after a while.
            if let Some(deployment) = &latest {
                let is_running = deployment.status.is_running();
                running_since = is_running.then(|| running_since.unwrap_or_else(Instant::now));
                let running_for = running_since.map(|since| since.elapsed()).unwrap_or_default();
                let verdict = deployment::verdict(deployment, running_for);
                if verdict != Verdict::Waiting || started.elapsed() >= timeout {
                    return Ok(Followed { deployment: deployment.clone(), verdict });
                }
            }
            sleep(self.interval.min(timeout)).await;
        }
    }

    /// Reads it once. `None`: it is as it was. While the platform does not answer, it is asked again.
    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        service: &str,
        reader: &mut Reader<'_>,
    ) -> Result<Option<Received<T>>> {
        loop {
            match reader.read().await {
                Ok(read) => return Ok(read),
                Err((error, None)) => return Err(error),
                Err((error, Some(pause))) => {
                    self.board.lost(service, &error);
                    sleep(pause).await;
                }
            }
        }
    }
}
