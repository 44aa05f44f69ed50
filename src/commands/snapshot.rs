//! `snapshot`: writes what a cycle reads to a dump.

use std::path::Path;

use super::CommandOutput;
use super::session::Session;
use crate::assess::{self, EvaluateInput, Outages, Verdict};
use crate::cluster::api::{Cluster, LogOrder, SnapshotRequest};
use crate::cluster::log_targets::LogTarget;
use crate::cluster::{Snapshot, dump};
use crate::cycle::Source;
use crate::detect::RestartCounts;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{self, Inventory};
use crate::model::{GroupKind, now};

impl Session<'_> {
    pub(super) fn snapshot(&self, path: &Path) -> Result<CommandOutput, Error> {
        let cluster = self.cluster()?;
        let inventory = self.inventory().map(|(_, inventory)| inventory);
        let order = |snapshot: &Snapshot, targets: &mut [LogTarget]| {
            if let Ok(inventory) = &inventory {
                assess::sort_logs(&self.evaluate(snapshot, inventory), targets);
            }
        };
        let kinds = inventory::wanted_kinds(&self.config.resources, inventory.as_ref().ok());
        let snapshot = self.read(cluster.as_ref(), kinds, Some(&order))?;
        let written = dump::write(&snapshot, path)?;
        let text = format!(
            "{}: {} objects and {} logs, redacted\n",
            written.path.display(),
            written.objects,
            written.logs
        );
        Ok((text, ExitStatus::Healthy))
    }

    /// What a cycle reads, from the cluster or the dump.
    pub(super) fn read(
        &self,
        cluster: Option<&Cluster>,
        resources: Vec<GroupKind>,
        log_order: Option<LogOrder>,
    ) -> Result<Snapshot, Error> {
        Ok(match self.source(cluster)? {
            Source::Dump(snapshot) => *snapshot,
            Source::Live(cluster) => cluster.snapshot(&SnapshotRequest {
                now: now(),
                deadline: self.options.deadline(&self.config),
                look_back: self.config.interval,
                resources,
                log_order,
            })?,
        })
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
