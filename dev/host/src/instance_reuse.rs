//! Instance reuse: an instance serves several requests, also concurrently, until it reaches its maximum
//! count, is idle, or a request times out. The rules are Spin's; wasmtime's `ProxyHandler` applies them.

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

use crate::chaining::Application;
use crate::component::ComponentConfig;
use crate::host_calls::{HostCalls, RequestLimit, ResponseMark};
use crate::instance::InstanceState;
use crate::options::Limits;

/// Creates the instances of one component.
pub(crate) struct ComponentHandler {
    pub pre: ServicePre<InstanceState>,
    pub component: Arc<ComponentConfig>,
    pub application: Weak<dyn Application>,
    pub limits: Limits,
    pub abort: CancellationToken,
}

impl HandlerState for ComponentHandler {
    type StoreData = InstanceState;
    type WorkerExpiration = InstanceExpiration;
    type WorkerState = InstanceReuse;

    async fn instantiate(
        &self,
    ) -> Result<Worker<InstanceState, InstanceExpiration, InstanceReuse>> {
        let calls = HostCalls::default();
        let start = Instant::now();
        let mut store = InstanceState::new_store(
            self.pre.engine(),
            &self.component,
            self.application.clone(),
            calls.clone(),
        );
        let service = self.pre.instantiate_async(&mut store).await?;
        Ok(Worker {
            store,
            proxy: Proxy::P3(service),
            view: InstanceState::http,
            expiration: InstanceExpiration {
                limits: self.limits,
                start,
                sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
                aborted: Box::pin(self.abort.clone().cancelled_owned()),
                ended: Box::pin(calls.end().clone().cancelled_owned()),
            },
            state: InstanceReuse {
                limits: self.limits,
                start,
                component: self.component.clone(),
                abort: self.abort.clone(),
                calls,
            },
        })
    }
}

/// Decides when an instance ends.
pub(crate) struct InstanceExpiration {
    limits: Limits,
    /// When the instance was made for its first request.
    start: Instant,
    sleep: Pin<Box<Sleep>>,
    aborted: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Ready when the instance has exceeded the limit of calls after a response.
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl WorkerExpiration for InstanceExpiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        if self.aborted.as_mut().poll(cx).is_ready() || self.ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let timeout = match status {
            WorkerStatus::Idle => Some(self.limits.idle_instance_timeout),
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.limits.request_timeout,
        };
        let timeout = timeout.and_then(|timeout| start.checked_add(timeout));
        // The only request of the instance.
        let end = self.limits.request_duration.and_then(|max| self.start.checked_add(max));
        match [timeout, end].into_iter().flatten().min() {
            Some(deadline) => {
                self.sleep.as_mut().reset(deadline.into());
                self.sleep.as_mut().poll(cx)
            }
            None => Poll::Pending,
        }
    }
}

/// Decides whether an instance accepts another request.
pub(crate) struct InstanceReuse {
    limits: Limits,
    start: Instant,
    component: Arc<ComponentConfig>,
    abort: CancellationToken,
    calls: HostCalls,
}

impl WorkerState for InstanceReuse {
    type StoreData = InstanceState;
    type RequestData = RequestLimit;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        // The calls and the time of an instance are those of one request, if they have a limit.
        let Limits { calls_after_response, request_duration, .. } = self.limits;
        let max_total = match calls_after_response.is_some() || request_duration.is_some() {
            true => 1,
            false => self.limits.max_instance_reuse_count,
        };
        if total >= max_total {
            ShouldAccept::Never
        } else if concurrent >= self.limits.max_instance_concurrent_reuse_count {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, InstanceState>,
        limit: RequestLimit,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        // The future is dropped when the response begins.
        let mark = ResponseMark::of(&limit);
        self.calls.begin_request(limit);
        let timeout = self.limits.request_timeout;
        Box::pin(async move {
            let _mark = mark;
            match timeout {
                Some(timeout) => tokio::time::sleep(timeout).await,
                None => std::future::pending().await,
            }
        })
    }

    fn drop(&self, store: Store<InstanceState>, result: Result<()>) {
        let ComponentConfig { id, console, .. } = &*self.component;
        if self.calls.end().is_cancelled() {
            console.print(&format!("[{id}] was ended: too many calls after the response"));
        } else if self.limits.request_duration.is_some_and(|max| self.start.elapsed() >= max) {
            console.print(&format!("[{id}] was ended: the request took too long"));
        } else if let Err(error) = result
            // An aborted instance failed on purpose.
            && !self.abort.is_cancelled()
        {
            console.print(&format!("[{id}] an instance failed: {error:#}"));
        }
        drop(store);
    }
}
