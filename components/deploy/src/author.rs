//! In whose name a revision is made.

use nokube_domain::{
    Person, ProjectId,
    audit::{Actor, AuditEntry},
    name::Login,
};
use nokube_edge::{
    Call, Result, audit, now,
    store::{AuditLog, Store},
};

/// Somebody who asks for a revision, or for whom a push does.
pub struct Author {
    pub person: Person,
    pub login: Login,
    /// What is the same in each of its entries in the audit log.
    entry: AuditEntry,
}

impl Author {
    /// # Errors
    /// 401 on a route that authenticates no caller.
    pub fn of_caller(call: &Call) -> Result<Self> {
        let caller = call.caller()?;
        let (person, login) = (caller.person.clone(), caller.login.clone());
        let entry = audit::entry_of_caller(call, "", String::new())?;
        Ok(Self { person, login, entry })
    }

    /// The person for whom a push asks: the one who is responsible for the service's builds on push.
    pub fn of_push(person: &Person, login: &Login) -> Self {
        let by = Actor {
            person: person.clone(),
            login: Some(login.clone()),
            via: "push".into(),
            token: None,
        };
        let entry = AuditEntry {
            at: now(),
            action: String::new(),
            object: String::new(),
            role: None,
            by,
            from: None,
            request_id: None,
        };
        Self { person: person.clone(), login: login.clone(), entry }
    }

    /// Adds an action on `object`, a path of the API, to the project's audit log: two writes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn record(
        &self,
        store: &Store,
        project: ProjectId,
        action: String,
        object: String,
    ) -> Result<()> {
        let entry = AuditEntry { at: now(), action, object, ..self.entry.clone() };
        store.append_audit_entry(&AuditLog::Project(project), &entry).await
    }
}
