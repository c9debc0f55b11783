//! The key-value store: typed records, and counters.

use crate::{
    Failure, Result, keys,
    scope::{self, Cost},
};
use futures::future::try_join_all;
use nokube_domain::{
    BuildId, Person, ProjectId, Timestamp,
    build::{BuildRecord, JobsDoc, RunDoc, Wish},
    project::{Members, Project},
};
use serde::{Serialize, de::DeserializeOwned};

pub use keys::{Counter, Log};

mod deployments;
mod people;

mod atomics {
    #![allow(unsafe_code, missing_docs)] // Generated.
    wit_bindgen::generate!({
        world: "nokube:edge/edge",
        path: "../../wit",
        generate_all,
    });
}

/// The only store: Redis ignores labels, and a plain `spin.toml` has no other.
const LABEL: &str = "default";

/// The store, open.
pub struct Store(spin_sdk::key_value::Store);

impl Store {
    /// # Errors
    /// The host gives the component no store.
    pub async fn open() -> Result<Self> {
        let store = spin_sdk::key_value::Store::open(LABEL).await;
        store.map(Self).map_err(|error| Failure::internal("open the store", error))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, key: String) -> Result<Option<T>> {
        scope::count(Cost::Read);
        let value = self.0.get(&key).await;
        let value = value.map_err(|error| Failure::internal(&format!("get {key}"), error))?;
        let read = value.map(|value| serde_json::from_slice(&value)).transpose();
        read.map_err(|error| Failure::internal(&format!("read {key}"), error))
    }

    pub(crate) async fn set<T: Serialize>(&self, key: String, value: &T) -> Result<()> {
        let value = serde_json::to_vec(value);
        let value = value.map_err(|error| Failure::internal(&format!("write {key}"), error))?;
        scope::count(Cost::Write);
        let set = self.0.set(&key, value).await;
        set.map_err(|error| Failure::internal(&format!("set {key}"), error))
    }

    pub(crate) async fn delete(&self, key: String) -> Result<()> {
        scope::count(Cost::Write);
        let done = self.0.delete(&key).await;
        done.map_err(|error| Failure::internal(&format!("delete {key}"), error))
    }

    /// Adds one and returns the new value: every caller gets another.
    ///
    /// This call blocks the instance's other requests, so it is used only where something new is
    /// made.
    ///
    /// # Errors
    /// The store failed. The counter may have been incremented: a number may be left out.
    pub fn increment(&self, counter: &Counter) -> Result<u32> {
        use atomics::wasi::keyvalue::{atomics::increment, store};
        let fail = |error: store::Error| {
            Failure::internal(&format!("increment {}", counter.0), format!("{error:?}"))
        };
        let bucket = store::open(LABEL).map_err(fail)?;
        scope::count(Cost::Write);
        let value = increment(&bucket, &counter.0, 1).map_err(fail)?;
        u32::try_from(value).map_err(|error| Failure::internal(&counter.0, error))
    }

    /// A counter's value; 0 before the first increment. (`increment` by 0 would be a write.)
    ///
    /// # Errors
    /// The store failed.
    pub async fn count(&self, counter: &Counter) -> Result<u32> {
        scope::count(Cost::Read);
        let value = self.0.get(&counter.0).await;
        let value = value.map_err(|error| Failure::internal(&counter.0, error))?;
        Ok(value.as_deref().map_or(0, counter_value))
    }

    pub async fn project(&self, id: ProjectId) -> Result<Option<Project>> {
        self.get(keys::project(id)).await
    }

    pub async fn set_project(&self, project: &Project) -> Result<()> {
        self.set(keys::project(project.id), project).await
    }

    pub async fn members(&self, id: ProjectId) -> Result<Option<Members>> {
        self.get(keys::members(id)).await
    }

    pub async fn set_members(&self, id: ProjectId, members: &Members) -> Result<()> {
        self.set(keys::members(id), members).await
    }

    pub async fn delete_project(&self, id: ProjectId) -> Result<()> {
        self.delete(keys::project(id)).await
    }

    pub async fn delete_members(&self, id: ProjectId) -> Result<()> {
        self.delete(keys::members(id)).await
    }

    pub async fn project_of(&self, person: &Person, number: u32) -> Result<Option<ProjectId>> {
        self.get(keys::project_of(person, number)).await
    }

    /// The numbers of the projects that a person owns, newest first.
    pub async fn owned_by(&self, person: &Person) -> Result<Vec<ProjectId>> {
        let count = self.count(&Counter::projects_of(person)).await?;
        let ids = (1..=count).rev().map(|number| self.project_of(person, number));
        Ok(try_join_all(ids).await?.into_iter().flatten().collect())
    }

    pub async fn set_project_of(&self, person: &Person, number: u32, id: ProjectId) -> Result<()> {
        self.set(keys::project_of(person, number), &id).await
    }

    pub async fn build(&self, project: ProjectId, number: u32) -> Result<Option<BuildRecord>> {
        self.get(keys::build_number(project, number)).await
    }

    pub async fn set_build(&self, build: &BuildRecord) -> Result<()> {
        self.set(keys::build(build.id), build).await
    }

    /// Takes a build back that nobody was told of.
    pub async fn delete_build(&self, id: BuildId) -> Result<()> {
        self.delete(keys::build(id)).await
    }

    /// What stands where a build's run document belongs; it may be about another build.
    pub async fn run(&self, project: ProjectId, number: u32) -> Result<Option<RunDoc>> {
        self.get(keys::run(project, number)).await
    }

    pub async fn set_run(&self, run: &RunDoc) -> Result<()> {
        self.set(keys::run(run.of.project, run.of.number), run).await
    }

    /// Joins news into the run document of their build as it stands now, and returns that. Nothing is
    /// written when nothing is new. For callers who have checked the build's record: a document about
    /// another build gives way.
    pub async fn learn_run(&self, news: RunDoc) -> Result<RunDoc> {
        let id = news.of;
        let mut run = RunDoc::about(id, self.run(id.project, id.number).await?);
        if run.learn(news) {
            self.set_run(&run).await?;
        }
        Ok(run)
    }

    /// As [`Self::learn_run`], for jobs.
    pub async fn learn_jobs(&self, news: JobsDoc) -> Result<JobsDoc> {
        let mut jobs = JobsDoc::about(news.of, self.jobs(news.of).await?);
        if jobs.learn(news) {
            self.set_jobs(&jobs).await?;
        }
        Ok(jobs)
    }

    /// What stands where a build's jobs document belongs; it may be about another build.
    pub async fn jobs(&self, id: BuildId) -> Result<Option<JobsDoc>> {
        self.get(keys::jobs(id)).await
    }

    pub async fn set_jobs(&self, jobs: &JobsDoc) -> Result<()> {
        self.set(keys::jobs(jobs.of), jobs).await
    }

    pub async fn wish(&self, id: BuildId) -> Result<Option<Wish>> {
        self.get(keys::wish(id)).await
    }

    pub async fn set_wish(&self, id: BuildId, wish: &Wish) -> Result<()> {
        self.set(keys::wish(id), wish).await
    }

    /// When GitHub was last asked about a build: the one thing that all instances share, so that many
    /// readers cause no more questions than one.
    pub async fn asked(&self, id: BuildId) -> Result<Option<Timestamp>> {
        self.get(keys::asked(id)).await
    }

    pub async fn set_asked(&self, id: BuildId, at: Timestamp) -> Result<()> {
        self.set(keys::asked(id), &at).await
    }

    /// What the last look at the systems around us found.
    pub async fn ready<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.get(keys::READY.into()).await
    }

    pub async fn set_ready<T: Serialize>(&self, found: &T) -> Result<()> {
        self.set(keys::READY.into(), found).await
    }

    pub(crate) async fn claimed<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        self.get(keys::claimed(name)).await
    }

    pub(crate) async fn set_claimed<T: Serialize>(&self, name: &str, made: &T) -> Result<()> {
        self.set(keys::claimed(name), made).await
    }

    pub(crate) async fn claim_met(&self, name: &str, generation: u32) -> Result<Option<Timestamp>> {
        self.get(keys::claim_met(name, generation)).await
    }

    pub(crate) async fn set_claim_met(
        &self,
        name: &str,
        generation: u32,
        at: Timestamp,
    ) -> Result<()> {
        self.set(keys::claim_met(name, generation), &at).await
    }
}

/// Reads a counter's bytes: 8 bytes little-endian on SQLite, decimal text on Redis. Eight ASCII
/// digits are text: as a number they would be above 10^18, which nobody counts to.
fn counter_value(bytes: &[u8]) -> u32 {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<i64>().ok());
    let value = text.or_else(|| bytes.try_into().ok().map(i64::from_le_bytes)).unwrap_or(0);
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}
