//! Time that passes only when everything waits for it.

use futures::{channel::oneshot, future::LocalBoxFuture};
use nokube_domain::Timestamp;
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

pub struct Clock {
    now: Cell<Timestamp>,
    timers: RefCell<Vec<(Timestamp, oneshot::Sender<()>)>>,
}

impl Default for Clock {
    fn default() -> Self {
        let start = "2026-03-02T09:00:00Z".parse().unwrap();
        Self { now: Cell::new(start), timers: RefCell::default() }
    }
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        self.now.get()
    }

    pub fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        let (sender, receiver) = oneshot::channel();
        self.timers.borrow_mut().push((self.now() + duration, sender));
        Box::pin(async move { receiver.await.unwrap() })
    }

    pub fn advance(&self, duration: Duration) {
        self.advance_to(self.now() + duration);
    }

    pub fn advance_to_next_timer(&self) {
        self.timers.borrow_mut().retain(|(_, timer)| !timer.is_canceled());
        let next = self.timers.borrow().iter().map(|(at, _)| *at).min();
        self.advance_to(next.expect("everything waits for something that never happens"));
    }

    fn advance_to(&self, time: Timestamp) {
        self.now.set(time);
        let (due, later) = self.timers.take().into_iter().partition(|(at, _)| *at <= time);
        self.timers.replace(later);
        let due: Vec<(Timestamp, oneshot::Sender<()>)> = due;
        for (_, timer) in due {
            let _ = timer.send(()); // It may have been cancelled.
        }
    }
}
