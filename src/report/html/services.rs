//! Every service, by tier, the worst first, with its last weeks.

use maud::{Markup, html};

use super::uptime_bar;
use super::{super::History, super::Report, super::Service, super::format};
use crate::model::text::clean;
use crate::model::{ServiceStatus, Tier};

/// The table of services.
pub fn section(report: &Report, history: Option<&History>) -> Markup {
    let services = format::by_tier(&report.services);
    html! {
        @if !services.is_empty() {
            section {
                h2 { "Services" }
                @if history.is_some() { (uptime_bar::legend()) }
                table {
                    thead {
                        tr {
                            th scope="col" { "Service" }
                            th scope="col" { "Status" }
                            th scope="col" { "Ready" }
                            th scope="col" { "Since" }
                            th scope="col" { "Down" }
                            th scope="col" { "Max" }
                            @if history.is_some() { th scope="col" { "30 days" } }
                        }
                    }
                    @for tier in Tier::ALL { (group(tier, &services, report, history)) }
                }
            }
        }
    }
}

fn group(tier: Tier, services: &[&Service], report: &Report, history: Option<&History>) -> Markup {
    let mut of_tier = services.iter().filter(|s| s.tier == tier).peekable();
    let columns = 6 + usize::from(history.is_some());
    html! {
        @if of_tier.peek().is_some() {
            tbody {
                tr.tier { th colspan=(columns) scope="rowgroup" { (tier) } }
                @for service in of_tier { (row(service, report, history)) }
            }
        }
    }
}

fn row(service: &Service, report: &Report, history: Option<&History>) -> Markup {
    let now = report.cycle.started_at;
    let [_, ready, since, down, max] = format::service_cells(service, now);
    html! {
        tr {
            th scope="row" { (clean(&service.name)) }
            td data-label="Status" { (status(service.status)) }
            td data-label="Ready" { (ready) }
            td data-label="Since" { (since) }
            td data-label="Down" { (down) }
            td data-label="Max" { (max) }
            @if let Some(history) = history {
                td data-label="30 days" { (uptime_bar::strip(&history.days(&service.name, now), now)) }
            }
        }
    }
}

/// A status: a mark in its colour, and the word.
pub fn status(status: ServiceStatus) -> Markup {
    html! { span class={ "status " (status) } { (status) } }
}
