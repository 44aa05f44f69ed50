//! `doctor`: whatever cannot be set up is a line of it, not its end.

use super::{CommandOutput, Session};
use crate::cli::{OutputFormat, StateLocation};
use crate::cluster::api::Cluster;
use crate::doctor::{self, Facts};
use crate::error::Error;
use crate::state::Store;

impl Session<'_> {
    pub(super) fn doctor(&self) -> Result<CommandOutput, Error> {
        let cluster = self.connect().map_err(|error| error.to_string());
        let inventory = self.inventory().map_err(|error| error.to_string());
        let path = self.options.services_file(&self.config);
        let store = self.examined(cluster.as_ref().ok());
        let report = doctor::run(&Facts {
            config: &self.config,
            env: &self.env,
            cluster: cluster.as_ref().map_err(Clone::clone),
            services: &path,
            inventory: inventory.as_ref().map(|(_, i)| i).map_err(Clone::clone),
            store: store.as_deref().map_err(Clone::clone),
            llm: self.options.llm,
            deadline: self.options.deadline(&self.config),
        });
        let all = self.options.verbosity.level() > log::LevelFilter::Warn;
        let text = match self.options.output {
            OutputFormat::Text => report.text(&self.looks(), all),
            OutputFormat::Markdown => report.markdown(all),
            OutputFormat::Html => return Err(Error::NoSuchForm { command: "doctor" }),
            OutputFormat::Json => report.json().map_err(|e| Error::Render(e.to_string()))?,
            OutputFormat::Yaml => report.yaml().map_err(|e| Error::Render(e.to_string()))?,
        };
        Ok((text, report.status()))
    }

    /// Where the state is may hang on which cluster it is of.
    fn examined<'c>(&self, cluster: Option<&'c Cluster>) -> Result<Box<dyn Store + 'c>, String> {
        match (&self.options.state, cluster) {
            (Some(StateLocation::ConfigMap { .. }) | None, None) => {
                Err("where it is hangs on the cluster, for which there is no client".to_owned())
            }
            _ => Ok(self.store(&self.recall(cluster).place, cluster)),
        }
    }
}
