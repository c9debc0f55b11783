//! Runs tasks in an order that a test chooses: whichever of those that can continue.

use futures::{
    future::{LocalBoxFuture, poll_fn},
    task::{ArcWake, AtomicWaker, waker},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

/// A task, and after how many of its steps it is interrupted: a step is up to a call of the store.
pub struct Task<T> {
    pub future: LocalBoxFuture<'static, T>,
    pub steps: Option<u32>,
}

struct Wakeup {
    is_due: AtomicBool,
    all: AtomicWaker,
}

impl ArcWake for Wakeup {
    fn wake_by_ref(wakeup: &Arc<Self>) {
        wakeup.is_due.store(true, Ordering::Relaxed);
        wakeup.all.wake();
    }
}

/// Runs the tasks until none is left. Each of `choices` says which of them makes the next step.
pub async fn interleave<T>(tasks: Vec<Task<T>>, choices: Vec<u8>) -> Vec<T> {
    let new = || Arc::new(Wakeup { is_due: AtomicBool::new(true), all: AtomicWaker::new() });
    let mut tasks: Vec<_> = tasks.into_iter().map(|task| (task, new())).collect();
    let mut choices = choices.into_iter().chain(std::iter::repeat(0));
    let mut results = Vec::new();
    poll_fn(move |context| {
        loop {
            tasks.iter().for_each(|(_, wakeup)| wakeup.all.register(context.waker()));
            let is_due = |index: &usize| tasks[*index].1.is_due.load(Ordering::Relaxed);
            let due: Vec<_> = (0..tasks.len()).filter(is_due).collect();
            if due.is_empty() && tasks.is_empty() {
                return Poll::Ready(std::mem::take(&mut results));
            }
            if due.is_empty() {
                return Poll::Pending;
            }
            let index = due[usize::from(choices.next().unwrap()) % due.len()];
            let (task, wakeup) = &mut tasks[index];
            if task.steps == Some(0) {
                drop(tasks.remove(index));
                continue;
            }
            task.steps = task.steps.map(|steps| steps - 1);
            wakeup.is_due.store(false, Ordering::Relaxed);
            let waker = waker(wakeup.clone());
            if let Poll::Ready(result) = task.future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                results.push(result);
                drop(tasks.remove(index));
            }
        }
    })
    .await
}
