//! Which services something is new for, without taking a number.

use super::{Candidate, Repository};
use nokube_edge::{
    Result,
    pushes::{self, LinkedService},
};

/// What a look without numbers has found.
#[derive(Default)]
pub(super) struct Looked {
    pub news: Vec<Candidate>,
    pub known: Vec<Candidate>,
    pub failed: Vec<(LinkedService, Result<()>)>,
}

impl Repository<'_> {
    /// Those with an event or something new, and the others. Nothing is written.
    pub(super) async fn find_news(&self, candidates: Vec<Candidate>) -> Result<Looked> {
        let without_event = candidates.iter().filter(|candidate| candidate.push.is_none());
        let heads = self.heads(without_event).await?;
        let mut looked = Looked::default();
        for candidate in candidates {
            if candidate.push.is_some() {
                looked.news.push(candidate);
                continue;
            }
            let newest = pushes::newest(self.store, &candidate.service).await?;
            let finding = candidate.finding(&heads);
            if !finding.is_news(newest.as_ref()) {
                looked.known.push(candidate);
                continue;
            }
            // A record that is never written because GitHub does not send the file would cost a number each time.
            match self.config_file(&candidate, &finding, newest.as_ref()).await {
                Ok(_) => looked.news.push(candidate),
                Err(error) => looked.failed.push((candidate.service, Err(error))),
            }
        }
        Ok(looked)
    }
}
