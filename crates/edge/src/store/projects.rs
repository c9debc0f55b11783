//! Projects and their members.

use super::{
    keys::{self, Counter},
    kv::Store,
};
use crate::error::Result;
use futures::future::try_join_all;
use nokube_domain::{
    Person, ProjectId,
    projects::{Members, Project},
};

impl Store {
    pub async fn project(&self, id: ProjectId) -> Result<Option<Project>> {
        self.get(keys::project(id)).await
    }

    pub async fn set_project(&self, project: &Project) -> Result<()> {
        self.set(keys::project(project.id), project).await
    }

    pub async fn delete_project(&self, id: ProjectId) -> Result<()> {
        self.delete(keys::project(id)).await
    }

    pub async fn members(&self, id: ProjectId) -> Result<Option<Members>> {
        self.get(keys::members(id)).await
    }

    pub async fn set_members(&self, id: ProjectId, members: &Members) -> Result<()> {
        self.set(keys::members(id), members).await
    }

    pub async fn delete_members(&self, id: ProjectId) -> Result<()> {
        self.delete(keys::members(id)).await
    }

    /// The `number`th project that a person created.
    pub async fn owned_project(&self, person: &Person, number: u32) -> Result<Option<ProjectId>> {
        self.get(keys::owned_project(person, number)).await
    }

    pub async fn set_owned_project(
        &self,
        person: &Person,
        number: u32,
        id: ProjectId,
    ) -> Result<()> {
        self.set(keys::owned_project(person, number), &id).await
    }

    pub async fn delete_owned_project(&self, person: &Person, number: u32) -> Result<()> {
        self.delete(keys::owned_project(person, number)).await
    }

    /// The projects that a person owns, newest first.
    pub async fn projects_owned_by(&self, person: &Person) -> Result<Vec<ProjectId>> {
        let count = self.count(&Counter::owned_projects(person)).await?;
        let ids = (1..=count).rev().map(|number| self.owned_project(person, number));
        Ok(try_join_all(ids).await?.into_iter().flatten().collect())
    }

    /// The `number`th project of another owner that a person became a member of.
    pub async fn membership(&self, person: &Person, number: u32) -> Result<Option<ProjectId>> {
        self.get(keys::membership(person, number)).await
    }

    pub async fn set_membership(
        &self,
        person: &Person,
        number: u32,
        project: ProjectId,
    ) -> Result<()> {
        self.set(keys::membership(person, number), &project).await
    }

    pub async fn delete_membership(&self, person: &Person, number: u32) -> Result<()> {
        self.delete(keys::membership(person, number)).await
    }

    /// The number of a person's membership in a project, present or past. A person who is removed and
    /// added again keeps it, so repeated changes use up one number.
    pub async fn membership_number(
        &self,
        person: &Person,
        project: ProjectId,
    ) -> Result<Option<u32>> {
        self.get(keys::membership_number(person, project)).await
    }

    pub async fn set_membership_number(
        &self,
        person: &Person,
        project: ProjectId,
        number: u32,
    ) -> Result<()> {
        self.set(keys::membership_number(person, project), &number).await
    }
}
