//! `doctor`: whatever cannot be set up is a line of it, not its end.

use std::time::Duration;

use super::{Done, Session};
use crate::cli::{OutputFormat, StateLocation};
use crate::cluster::fetch::Cluster;
use crate::cycle;
use crate::doctor::{self, Facts};
use crate::error::Error;
use crate::state::{ConfigMapStore, DirectoryStore, NoStore, Store};

/// How long a request of the state may take.
const LIMIT: Duration = Duration::from_secs(10);

impl Session<'_> {
    pub(super) fn doctor(&self) -> Result<Done, Error> {
        let cluster = self.connect().map_err(|error| error.to_string());
        let inventory = self.inventory().map_err(|error| error.to_string());
        let path = self.options.services_file(&self.config);
        let store = self.doctor_store(cluster.as_ref().ok());
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
            OutputFormat::Json => report.json().map_err(|e| Error::Render(e.to_string()))?,
            OutputFormat::Yaml => report.yaml().map_err(|e| Error::Render(e.to_string()))?,
        };
        Ok((text, report.status()))
    }

    fn doctor_store<'c>(
        &self,
        cluster: Option<&'c Cluster>,
    ) -> Result<Box<dyn Store + 'c>, String> {
        let now = cycle::now();
        Ok(match (&self.options.state, cluster) {
            (None | Some(StateLocation::None), _) => Box::new(NoStore),
            (Some(StateLocation::Directory(path)), _) => Box::new(DirectoryStore::new(path, now)),
            (Some(StateLocation::ConfigMap { namespace, name }), Some(cluster)) => {
                Box::new(ConfigMapStore::new(cluster, namespace, name, LIMIT, now))
            }
            (Some(place), None) => {
                return Err(format!(
                    "{place} is in a cluster that cannot be asked; see cluster"
                ));
            }
        })
    }
}
