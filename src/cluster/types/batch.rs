//! Jobs and cron jobs.

use super::{Condition, ObjectMeta, PodTemplate, SharedStr, slim};
use crate::model::Time;

slim! {
    /// A job.
    pub struct Job {
        pub metadata: ObjectMeta,
        pub spec: JobSpec,
        pub status: JobStatus,
    }

    /// `spec` of a job.
    pub struct JobSpec {
        pub suspend: bool,
        pub completions: Option<u32>,
        pub backoff_limit: Option<u32>,
        pub active_deadline_seconds: Option<i64>,
        pub template: PodTemplate,
    }

    /// `status` of a job.
    pub struct JobStatus {
        pub active: u32,
        pub succeeded: u32,
        pub failed: u32,
        pub start_time: Option<Time>,
        pub completion_time: Option<Time>,
        pub conditions: Vec<Condition>,
    }

    /// A cron job.
    pub struct CronJob {
        pub metadata: ObjectMeta,
        pub spec: CronJobSpec,
        pub status: CronJobStatus,
    }

    /// `spec` of a cron job.
    pub struct CronJobSpec {
        pub schedule: SharedStr,
        pub time_zone: SharedStr,
        pub suspend: bool,
        pub concurrency_policy: SharedStr,
        pub starting_deadline_seconds: Option<i64>,
        pub job_template: JobTemplate,
    }

    /// The template of the job that each run creates.
    pub struct JobTemplate {
        pub spec: JobSpec,
    }

    /// A job of a cron job that has not ended.
    pub struct ActiveJob {
        pub name: SharedStr,
    }

    /// `status` of a cron job.
    pub struct CronJobStatus {
        pub active: Vec<ActiveJob>,
        pub last_schedule_time: Option<Time>,
        pub last_successful_time: Option<Time>,
    }
}
