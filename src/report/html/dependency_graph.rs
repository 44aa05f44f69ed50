//! What hangs on what: the object at the root, its service, those that suffer.
//! Boxes and words; a screen reader hears a list of three steps.

use maud::{Markup, html};

use super::super::{Incident, Report, Service};
use super::services::status;
use crate::model::text::clean;

/// The picture. An incident that nothing hangs on needs none.
pub fn picture(incident: &Incident, report: &Report) -> Markup {
    if incident.service.is_none() && incident.affects.is_empty() {
        return html! {};
    }
    let root = &incident.root_cause;
    let cause = root.cause.as_deref().unwrap_or("cause not known");
    html! {
        h4 { "What hangs on it" }
        ol.picture {
            li {
                p.step { "Root" }
                p.box.root { strong { (clean(&root.resource.to_string())) } br; (clean(cause)) }
            }
            @if let Some(service) = &incident.service {
                li { p.step { "Service" } (service_box(service, report)) }
            }
            @if !incident.affects.is_empty() {
                li {
                    p.step { "Affected" }
                    @for service in &incident.affects { (service_box(service, report)) }
                }
            }
        }
    }
}

fn service_box(name: &str, report: &Report) -> Markup {
    let known: Option<&Service> = report.services.iter().find(|s| s.name == name);
    html! {
        p.box {
            strong { (clean(name)) } br;
            @match known {
                Some(service) => { (service.tier) ", " (status(service.status)) }
                None => { "not a listed service" }
            }
        }
    }
}
