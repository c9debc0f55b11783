//! Locking without panics.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic elsewhere does not matter.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
