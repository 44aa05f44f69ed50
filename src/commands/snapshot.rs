//! `snapshot`: writes what a cycle reads to a dump.

use std::path::Path;

use super::CommandOutput;
use super::session::Session;
use crate::cluster::api::SnapshotRequest;
use crate::cluster::dump;
use crate::cycle::Source;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::model::now;

impl Session<'_> {
    pub(super) fn snapshot(&self, path: &Path) -> Result<CommandOutput, Error> {
        let cluster = self.cluster()?;
        let snapshot = match self.source(cluster.as_ref())? {
            Source::Dump(snapshot) => *snapshot,
            Source::Live(cluster) => cluster.snapshot(&SnapshotRequest {
                now: now(),
                deadline: self.options.deadline(&self.config),
                look_back: self.config.interval,
                resources: self.config.resources.clone(),
            })?,
        };
        let written = dump::write(&snapshot, path)?;
        let text = format!(
            "{}: {} objects and {} logs, redacted\n",
            written.path.display(),
            written.objects,
            written.logs
        );
        Ok((text, ExitStatus::Healthy))
    }
}
