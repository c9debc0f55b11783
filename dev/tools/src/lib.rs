//! Parts of the program `nokube-dev` that tests and `make run` with real systems use too.

pub mod host_process;
pub mod local_instance;
pub mod readiness;
pub mod run;
pub mod spin;
