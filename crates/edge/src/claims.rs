//! Claims in the store: of several callers who want the same thing, one gets it.

use crate::{
    Result, now,
    store::{Counter, Store},
};
use nokube_domain::{
    Problem, ProblemKind, Timestamp,
    claim::{Lost, lost, still_holds},
};
use serde::{Serialize, de::DeserializeOwned};

/// What became of asking for a claim.
pub enum Claim<T> {
    /// It is the caller's, who now makes the thing and calls [`Held::made`].
    Won(Held),
    /// Somebody has made it: this.
    Made(T),
    /// Somebody is making it; come back in a while.
    Busy,
}

/// A claim that is held.
pub struct Held {
    name: String,
    since: Timestamp,
}

impl Held {
    /// Says what was made, for everybody who asks later.
    pub async fn made<T: Serialize>(&self, store: &Store, made: &T) -> Result<()> {
        store.set_claimed(&self.name, made).await
    }

    /// May the holder still act, or may somebody else have taken over?
    pub fn holds(&self) -> bool {
        still_holds(self.since, now())
    }
}

/// What was made under a claim, if anything: one read.
pub async fn made<T: DeserializeOwned>(store: &Store, name: &str) -> Result<Option<T>> {
    store.claimed(name).await
}

/// Says anew what a claim made, for whoever looks after that which it made.
///
/// # Errors
/// The store failed.
pub async fn remake<T: Serialize>(store: &Store, name: &str, made: &T) -> Result<()> {
    store.set_claimed(name, made).await
}

/// Is what `name` stands for theirs? It is the first one's who asks: a read, and the claim the first time.
/// A request that died in between is brought to its end by the next one of the same.
///
/// # Errors
/// The store failed, or somebody is just being told so.
pub async fn is_first<T>(store: &Store, name: &str, who: &T) -> Result<bool>
where
    T: PartialEq + Serialize + DeserializeOwned,
{
    if let Some(first) = made::<T>(store, name).await? {
        return Ok(first == *who);
    }
    match claim::<T>(store, name).await? {
        Claim::Won(held) if held.holds() => {
            held.made(store, who).await?;
            Ok(true)
        }
        Claim::Made(first) => Ok(first == *who),
        Claim::Won(_) | Claim::Busy => {
            let detail = "Your account is just being set up. Try again.";
            Err(Problem::new(ProblemKind::InProgress, detail).retry_after(2).into())
        }
    }
}

/// Asks for the claim `name`. See [`nokube_domain::claim`] for why a claim cannot be stuck.
///
/// # Errors
/// The store failed.
pub async fn claim<T: DeserializeOwned>(store: &Store, name: &str) -> Result<Claim<T>> {
    for generation in 0.. {
        let since = now();
        if store.increment(&Counter::claim(name, generation))? == 1 {
            return Ok(Claim::Won(Held { name: name.to_owned(), since }));
        }
        if let Some(made) = made(store, name).await? {
            return Ok(Claim::Made(made));
        }
        match lost(store.claim_met(name, generation).await?, now()) {
            Lost::NoteAndWait => {
                store.set_claim_met(name, generation, now()).await?;
                return Ok(Claim::Busy);
            }
            Lost::Wait => return Ok(Claim::Busy),
            Lost::NextGeneration => {}
        }
    }
    Ok(Claim::Busy)
}
