//! Merges the builds of several projects into one list, newest first.

use super::{BuildView, Status};
use crate::{ProjectId, page::Page};
use std::collections::{BTreeMap, VecDeque};

/// What a list shows.
#[derive(Clone, Copy, Debug)]
pub enum BuildFilter {
    All,
    Status {
        status: Status,
        /// Builds created before this second (since 1970) have ended.
        oldest_unfinished: i64,
    },
}

impl BuildFilter {
    pub fn matches(self, build: &BuildView) -> bool {
        match self {
            Self::All => true,
            Self::Status { status, .. } => build.status == status,
        }
    }

    /// Whether no build of the project that is older than this one can match.
    fn is_last(self, build: &BuildView) -> bool {
        match self {
            Self::All => false,
            Self::Status { status, oldest_unfinished } => {
                !status.is_final() && build.created_at.as_second() < oldest_unfinished
            }
        }
    }
}

/// The builds of several projects, as far as they were read. Within a project they are ordered by their numbers, even
/// if clocks differed.
pub struct MergedList {
    filter: BuildFilter,
    projects: BTreeMap<ProjectId, Project>,
}

#[derive(Default)]
struct Project {
    /// Newest first.
    read: VecDeque<BuildView>,
    /// The newest number that was not read yet; 0 if there is none.
    unread: u32,
}

impl Project {
    fn must_be_read(&self) -> bool {
        self.read.is_empty() && self.unread > 0
    }
}

impl MergedList {
    /// A list that begins in each project with this number.
    pub fn new(filter: BuildFilter, positions: impl IntoIterator<Item = (ProjectId, u32)>) -> Self {
        let project = |(id, unread): (_, u32)| (id, Project { unread, ..Project::default() });
        Self { filter, projects: positions.into_iter().map(project).collect() }
    }

    /// The numbers of the builds to be read before [`Self::next`] can return the next build; `ahead` builds of each
    /// project of which none is left.
    pub fn to_read(&self, ahead: u32) -> Vec<(ProjectId, u32)> {
        let batch = Page { limit: ahead, offset: 0 };
        let projects = self.projects.iter().filter(|(_, project)| project.must_be_read());
        projects
            .flat_map(|(id, project)| batch.numbers(project.unread).map(|number| (*id, number)))
            .collect()
    }

    /// Adds what was read of [`Self::to_read`]. Some numbers have no build.
    pub fn add(&mut self, ahead: u32, builds: Vec<BuildView>) {
        for project in self.projects.values_mut().filter(|project| project.must_be_read()) {
            project.unread = project.unread.saturating_sub(ahead);
        }
        for build in builds {
            if let Some(project) = self.projects.get_mut(&build.project_id) {
                project.read.push_back(build);
            }
        }
    }

    /// Whether the next build is known.
    pub fn has_next(&mut self) -> bool {
        self.next_project().is_some()
    }

    /// Removes the next build from the list.
    pub fn pop(&mut self) -> Option<BuildView> {
        let id = self.next_project()?;
        self.projects.get_mut(&id)?.read.pop_front()
    }

    /// The project of the next build, if nothing must be read before. Newer builds that do not match are removed.
    fn next_project(&mut self) -> Option<ProjectId> {
        loop {
            if self.projects.values().any(Project::must_be_read) {
                return None;
            }
            let created_at = |project: &Project| project.read.front().map(|build| build.created_at);
            let newest = self.projects.iter_mut().max_by_key(|(_, project)| created_at(project));
            let (id, project) = newest?;
            let build = project.read.front()?;
            if self.filter.matches(build) {
                return Some(*id);
            }
            if self.filter.is_last(build) {
                *project = Project::default();
            } else {
                project.read.pop_front();
            }
        }
    }

    /// The projects of which builds are left, each with the number of the newest one.
    pub fn position(&self) -> BTreeMap<ProjectId, u32> {
        let number = |project: &Project| match project.read.front() {
            Some(build) => build.build_id.number,
            None => project.unread,
        };
        let positions = self.projects.iter().map(|(id, project)| (*id, number(project)));
        positions.filter(|(_, number)| *number > 0).collect()
    }
}
