//! What goes wrong with users' services: the status, the words and how soon they come.

mod admission;
mod checks;
mod exits;
mod images;
mod injected;
mod later;
mod passing;
mod scheduling;
mod starts;
mod support;
