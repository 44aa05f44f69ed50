//! `doctor`: checks every dependency. What cannot be set up is a failed check.

use super::CommandOutput;
use super::session::Session;
use crate::cli::StateLocation;
use crate::cluster::api::Cluster;
use crate::doctor::{self, DoctorDocument, Facts};
use crate::error::Error;
use crate::model::Problem;
use crate::state::Store;

impl Session<'_> {
    pub(super) fn doctor(&self) -> Result<CommandOutput, Error> {
        let cluster = self.connect().map_err(|error| Problem::of(&error));
        let inventory = self.inventory().map_err(|error| Problem::of(&error));
        let store = self.doctor_store(cluster.as_ref().ok());
        let report = doctor::run(&Facts {
            config: &self.config,
            env: &self.env,
            cluster: cluster.as_ref().map_err(Clone::clone),
            services: &self.services_file(),
            inventory: inventory.as_ref().map(|(_, i)| i).map_err(Clone::clone),
            store: store.as_deref().map_err(Clone::clone),
            llm: self.options.llm,
            deadline: self.options.deadline(&self.config),
        });
        let document = DoctorDocument {
            report: &report,
            all: self.options.verbosity.level() > log::LevelFilter::Warn,
        };
        Ok((self.render(&document)?, report.status()))
    }

    /// The state. Without a cluster, its default location is unknown.
    fn doctor_store<'c>(
        &self,
        cluster: Option<&'c Cluster>,
    ) -> Result<Box<dyn Store + 'c>, Problem> {
        match (&self.options.state, cluster) {
            (Some(StateLocation::ConfigMap { .. }) | None, None) => Err(Problem {
                message: "its location depends on the cluster, which cannot be reached".to_owned(),
                remedy: None,
            }),
            _ => Ok(self.store(&self.state_access(cluster).place, cluster)),
        }
    }
}
