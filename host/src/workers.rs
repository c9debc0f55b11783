//! Instances that serve many requests, some at once, and end when they are
//! used up, idle or past their time. The rules are Spin's, the loop is
//! wasmtime's `ProxyHandler`.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime::component::GuestTaskId;
use wasmtime::{Result, Store, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance as Worker, Proxy, ShouldAccept, WorkerExpiration, WorkerState,
    WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::host::Host;
use crate::instance::{Instance, Setup};
use crate::options::Limits;

/// Makes the instances of one component.
pub(crate) struct Workers {
    pub pre: ServicePre<Instance>,
    pub setup: Arc<Setup>,
    pub host: Weak<Host>,
    pub limits: Limits,
    pub kill: CancellationToken,
}

impl HandlerState for Workers {
    type StoreData = Instance;
    type WorkerExpiration = Expiration;
    type WorkerState = Use;

    async fn instantiate(&self) -> Result<Worker<Instance, Expiration, Use>> {
        let mut store = Instance::store(self.pre.engine(), &self.setup, self.host.clone());
        let service = self.pre.instantiate_async(&mut store).await?;
        Ok(Worker {
            store,
            proxy: Proxy::P3(service),
            view: Instance::http,
            expiration: Expiration {
                limits: self.limits,
                sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
                killed: Box::pin(self.kill.clone().cancelled_owned()),
            },
            state: Use { limits: self.limits, setup: self.setup.clone(), kill: self.kill.clone() },
        })
    }
}

/// When an instance ends.
pub(crate) struct Expiration {
    limits: Limits,
    sleep: Pin<Box<Sleep>>,
    killed: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        if self.killed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let allowed = match status {
            WorkerStatus::Idle => Some(self.limits.idle_instance_timeout),
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.limits.request_timeout,
        };
        match allowed.and_then(|allowed| start.checked_add(allowed)) {
            Some(deadline) => {
                self.sleep.as_mut().reset(deadline.into());
                self.sleep.as_mut().poll(cx)
            }
            None => Poll::Pending,
        }
    }
}

/// What an instance takes on.
pub(crate) struct Use {
    limits: Limits,
    setup: Arc<Setup>,
    kill: CancellationToken,
}

impl WorkerState for Use {
    type StoreData = Instance;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.limits.max_instance_reuse_count {
            ShouldAccept::Never
        } else if concurrent >= self.limits.max_instance_concurrent_reuse_count {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, Instance>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        match self.limits.request_timeout {
            Some(timeout) => Box::pin(tokio::time::sleep(timeout)),
            None => Box::pin(std::future::pending()),
        }
    }

    fn drop(&self, store: Store<Instance>, result: Result<()>) {
        // What is killed was asked to end: nothing to report.
        if let Err(error) = result
            && !self.kill.is_cancelled()
        {
            self.setup.lines.print(&format!("[{}] an instance failed: {error:#}", self.setup.id));
        }
        drop(store);
    }
}
