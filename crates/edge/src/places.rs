//! Limits of how many things somebody may have: numbered places in the store.
//!
//! See [`nokube_domain::places`] for how a place is held.

use crate::{
    error::{Error, Result},
    host::{now, random, sleep},
    store::{
        Store,
        keys::{self, Limit},
        reservation::{Lease, Reservation, existing, reserve},
    },
};
use futures::future::try_join_all;
use nokube_domain::{
    Problem, Timestamp,
    places::{Place, Presence},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Places read at a time while a free one is looked for: one at first, because it usually is free, then more and more.
const CHUNK_GROWTH: usize = 4;
const MAX_CHUNK: usize = 64;

/// How often, and after what time, a request looks again whether another one has begun to count.
const ATTEMPTS: u32 = 20;
const INTERVAL: Duration = Duration::from_millis(100);

/// What can hold a place.
pub trait Holder: Clone + Serialize + DeserializeOwned {
    /// Whether it exists. `taken_at` is when it got its place.
    fn presence(
        &self,
        store: &Store,
        taken_at: Timestamp,
    ) -> impl Future<Output = Result<Presence>>;
}

/// The places of a limit.
pub struct Places<'a> {
    store: &'a Store,
    limit: Limit,
    max: u32,
}

/// A place that was taken.
pub struct TakenPlace<H> {
    limit: Limit,
    number: u32,
    place: Place<H>,
    lease: Lease,
}

/// What existed when places were first counted. It holds the first places.
#[derive(Serialize, Deserialize)]
struct Beginning<H> {
    at: Timestamp,
    holders: Vec<H>,
}

/// A place that can be taken in this generation.
#[derive(Clone, Copy)]
struct FreePlace {
    number: u32,
    generation: u32,
}

impl<'a> Places<'a> {
    /// A limit of `max`.
    pub fn new(store: &'a Store, limit: Limit, max: u32) -> Self {
        Self { store, limit, max }
    }

    /// Whether there is a free place now. `earlier` finds what there may be from before places were counted; it is
    /// awaited until one was taken. Writes nothing.
    ///
    /// # Errors
    /// The store failed.
    pub async fn has_free<H: Holder>(
        &self,
        earlier: impl Future<Output = Result<Vec<H>>>,
    ) -> Result<bool> {
        let beginning = match existing(self.store, &self.beginning_name()).await? {
            Some(beginning) => beginning,
            None => Beginning { at: now(), holders: earlier.await? },
        };
        for chunk in chunks(self.max)? {
            if !self.find_free(&chunk, &beginning).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What holds the places now, or held them last: concurrent reads of all places.
    ///
    /// # Errors
    /// The store failed.
    pub async fn holders<H: Holder>(&self) -> Result<Vec<H>> {
        let place = |number| self.store.get(keys::place::<H>(&self.limit, number));
        let places = try_join_all((0..self.max).map(place)).await?;
        Ok(places.into_iter().flatten().map(|place| place.holder).collect())
    }

    /// Takes a place for `holder`, which the caller then creates while [`TakenPlace::is_valid`]. `None` if no place is
    /// free. `earlier` is as in [`Self::has_free`]. One read for each limit, one for each place that is looked at, and
    /// what [`Holder::presence`] reads; two writes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take<H: Holder>(
        &self,
        holder: &H,
        earlier: impl Future<Output = Result<Vec<H>>>,
    ) -> Result<Option<TakenPlace<H>>> {
        let beginning = self.beginning(earlier).await?;
        for chunk in chunks(self.max)? {
            let mut free = self.find_free(&chunk, &beginning).await?;
            while let Some(FreePlace { number, generation }) = free.pop() {
                if let Some(place) = self.claim(number, generation, holder).await? {
                    return Ok(Some(place));
                }
                // Somebody else has just taken it, and perhaps others have taken more.
                let rest: Vec<_> = free.iter().map(|place| place.number).collect();
                free = self.find_free(&rest, &beginning).await?;
            }
        }
        Ok(None)
    }

    /// Those of the places that are free.
    async fn find_free<H: Holder>(
        &self,
        numbers: &[u32],
        beginning: &Beginning<H>,
    ) -> Result<Vec<FreePlace>> {
        let look = |number: u32| async move {
            let stored = self.store.get(keys::place(&self.limit, number)).await?;
            let earlier = || {
                let holder = beginning.holders.get(number as usize)?.clone();
                Some(Place { generation: 0, holder, at: beginning.at, settled: true })
            };
            let Some(place) = stored.or_else(earlier) else {
                return Ok::<_, Error>(Some(FreePlace { number, generation: 1 }));
            };
            let presence = place.holder.presence(self.store, place.at).await?;
            let generation = place.generation.saturating_add(1);
            Ok(place.is_free(presence, now()).then_some(FreePlace { number, generation }))
        };
        let places = try_join_all(numbers.iter().copied().map(look)).await?;
        Ok(places.into_iter().flatten().collect())
    }

    fn beginning_name(&self) -> String {
        format!("places/{}", self.limit.key())
    }

    async fn claim<H: Holder>(
        &self,
        number: u32,
        generation: u32,
        holder: &H,
    ) -> Result<Option<TakenPlace<H>>> {
        let name = format!("place/{}/{number}/{generation}", self.limit.key());
        match reserve::<()>(self.store, &name).await? {
            Reservation::Acquired(lease) if lease.is_valid() => {
                let place = Place { generation, holder: holder.clone(), at: now(), settled: false };
                self.store.set(keys::place(&self.limit, number), &place).await?;
                Ok(Some(TakenPlace { limit: self.limit.clone(), number, place, lease }))
            }
            _ => Ok(None),
        }
    }

    async fn beginning<H: Holder>(
        &self,
        earlier: impl Future<Output = Result<Vec<H>>>,
    ) -> Result<Beginning<H>> {
        let name = self.beginning_name();
        if let Some(beginning) = existing(self.store, &name).await? {
            return Ok(beginning);
        }
        let new = Beginning { at: now(), holders: earlier.await? };
        for _ in 0..ATTEMPTS {
            match reserve(self.store, &name).await? {
                Reservation::Acquired(lease) if lease.is_valid() => {
                    lease.complete(self.store, &new).await?;
                    return Ok(new);
                }
                Reservation::Existing(beginning) => return Ok(beginning),
                Reservation::Acquired(_) | Reservation::Pending => sleep(INTERVAL).await,
            }
        }
        Err(Problem::in_progress("Another request of yours is being carried out. Try again.")
            .into())
    }
}

impl<H: Holder> TakenPlace<H> {
    /// Whether the holder may still be created.
    pub fn is_valid(&self) -> bool {
        self.lease.is_valid()
    }

    /// Says that the holder was created, or is not going to be: if it does not exist later, the place is free at once.
    /// One write.
    ///
    /// # Errors
    /// The store failed.
    pub async fn settle(self, store: &Store) -> Result<()> {
        if !self.is_valid() {
            return Ok(()); // Somebody else may have the place by now.
        }
        let place = Place { settled: true, ..self.place };
        store.set(keys::place(&self.limit, self.number), &place).await
    }
}

/// The numbers of all places, in growing chunks. Callers begin at different ones, so that they rarely want the same.
fn chunks(max: u32) -> Result<Vec<Vec<u32>>> {
    let Some(offset) = random()?.checked_rem(max.into()) else { return Ok(Vec::new()) };
    let offset = u32::try_from(offset).unwrap_or(0);
    let mut numbers = (offset..max).chain(0..offset);
    let mut size = 1;
    let mut chunks = Vec::new();
    loop {
        let chunk: Vec<u32> = numbers.by_ref().take(size).collect();
        if chunk.is_empty() {
            return Ok(chunks);
        }
        chunks.push(chunk);
        size = (size * CHUNK_GROWTH).min(MAX_CHUNK);
    }
}
