//! Reads builds from the store, without polling GitHub. Any component can use it.

use crate::{
    Error, Result, now,
    settings::{SettingsError, Variables, load_cached},
    store::{Counter, Store},
};
use futures::future::try_join_all;
use nokube_domain::{
    BuildId, ProjectId,
    builds::{BuildState, BuildView, LONGEST_CAPACITY_WAIT, LONGEST_WAIT, view},
    page::Page,
};
use std::rc::Rc;

/// How long the registry is polled for the image's digest after a successful run, in seconds.
pub const DIGEST_TIMEOUT: i64 = 600;

/// Records read at a time while looking for unfinished builds.
const BATCH_SIZE: u32 = 20;

/// How long a build can take, in seconds.
#[derive(Clone, Copy)]
pub struct BuildLifetime {
    /// How long GitHub may take to show a run that was dispatched.
    pub grace: i64,
    /// Age at which every attempt has ended that did not wait for GitHub's rate limits or for capacity.
    pub max_age: i64,
}

impl BuildLifetime {
    /// # Errors
    /// Everything that is wrong with these settings.
    pub async fn load() -> std::result::Result<Rc<Self>, SettingsError> {
        load_cached(async |variables| Some(Self::collect(variables).await)).await
    }

    /// Reads the variables as part of a component's own settings.
    pub async fn collect(variables: &mut Variables) -> Self {
        let grace = variables.number("build_grace_seconds", 1..=86_400).await;
        let longest = variables.number("build_longest_seconds", 60..=21_600).await;
        Self { grace, max_age: grace + longest + DIGEST_TIMEOUT }
    }

    /// Builds created before this second (since 1970) have ended.
    pub fn oldest_unfinished(&self) -> i64 {
        self.oldest_dispatched() - LONGEST_CAPACITY_WAIT
    }

    /// Attempts that got capacity before this second have ended.
    pub fn oldest_dispatched(&self) -> i64 {
        now().as_second() - self.max_age - LONGEST_WAIT
    }
}

/// The builds with these numbers, without their steps. Two reads each, all concurrently.
///
/// A number without a record is left out: its request failed before the record was written.
///
/// # Errors
/// The store failed, or the settings are incomplete.
pub async fn summaries(
    store: &Store,
    numbers: impl Iterator<Item = (ProjectId, u32)>,
) -> Result<Vec<BuildView>> {
    let grace = BuildLifetime::load().await?.grace;
    let summary = |(project, number)| async move {
        let Some((record, run)) = store.build_with_run(project, number).await? else {
            return Ok::<_, Error>(None);
        };
        let mut build = match run.final_view() {
            Some(last) => last.view.clone(),
            None => {
                let state = BuildState::new(record, run);
                view(&state, state.pushed_digest(), grace, now())
            }
        };
        build.steps = Vec::new();
        Ok(Some(build))
    };
    let builds = try_join_all(numbers.map(summary)).await?;
    Ok(builds.into_iter().flatten().collect())
}

/// As [`summaries`], of one build. `None` without its record, and for another build of that number.
///
/// # Errors
/// The store failed, or the settings are incomplete.
pub async fn summary(store: &Store, id: BuildId) -> Result<Option<BuildView>> {
    let found = summaries(store, std::iter::once((id.project, id.number))).await?;
    Ok(found.into_iter().find(|build| build.build_id == id))
}

/// The builds of a project that have not ended as far as the store says; stops once `max` are found.
///
/// # Errors
/// The store failed, or the settings are incomplete.
pub async fn unfinished(store: &Store, project: ProjectId, max: u32) -> Result<Vec<BuildId>> {
    let oldest = BuildLifetime::load().await?.oldest_unfinished();
    let mut below = store.count(&Counter::builds(project)).await?;
    let mut found = Vec::new();
    while below > 0 && found.len() < max as usize {
        let numbers = Page { limit: BATCH_SIZE, offset: 0 }.numbers(below);
        let builds = numbers.map(|number| store.build_with_run(project, number));
        let builds = try_join_all(builds).await?;
        below = below.saturating_sub(BATCH_SIZE);
        for (record, run) in builds.into_iter().flatten() {
            if record.created_at.as_second() < oldest {
                below = 0; // All older builds have ended too.
            } else if run.final_view().is_none() {
                found.push(record.id);
            }
        }
    }
    Ok(found)
}
