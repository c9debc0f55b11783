//! The records of people: usernames, sign-ins, API tokens, and the audit logs.

use super::{
    keys::{self, AuditLog, Counter},
    kv::Store,
};
use crate::error::Result;
use nokube_domain::{
    Person, Timestamp,
    audit::AuditEntry,
    name::Username,
    people::{AccessRevocation, PersonRecord},
    session::SignInRecord,
    token::{DailyTokenRecord, TokenHash, TokenRecord, TokenRow},
};

impl Store {
    pub async fn person(&self, person: &Person) -> Result<Option<PersonRecord>> {
        self.get(keys::person(person)).await
    }

    pub async fn set_person(&self, record: &PersonRecord) -> Result<()> {
        self.set(keys::person(&record.person), record).await
    }

    /// The person with this username.
    pub async fn person_by_username(&self, username: &Username) -> Result<Option<Person>> {
        self.get(keys::username(username)).await
    }

    pub async fn set_person_by_username(&self, username: &Username, person: &Person) -> Result<()> {
        self.set(keys::username(username), person).await
    }

    /// What ends a person's sessions. Two concurrent reads.
    pub async fn access_revocation(&self, person: &Person) -> Result<AccessRevocation> {
        let (before, blocked) =
            futures::join!(self.sessions_revoked_at(person), self.is_blocked(person));
        Ok(AccessRevocation { sessions_before: before?, blocked: blocked? })
    }

    /// When all of a person's sessions were last revoked: sign-ins before that are invalid. One read.
    pub async fn sessions_revoked_at(&self, person: &Person) -> Result<Option<Timestamp>> {
        self.get(keys::sessions_revoked_at(person)).await
    }

    pub async fn set_sessions_revoked_at(&self, person: &Person, at: Timestamp) -> Result<()> {
        self.set(keys::sessions_revoked_at(person), &at).await
    }

    /// Whether an administrator has blocked this person. One read.
    pub async fn is_blocked(&self, person: &Person) -> Result<bool> {
        Ok(self.get(keys::blocked(person)).await?.unwrap_or_default())
    }

    pub async fn set_blocked(&self, person: &Person, blocked: bool) -> Result<()> {
        self.set(keys::blocked(person), &blocked).await
    }

    pub async fn sign_in(&self, hash: &TokenHash) -> Result<Option<SignInRecord>> {
        self.get(keys::sign_in(hash)).await
    }

    pub async fn set_sign_in(&self, hash: &TokenHash, sign_in: &SignInRecord) -> Result<()> {
        self.set(keys::sign_in(hash), sign_in).await
    }

    pub async fn delete_sign_in(&self, hash: &TokenHash) -> Result<()> {
        self.delete(keys::sign_in(hash)).await
    }

    pub async fn token(&self, hash: &TokenHash) -> Result<Option<TokenRecord>> {
        self.get(keys::token(hash)).await
    }

    pub async fn set_token(&self, hash: &TokenHash, record: &TokenRecord) -> Result<()> {
        self.set(keys::token(hash), record).await
    }

    pub async fn delete_token(&self, hash: &TokenHash) -> Result<()> {
        self.delete(keys::token(hash)).await
    }

    pub async fn daily_token(&self, hash: &TokenHash) -> Result<Option<DailyTokenRecord>> {
        self.get(keys::daily_token(hash)).await
    }

    pub async fn set_daily_token(&self, hash: &TokenHash, daily: &DailyTokenRecord) -> Result<()> {
        self.set(keys::daily_token(hash), daily).await
    }

    pub async fn delete_daily_token(&self, hash: &TokenHash) -> Result<()> {
        self.delete(keys::daily_token(hash)).await
    }

    /// The row of a person's `number`th API token in their list.
    pub async fn token_row(&self, person: &Person, number: u32) -> Result<Option<TokenRow>> {
        self.get(keys::token_row(person, number)).await
    }

    pub async fn set_token_row(&self, person: &Person, row: &TokenRow) -> Result<()> {
        self.set(keys::token_row(person, row.number), row).await
    }

    pub async fn audit_entry(&self, log: &AuditLog, number: u32) -> Result<Option<AuditEntry>> {
        self.get(keys::audit_entry(log, number)).await
    }

    /// Appends an entry to an audit log: two writes. Entries are never changed or deleted.
    pub async fn append_audit_entry(&self, log: &AuditLog, entry: &AuditEntry) -> Result<()> {
        let number = self.increment(&Counter::audit_entries(log))?;
        self.set(keys::audit_entry(log, number), entry).await
    }
}
