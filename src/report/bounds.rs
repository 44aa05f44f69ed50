//! No text or list of a report is longer than a person reads, whatever a cluster, a repository or a
//! services file holds. In every form: they are cut before a form is chosen.

use super::{
    Action, Analysis, Commit, ContainerLog, Correlation, Cycle, Delivered, Evidence, Finding,
    Incident, Llm, Neighbour, Notification, PodDetails, Report, Resource, RootCause, Service,
    ServiceDetails, ServicesFile, TimelineEvent, Unread, Visibility, WarningEvent, WorkloadDetails,
};
use crate::model::ShellCommand;
use crate::model::text::cut;

/// Letters of a text.
const TEXT: usize = 1000;
/// Entries of a list.
const LIST: usize = 500;

/// What a report is made of.
pub(super) trait Bound {
    /// Cuts texts and lists that are too long.
    fn bound(&mut self);
}

impl Bound for String {
    fn bound(&mut self) {
        cut(self, TEXT);
    }
}

impl<T: Bound> Bound for Option<T> {
    fn bound(&mut self) {
        if let Some(value) = self {
            value.bound();
        }
    }
}

impl<T: Bound> Bound for Vec<T> {
    fn bound(&mut self) {
        self.truncate(LIST);
        self.iter_mut().for_each(T::bound);
    }
}

/// The fields of each part that hold text.
macro_rules! bound {
    ($( $part:ident { $($field:ident),* } )*) => { $(
        impl Bound for $part {
            fn bound(&mut self) {
                $( self.$field.bound(); )*
            }
        }
    )* };
}
bound! {
    Cycle { id, cluster }
    Visibility { unread }
    Unread { resource, reason, message }
    ServicesFile { path, why }
    Service { name, namespace }
    Incident {
        title, service, affects, root_cause, findings, correlation, analysis, actions, notification
    }
    RootCause { cause, resource, summary }
    Resource { kind, namespace, name }
    Finding { reason, cause, resource, message, evidence, known_issue }
    Evidence { text }
    Correlation { commits, timeline, note }
    TimelineEvent { what, source }
    Commit { sha, url, pull_request, reasons }
    Analysis { hypothesis, business_impact, dissent }
    Notification { channel, why, delivered }
    Delivered { channel, ts }
    Llm { note }
    Neighbour { name }
    WorkloadDetails { kind, name }
    PodDetails { name, state, ready, node }
    ContainerLog { pod, container, lines }
    WarningEvent { reason, object, message }
}

impl Bound for Action {
    /// A part of a command is another command, so that one that is too long is left out.
    fn bound(&mut self) {
        let is_too_long = |command: &mut ShellCommand| command.as_str().len() > TEXT;
        if self.command.take_if(is_too_long).is_some() {
            self.title += " (its command is too long to be shown)";
        }
        self.title.bound();
    }
}

impl Incident {
    /// Cuts texts and lists that are too long.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.bound();
        self
    }
}

impl Report {
    /// Cuts texts and lists that are too long.
    pub fn bound(&mut self) {
        let Self {
            cycle,
            visibility,
            services,
            incidents,
            llm,
            notes,
            ..
        } = self;
        cycle.bound();
        visibility.bound();
        services.bound();
        incidents.bound();
        llm.bound();
        notes.bound();
    }
}

impl ServiceDetails {
    /// Cuts texts and lists that are too long.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let Self {
            service,
            purpose,
            workloads,
            pods,
            logs,
            dependencies,
            dependents,
            known_issues,
            events,
            commands,
        } = &mut self;
        service.bound();
        purpose.bound();
        workloads.bound();
        pods.bound();
        logs.bound();
        dependencies.bound();
        dependents.bound();
        known_issues.bound();
        events.bound();
        commands.bound();
        self
    }
}
