//! The keys of the store: the only place that knows them. See "State" in ARCHITECTURE.md.

use nokube_domain::{BuildId, DeploymentId, Person, ProjectId, name::Username, token::Hash};

/// A counter's name. Counters live under `c/`, where nothing else may ever stand: incrementing a
/// key with a foreign value breaks Spin's SQLite store for good.
pub struct Counter(pub(crate) String);

impl Counter {
    /// Projects handed out.
    pub fn projects() -> Self {
        Self("c/p".into())
    }

    /// Builds of a project handed out.
    pub fn builds(project: ProjectId) -> Self {
        Self(format!("c/b/{project}"))
    }

    /// Projects of a person handed out.
    pub fn projects_of(person: &Person) -> Self {
        Self(format!("c/u/{}", person.key()))
    }

    /// Domains of their own that a person has claimed, for whichever project.
    pub fn domains_of(person: &Person) -> Self {
        Self(format!("c/h/{}", person.key()))
    }

    /// Deployments of a project handed out.
    pub fn deployments(project: ProjectId) -> Self {
        Self(format!("c/d/{project}"))
    }

    /// Revisions of a deployment handed out.
    pub fn revisions(id: DeploymentId) -> Self {
        Self(format!("c/v/{}/{}", id.project, id.number))
    }

    /// Projects of others that a person was made a member of.
    pub fn memberships(person: &Person) -> Self {
        Self(format!("c/g/{}", person.key()))
    }

    /// Of these, those that one owner has made.
    pub fn memberships_by(owner: &Person, person: &Person) -> Self {
        Self(format!("c/g/{}/by/{}", person.key(), owner.key()))
    }

    /// API tokens of a person handed out.
    pub fn tokens(person: &Person) -> Self {
        Self(format!("c/t/{}", person.key()))
    }

    /// Entries of an audit trail.
    pub fn audit(log: &Log) -> Self {
        Self(format!("c/e/{}", log.key()))
    }

    /// What somebody has done in a window of time that costs something outside.
    pub fn limit(what: &str, who: &str, window: i64) -> Self {
        Self(format!("c/l/{what}/{who}/{window}"))
    }

    pub(crate) fn claim(name: &str, generation: u32) -> Self {
        Self(format!("c/k/{name}/{generation}"))
    }
}

/// Whose audit trail.
#[derive(Clone, Debug)]
pub enum Log {
    Project(ProjectId),
    Person(Person),
}

impl Log {
    fn key(&self) -> String {
        match self {
            Self::Project(project) => format!("p/{project}"),
            Self::Person(person) => format!("u/{}", person.key()),
        }
    }
}

pub fn audit(log: &Log, number: u32) -> String {
    format!("e/{}/{number}", log.key())
}

/// A person by who they are.
pub fn person(person: &Person) -> String {
    format!("a/{}", person.key())
}

/// A person by their name here.
pub fn username(name: &Username) -> String {
    format!("n/{name}")
}

/// Has an administrator shut a person out?
pub fn blocked(person: &Person) -> String {
    format!("w/{}", person.key())
}

/// Since when a person's earlier sign-ins are over.
pub fn ends(person: &Person) -> String {
    format!("f/{}", person.key())
}

/// A sign-in, by the hash of what renews its sessions.
pub fn sign_in(hash: &Hash) -> String {
    format!("s/{hash}")
}

/// An API token, by its hash.
pub fn token(hash: &Hash) -> String {
    format!("t/{hash}")
}

/// An API token's pass for one day.
pub fn day_pass(hash: &Hash) -> String {
    format!("y/{hash}")
}

/// The `number`th API token of a person.
pub fn token_of(person: &Person, number: u32) -> String {
    format!("i/{}/{number}", person.key())
}

/// The `number`th project of others that a person is a member of.
pub fn membership(person: &Person, number: u32) -> String {
    format!("g/{}/{number}", person.key())
}

/// Which of a person's memberships is the one of a project.
pub fn membership_number(person: &Person, project: ProjectId) -> String {
    format!("g/{}/of/{project}", person.key())
}

/// The public keys of the outside issuer, as they were last fetched.
pub const ISSUER_KEYS: &str = "h/keys";

pub fn build(id: BuildId) -> String {
    build_number(id.project, id.number)
}

pub fn build_number(project: ProjectId, number: u32) -> String {
    format!("b/{project}/{number}")
}

pub fn run(project: ProjectId, number: u32) -> String {
    format!("r/{project}/{number}")
}

pub fn jobs(id: BuildId) -> String {
    format!("j/{}/{}", id.project, id.number)
}

pub fn wish(id: BuildId) -> String {
    format!("x/{}/{}", id.project, id.number)
}

/// When GitHub was last asked about a build.
pub fn asked(id: BuildId) -> String {
    format!("q/{}/{}", id.project, id.number)
}

pub fn deployment(project: ProjectId, number: u32) -> String {
    format!("d/{project}/{number}")
}

pub fn revision(id: DeploymentId, revision: u32) -> String {
    format!("v/{}/{}/{revision}", id.project, id.number)
}

/// What the cluster made of a deployment's newest revision.
pub fn outcome(id: DeploymentId) -> String {
    format!("o/{}/{}", id.project, id.number)
}

/// When the cluster was last told a deployment again.
pub fn tried(id: DeploymentId) -> String {
    format!("z/{}/{}", id.project, id.number)
}

/// What was last seen of a deployment in the cluster.
pub fn last_seen(id: DeploymentId) -> String {
    format!("l/{}/{}", id.project, id.number)
}

/// What the last look at the systems around us found.
pub const READY: &str = "h/ready";

pub fn project(id: ProjectId) -> String {
    format!("p/{id}")
}

pub fn members(id: ProjectId) -> String {
    format!("m/{id}")
}

/// The `number`th project of a person.
pub fn project_of(person: &Person, number: u32) -> String {
    format!("u/{}/{number}", person.key())
}

/// What the holder of a claim made.
pub fn claimed(name: &str) -> String {
    format!("k/{name}")
}

/// When a claim was first met without what its holder made.
pub fn claim_met(name: &str, generation: u32) -> String {
    format!("k/{name}/{generation}")
}
