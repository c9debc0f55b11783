//! Controllers (stub).
use super::model::Model;
use jiff::Timestamp;
impl Model {
    pub fn run_controllers(&mut self, _: Timestamp) -> bool {
        false
    }
}
