//! Users' stories on a real cluster: what they have in common.
#![cfg(feature = "real")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod faulty_images;
mod load;
mod shared;
pub mod spinkube;
mod story;

pub use faulty_images::push_faulty_images;
pub use load::{Figures, Load};
pub use shared::{Turn, app_image, as_app_without_events, cluster, config, gateway_config};
pub use story::{APP, Story, first_word, text};
