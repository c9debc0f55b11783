//! The platform as a whole: readiness, metrics, logs, API description, web page.

mod conditional_requests;
mod liveness;
mod metrics;
mod old_store;
mod openapi;
mod read_limits;
mod readiness;
mod reconcile;
mod request_log;
mod request_validation;
mod round_trips;
mod two_hosts;
mod web_page;
