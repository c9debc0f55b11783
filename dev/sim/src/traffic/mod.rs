//! What both simulations do around their routes: serve connections, record requests, inject faults.

pub mod fault;
pub mod interceptor;
pub mod recorded;
pub mod server;
