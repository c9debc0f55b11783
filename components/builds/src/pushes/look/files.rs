//! The configuration files of the heads that a look has found, each read once for all services that use it.

use super::{Candidate, Repository};
use crate::config_file::{self, ParsedFile};
use nokube_domain::{
    pushes::{Finding, PushRecord, WatchedPaths},
    repository::CommitSha,
};
use nokube_edge::{Error, Result};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// What was read, or why GitHub did not send it.
#[derive(Default)]
pub struct ConfigFiles(RefCell<BTreeMap<CommitSha, std::result::Result<Rc<ParsedFile>, String>>>);

impl Repository<'_> {
    /// The file that has to be read before the next record of a service can be made. `None` if it does not use one, or its
    /// head is known.
    pub(super) async fn config_file(
        &self,
        candidate: &Candidate,
        finding: &Finding,
        base: Option<&PushRecord>,
    ) -> Result<Option<Rc<ParsedFile>>> {
        let head =
            finding.head_with_file(base).filter(|_| candidate.service.source.use_config_file);
        let Some(sha) = head else { return Ok(None) };
        let known = self.files.0.borrow().get(sha).cloned();
        let file = match known {
            Some(known) => known,
            None => {
                let read = config_file::read(self.github, &self.at(), self.is_private(), sha).await;
                let read = read.map(Rc::new).map_err(|error| error.to_string());
                self.files.0.borrow_mut().insert(sha.clone(), read.clone());
                read
            }
        };
        file.map(Some).map_err(|error| Error::internal("read nokube.toml", error))
    }

    /// A finding with what the file says of the service, and what is watched of it then.
    pub(super) fn with_file(
        &self,
        candidate: &Candidate,
        finding: Finding,
        file: Option<&ParsedFile>,
    ) -> (Finding, WatchedPaths) {
        let source = &candidate.service.source;
        let Some(file) = file else { return (finding, source.watched()) };
        let web = &self.github.settings.web;
        let (file, source) = config_file::found(file, &candidate.service.name, source, web);
        (finding.with_file(file), source.watched())
    }
}
