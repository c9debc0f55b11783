//! The records of pushes in the store: of the pushes to the branch of a service, and of those to pull requests.

use crate::{
    Result, now,
    reservation::{existing, hashed_name},
    services::{KEPT_PUSHES, MAX_PUSH_GAP},
    store::{Counter, Key, Store, keys},
};
use futures::future::try_join_all;
use nokube_domain::{
    BuildId, ProjectId, Timestamp,
    access::{Caller, Role, find_role},
    config_file::FileService,
    image::ImageTag,
    name::ServiceName,
    previews::pull_request_ref,
    pushes::{PushOutcome, PushRecord, RecordedFile, TargetKey},
    services::{LinkedBy, SavedSource, ServiceRecord},
};
use std::ops::Range;

/// How many numbers are read at a time while a record is looked for: the newest one usually is it.
const CHUNKS: [u32; 3] = [1, 8, 32];

/// How many numbers are looked through for earlier targets.
const MAX_EARLIER: u32 = 40;

/// A service that pushes build.
#[derive(Clone, Debug)]
pub struct LinkedService {
    pub project: ProjectId,
    pub name: ServiceName,
    /// What is saved of it; of a pull request with its ref and its tag.
    pub source: SavedSource,
    /// Who is responsible.
    pub linked: LinkedBy,
    /// The pull request that is meant; `None`: the branch of the service.
    pub pull_request: Option<u32>,
}

/// Whose pushes: those to the branch of a service, or those to a pull request.
#[derive(Clone, Copy, Debug)]
pub struct PushesOf<'a> {
    pub project: ProjectId,
    pub service: &'a ServiceName,
    pub pull_request: Option<u32>,
}

impl LinkedService {
    /// `None` if pushes do not build it.
    pub fn of_record(
        project: ProjectId,
        name: &ServiceName,
        record: Option<&ServiceRecord>,
    ) -> Option<Self> {
        let source = record?.source.clone()?;
        let linked = source.build_on_push.clone()?;
        Some(Self { project, name: name.clone(), source, linked, pull_request: None })
    }

    /// What pushes build now under this name. One read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(
        store: &Store,
        project: ProjectId,
        name: &ServiceName,
    ) -> Result<Option<Self>> {
        let record = store.get(keys::service(project, name)).await?;
        Ok(Self::of_record(project, name, record.as_ref()))
    }

    /// The same service for a pull request to its repository.
    #[must_use]
    pub fn with_pull_request(&self, number: u32) -> Self {
        let mut service = Self { pull_request: Some(number), ..self.clone() };
        service.source.spec.git_ref = pull_request_ref(number);
        service.source.spec.tag = ImageTag::of_pull_request(number);
        service
    }

    pub fn pushes(&self) -> PushesOf<'_> {
        let Self { project, name, pull_request, .. } = self;
        PushesOf { project: *project, service: name, pull_request: *pull_request }
    }

    /// The configuration file as of the newest record of the branch, if the service uses it.
    pub fn recorded_file(&self, newest: Option<&PushRecord>) -> Option<RecordedFile> {
        newest.filter(|_| self.source.use_config_file)?.config_file.clone()
    }

    /// See [`PushRecord::since`].
    pub fn since(&self) -> u32 {
        match self.pull_request {
            None => self.linked.since,
            Some(_) => self.source.previews.as_ref().map_or(0, |previews| previews.since),
        }
    }

    /// The number before which no record counts. Those of a pull request have numbers of their own.
    fn oldest(&self) -> u32 {
        if self.pull_request.is_some() { 0 } else { self.linked.since }
    }

    /// Whether a record is about what the service is built from now.
    fn counts(&self, record: &PushRecord) -> bool {
        let is_repository = record.repository_id == self.source.repository_id;
        record.since == self.since() && (is_repository || self.pull_request.is_none())
    }
}

impl PushesOf<'_> {
    /// Their numbers.
    pub fn counter(&self) -> Counter {
        match self.pull_request {
            None => Counter::pushes(self.project, self.service),
            Some(number) => Counter::preview_pushes(self.project, self.service, number),
        }
    }

    /// The record under a number.
    pub fn key(&self, number: u32) -> Key<PushRecord> {
        match self.pull_request {
            None => keys::push(self.project, self.service, number),
            Some(of) => keys::preview_push(self.project, self.service, of, number),
        }
    }

    /// The name of the reservation of a target's build.
    pub fn build_reservation(&self, (base, commit): &TargetKey) -> String {
        let Self { project, service, pull_request } = self;
        hashed_name(&match pull_request {
            None => format!("push-build {project} {service} {base} {commit}"),
            Some(number) => format!("preview-build {project} {service} {number} {base} {commit}"),
        })
    }
}

/// The build of a target: one read.
///
/// # Errors
/// The store failed.
pub async fn build_of(
    store: &Store,
    pushes: PushesOf<'_>,
    target: &TargetKey,
) -> Result<Option<BuildId>> {
    existing(store, &pushes.build_reservation(target)).await
}

/// The newest record that counts, of the numbers below `below`. One read for each number that is looked at.
///
/// # Errors
/// The store failed.
pub async fn newest_below(
    store: &Store,
    service: &LinkedService,
    below: u32,
) -> Result<Option<PushRecord>> {
    let oldest = below.saturating_sub(KEPT_PUSHES).max(service.oldest());
    let mut end = below;
    let mut chunks = CHUNKS.into_iter().chain(std::iter::repeat(KEPT_PUSHES));
    while end > oldest {
        let start = end.saturating_sub(chunks.next().unwrap_or(KEPT_PUSHES)).max(oldest);
        let records = in_range(store, service.pushes(), start..end).await?;
        if let Some(found) = records.into_iter().find(|record| service.counts(record)) {
            return Ok(Some(found));
        }
        end = start;
    }
    Ok(None)
}

/// The newest record of what a service is built from now: two reads.
///
/// # Errors
/// The store failed.
pub async fn newest(store: &Store, service: &LinkedService) -> Result<Option<PushRecord>> {
    let count = store.count(&service.pushes().counter()).await?;
    newest_below(store, service, count.saturating_add(1)).await
}

/// The configuration file of the branch of a service, or of the service of a pull request, as last read: two reads, and
/// none for a service that does not use it.
///
/// # Errors
/// The store failed.
pub async fn recorded_file(store: &Store, service: &LinkedService) -> Result<Option<RecordedFile>> {
    if !service.source.use_config_file {
        return Ok(None);
    }
    let branch = LinkedService { pull_request: None, ..service.clone() };
    let newest = newest(store, &branch).await?;
    Ok(branch.recorded_file(newest.as_ref()))
}

/// What the configuration file says of the service: as [`recorded_file`].
///
/// # Errors
/// The store failed.
pub async fn file_in_effect(store: &Store, service: &LinkedService) -> Result<Option<FileService>> {
    Ok(recorded_file(store, service).await?.and_then(|file| file.service))
}

/// The newest records, at most `max` numbers of them, the newest first.
///
/// # Errors
/// The store failed.
pub async fn recent(store: &Store, pushes: PushesOf<'_>, max: u32) -> Result<Vec<PushRecord>> {
    let end = store.count(&pushes.counter()).await?.saturating_add(1);
    in_range(store, pushes, end.saturating_sub(max).max(1)..end).await
}

/// The records with these numbers, the newest first.
///
/// # Errors
/// The store failed.
pub async fn in_range(
    store: &Store,
    pushes: PushesOf<'_>,
    numbers: Range<u32>,
) -> Result<Vec<PushRecord>> {
    let reads = numbers.rev().map(|number| store.get(pushes.key(number)));
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// A record and those before it, the newest first.
///
/// # Errors
/// The store failed.
pub async fn up_to(
    store: &Store,
    service: &LinkedService,
    newest: &PushRecord,
) -> Result<Vec<PushRecord>> {
    let first = newest.number.saturating_sub(MAX_EARLIER).max(service.oldest());
    let end = newest.number.saturating_add(1);
    let mut records = in_range(store, service.pushes(), first..end).await?;
    records.retain(|record| service.counts(record));
    Ok(records)
}

/// Writes a record, and deletes those that are too old. `earlier` is the number of the newest earlier record.
///
/// # Errors
/// The store failed.
pub async fn write(
    store: &Store,
    service: &LinkedService,
    record: &PushRecord,
    earlier: u32,
) -> Result<()> {
    let (pushes, number) = (service.pushes(), record.number);
    store.set(pushes.key(number), record).await?;
    // A deletion deletes the saved source first, so at least one of the two requests sees the other.
    let stored = store.get(keys::service(pushes.project, pushes.service)).await?;
    if stored.is_none_or(|stored| stored.source.is_none()) {
        return store.delete(pushes.key(number)).await;
    }
    let last = number.saturating_sub(KEPT_PUSHES);
    let first = earlier.saturating_sub(KEPT_PUSHES).max(last.saturating_sub(MAX_PUSH_GAP));
    for old in first.saturating_add(1)..=last {
        store.delete(pushes.key(old)).await?;
    }
    Ok(())
}

/// Why pushes build nothing, as far as the store says. Three concurrent reads.
///
/// # Errors
/// The store failed.
pub async fn problem(store: &Store, service: &LinkedService) -> Result<Option<PushOutcome>> {
    let LinkedBy { person, login, .. } = &service.linked;
    let (members, blocked, confirmed_until) = futures::join!(
        store.get(keys::members(service.project)),
        store.is_blocked(person),
        confirmed_until(store, &service.linked)
    );
    let caller = Caller { person: person.clone(), login: login.clone() };
    let role = members?.and_then(|members| find_role(&caller, &members));
    Ok(if blocked? {
        Some(PushOutcome::Blocked)
    } else if role < Some(Role::Developer) {
        Some(PushOutcome::NotAMember)
    } else if now() >= confirmed_until? {
        Some(PushOutcome::ConfirmationRequired)
    } else {
        None
    })
}

/// Until when pushes build without another confirmation. One read.
///
/// # Errors
/// The store failed.
pub async fn confirmed_until(store: &Store, linked: &LinkedBy) -> Result<Timestamp> {
    let last_sign_in = store.get(keys::last_sign_in(&linked.person)).await?;
    Ok(linked.confirmed_until(last_sign_in))
}
