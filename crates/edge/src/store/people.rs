//! The records of people: their names, sign-ins, API tokens, memberships and audit trails.

use super::{Counter, Log, Store};
use crate::{Result, keys};
use nokube_domain::{
    Person, ProjectId, Timestamp,
    audit::Event,
    name::Username,
    people::{Ends, PersonRecord},
    session::SignIn,
    token::{DayPass, Hash, TokenRecord, TokenRow},
};
use serde::{Serialize, de::DeserializeOwned};

impl Store {
    pub async fn person(&self, person: &Person) -> Result<Option<PersonRecord>> {
        self.get(keys::person(person)).await
    }

    pub async fn set_person(&self, record: &PersonRecord) -> Result<()> {
        self.set(keys::person(&record.person), record).await
    }

    /// The person with this name here.
    pub async fn named(&self, username: &Username) -> Result<Option<Person>> {
        self.get(keys::username(username)).await
    }

    pub async fn set_named(&self, username: &Username, person: &Person) -> Result<()> {
        self.set(keys::username(username), person).await
    }

    /// What ends a person's sessions: two reads at once.
    pub async fn ends(&self, person: &Person) -> Result<Ends> {
        let (before, blocked) = futures::join!(self.ends_before(person), self.is_blocked(person));
        Ok(Ends { before: before?, blocked: blocked? })
    }

    /// Since when a person's earlier sign-ins are over. One read.
    pub async fn ends_before(&self, person: &Person) -> Result<Option<Timestamp>> {
        self.get(keys::ends(person)).await
    }

    /// Has an administrator blocked them? One read.
    pub async fn is_blocked(&self, person: &Person) -> Result<bool> {
        Ok(self.get(keys::blocked(person)).await?.unwrap_or_default())
    }

    pub async fn set_ends_before(&self, person: &Person, at: Timestamp) -> Result<()> {
        self.set(keys::ends(person), &at).await
    }

    pub async fn set_blocked(&self, person: &Person, blocked: bool) -> Result<()> {
        self.set(keys::blocked(person), &blocked).await
    }

    pub async fn sign_in(&self, hash: &Hash) -> Result<Option<SignIn>> {
        self.get(keys::sign_in(hash)).await
    }

    pub async fn set_sign_in(&self, hash: &Hash, sign_in: &SignIn) -> Result<()> {
        self.set(keys::sign_in(hash), sign_in).await
    }

    pub async fn delete_sign_in(&self, hash: &Hash) -> Result<()> {
        self.delete(keys::sign_in(hash)).await
    }

    pub async fn token(&self, hash: &Hash) -> Result<Option<TokenRecord>> {
        self.get(keys::token(hash)).await
    }

    pub async fn set_token(&self, hash: &Hash, record: &TokenRecord) -> Result<()> {
        self.set(keys::token(hash), record).await
    }

    pub async fn delete_token(&self, hash: &Hash) -> Result<()> {
        self.delete(keys::token(hash)).await
    }

    pub async fn day_pass(&self, hash: &Hash) -> Result<Option<DayPass>> {
        self.get(keys::day_pass(hash)).await
    }

    pub async fn set_day_pass(&self, hash: &Hash, pass: &DayPass) -> Result<()> {
        self.set(keys::day_pass(hash), pass).await
    }

    pub async fn delete_day_pass(&self, hash: &Hash) -> Result<()> {
        self.delete(keys::day_pass(hash)).await
    }

    pub async fn token_of(&self, person: &Person, number: u32) -> Result<Option<TokenRow>> {
        self.get(keys::token_of(person, number)).await
    }

    pub async fn set_token_of(&self, person: &Person, row: &TokenRow) -> Result<()> {
        self.set(keys::token_of(person, row.number), row).await
    }

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

    /// Which of a person's memberships is the one of a project, or was: however often they are taken
    /// out and made a member again, it takes one number.
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

    pub async fn delete_membership(&self, person: &Person, number: u32) -> Result<()> {
        self.delete(keys::membership(person, number)).await
    }

    pub async fn delete_project_of(&self, person: &Person, number: u32) -> Result<()> {
        self.delete(keys::project_of(person, number)).await
    }

    pub async fn event(&self, log: &Log, number: u32) -> Result<Option<Event>> {
        self.get(keys::audit(log, number)).await
    }

    /// Adds an entry to an audit trail: a number, and the entry. Nothing is ever changed in one.
    pub async fn add_event(&self, log: &Log, event: &Event) -> Result<()> {
        let number = self.increment(&Counter::audit(log))?;
        self.set(keys::audit(log, number), event).await
    }

    /// The outside issuer's public keys, as they were last fetched.
    pub async fn issuer_keys<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.get(keys::ISSUER_KEYS.into()).await
    }

    pub async fn set_issuer_keys<T: Serialize>(&self, found: &T) -> Result<()> {
        self.set(keys::ISSUER_KEYS.into(), found).await
    }
}
