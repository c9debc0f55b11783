//! Services: saved once, built with one request, listed with what became of them.

mod deployment;
mod saved;
