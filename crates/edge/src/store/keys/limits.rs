//! What is limited, and whose audit log: parts of keys.

use nokube_domain::{Person, ProjectId};

/// A limit of how many things somebody may have, with places that are counted.
#[derive(Clone, Debug)]
pub enum Limit {
    /// Unfinished builds in all projects of an owner.
    Builds(Person),
    /// Projects of an owner.
    Projects(Person),
    /// Deployed services of a project.
    Services(ProjectId),
    /// Services of a project with a saved source.
    SavedServices(ProjectId),
    /// Services that are built by pushes to a repository. Those of people who may push to it have places of their own,
    /// which others cannot fill.
    PushServices { repository: u64, may_push: bool },
    /// Deployed services in all projects of an owner.
    OwnedServices(Person),
    /// Pull requests with a preview in all projects of an owner.
    Previews(Person),
    /// Deployed previews of a project. The places are also the list of them.
    DeployedPreviews(ProjectId),
    /// Valid API tokens of a person.
    Tokens(Person),
    /// Open invitations of a person. The places are also the list of them.
    Invitations(Person),
    /// Open invitations that an owner has sent to a person.
    SentInvitations { owner: Person, person: Person },
}

impl Limit {
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Builds(owner) => format!("builds/{}", owner.key()),
            Self::Projects(owner) => format!("projects/{}", owner.key()),
            Self::Services(project) => format!("services/{project}"),
            Self::SavedServices(project) => format!("saved-services/{project}"),
            Self::PushServices { repository, may_push: true } => {
                format!("push-services/{repository}")
            }
            Self::PushServices { repository, may_push: false } => {
                format!("push-services-of-others/{repository}")
            }
            Self::OwnedServices(owner) => format!("owned-services/{}", owner.key()),
            Self::Previews(owner) => format!("previews/{}", owner.key()),
            Self::DeployedPreviews(project) => format!("deployed-previews/{project}"),
            Self::Tokens(person) => format!("tokens/{}", person.key()),
            Self::Invitations(person) => format!("invitations/{}", person.key()),
            Self::SentInvitations { owner, person } => {
                format!("sent-invitations/{}/{}", owner.key(), person.key())
            }
        }
    }
}

/// Whose audit log.
#[derive(Clone, Debug)]
pub enum AuditLog {
    Project(ProjectId),
    Person(Person),
}

impl AuditLog {
    pub(super) fn key(&self) -> String {
        match self {
            Self::Project(project) => format!("p/{project}"),
            Self::Person(person) => format!("u/{}", person.key()),
        }
    }
}
