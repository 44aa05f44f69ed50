//! Which jobs belong together, and which success makes up for which failure.

use std::collections::HashMap;

use super::job::{is_complete, started_at, stem};
use crate::cluster::types::{CronJob, Job, ObjectMeta};
use crate::model::Time;

/// Namespace and name.
type Name<'a> = (&'a str, &'a str);

/// Jobs by cron job, and the newest success of each series.
pub struct JobIndex<'a> {
    runs: HashMap<Name<'a>, Vec<&'a Job>>,
    /// By namespace and stem.
    successes: HashMap<Name<'a>, Time>,
}

impl<'a> JobIndex<'a> {
    pub fn new(jobs: impl Iterator<Item = &'a Job>) -> Self {
        let mut index = Self {
            runs: HashMap::new(),
            successes: HashMap::new(),
        };
        for job in jobs {
            let meta = &job.metadata;
            if let Some(cron) = cron_job_of(meta) {
                let key = (meta.namespace.as_str(), cron);
                index.runs.entry(key).or_default().push(job);
            }
            if is_complete(job) {
                let key = (meta.namespace.as_str(), stem(&meta.name));
                let newest = index.successes.entry(key).or_default();
                *newest = (*newest).max(started_at(job).unwrap_or_default());
            }
        }
        index
    }

    /// The jobs of a cron job.
    pub fn runs_of<'s>(&'s self, cron: &'s CronJob) -> &'s [&'a Job] {
        let meta = &cron.metadata;
        let key = (meta.namespace.as_str(), meta.name.as_str());
        self.runs.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Whether a later job with the same stem succeeded. Labels do not count: a
    /// chart gives the same ones to everything that it makes.
    pub fn is_superseded(&self, job: &Job) -> bool {
        let key = (job.metadata.namespace.as_str(), stem(&job.metadata.name));
        let success = self.successes.get(&key);
        success.is_some_and(|success| *success > started_at(job).unwrap_or_default())
    }
}

/// The cron job that made a job.
pub fn cron_job_of(meta: &ObjectMeta) -> Option<&str> {
    let owner = meta.controller().filter(|o| o.kind == "CronJob")?;
    Some(&owner.name)
}
