//! `snapshot`: writes what a cycle reads to a dump.

use std::path::Path;

use super::CommandOutput;
use super::session::Session;
use crate::assess::{self, EvaluateInput, Outages, Verdict};
use crate::cluster::api::SnapshotRequest;
use crate::cluster::log_targets::LogTarget;
use crate::cluster::{Snapshot, dump};
use crate::cycle::Source;
use crate::detect::RestartCounts;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{self, Inventory};
use crate::model::now;

impl Session<'_> {
    pub(super) fn snapshot(&self, path: &Path) -> Result<CommandOutput, Error> {
        let cluster = self.cluster()?;
        let inventory = self.inventory().map(|(_, inventory)| inventory);
        let order = |snapshot: &Snapshot, targets: &mut [LogTarget]| {
            if let Ok(inventory) = &inventory {
                assess::sort_logs(&self.evaluate(snapshot, inventory), targets);
            }
        };
        let snapshot = match self.source(cluster.as_ref())? {
            Source::Dump(snapshot) => *snapshot,
            Source::Live(cluster) => cluster.snapshot(&SnapshotRequest {
                now: now(),
                deadline: self.options.deadline(&self.config),
                look_back: self.config.interval,
                resources: inventory::wanted_kinds(&self.config.resources, inventory.as_ref().ok()),
                log_order: Some(&order),
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

    /// The evaluation without state, which says whose logs are the most important.
    fn evaluate(&self, snapshot: &Snapshot, inventory: &Inventory) -> Verdict {
        let input = EvaluateInput {
            inventory,
            look_back: self.config.interval,
            restarts: &RestartCounts::default(),
            outages: &Outages::default(),
            unlisted: self.config.unlisted_tier,
        };
        assess::evaluate(snapshot, &input)
    }
}
