//! Writes the draft as a services file.

use std::fmt::Write as _;

use super::{Draft, Role, known_kind};
use crate::model::Tier;
use crate::model::text::clean;

const SECTIONS: &[(Tier, &str)] = &[
    (Tier::P0, "Critical Services (P0)"),
    (Tier::P1, "Important Services (P1)"),
    (Tier::P2, "Support Services (P2)"),
    (Tier::P3, "Tests and Experiments (P3)"),
];

/// The text of the file.
pub fn write(cluster: &str, drafts: &[Draft]) -> String {
    let mut text = format!(
        "Services of {}\n\n\
         Drafted by `k8s-monitor services init` from what runs. Tiers are guesses: each line\n\
         `Review` says why. Correct them, add Purpose and Max Downtime, and delete the lines.\n\
         docs/services-txt.md describes the format.\n",
        clean(cluster)
    );
    let tiers = SECTIONS
        .iter()
        .filter(|(tier, _)| drafts.iter().any(|d| d.tier.0 == *tier));
    for (number, (tier, title)) in tiers.enumerate() {
        let number = number + 1;
        let _ = write!(text, "\n{number}. {title}\n");
        let services = drafts.iter().filter(|draft| draft.tier.0 == *tier);
        for (at, draft) in services.enumerate() {
            let _ = write!(text, "\n  {number}.{} {}\n\n", at + 1, heading(draft));
            for (key, value) in keys(draft) {
                let _ = writeln!(text, "  - {key}: {value}");
            }
        }
    }
    text
}

fn heading(draft: &Draft) -> String {
    let aliases: Vec<&str> = draft.aliases.iter().map(String::as_str).collect();
    if aliases.is_empty() {
        draft.name.clone()
    } else {
        format!("{} ({})", draft.name, aliases.join(", "))
    }
}

fn keys(draft: &Draft) -> Vec<(&'static str, String)> {
    let source = &draft.source;
    let (tier, why) = &draft.tier;
    let mut keys = vec![("Review", format!("{tier} is a guess: {why}"))];
    let mut add = |key, value: Option<String>| {
        let value = value
            .map(|value| clean(&value))
            .filter(|value| !value.is_empty());
        keys.extend(value.map(|value| (key, value)));
    };
    add("Purpose", draft.purpose.clone());
    add("Namespace", Some(draft.namespace.clone()));
    add("ArgoCD App", source.application.clone());
    add("Manifests", source.manifests.clone());
    add("Chart", source.chart.clone());
    add("Repo", source.repository.clone());
    add("Applied by", source.flux.clone());
    let workloads: Vec<String> = draft
        .workloads
        .iter()
        .filter(|(_, name)| !has_hash(name))
        .filter_map(|(kind, name)| {
            let kind = known_kind(kind)?.as_str().to_ascii_lowercase();
            Some(format!("{kind}/{name}"))
        })
        .collect();
    add("Workloads", Some(workloads.join(", ")));
    let dependencies = draft.dependencies.iter().map(|(name, why)| match *why {
        "" => name.clone(),
        why => format!("{name} ({why})"),
    });
    add(
        "Dependencies",
        Some(dependencies.collect::<Vec<_>>().join(", ")),
    );
    let all =
        (draft.role == Role::IngressController).then(|| "All services with an ingress".to_owned());
    add("Dependents", all);
    add("Health Check", draft.health_check.clone());
    add(
        "Replicas",
        draft.replicas.map(|replicas| replicas.to_string()),
    );
    add("Image", draft.image.clone());
    let hosts: Vec<&str> = draft.hosts.iter().map(String::as_str).collect();
    add("Ingress", Some(hosts.join(", ")));
    add(
        "Data Layer",
        (draft.role == Role::Database).then(|| "yes".to_owned()),
    );
    add(
        "Backup Max Age",
        draft.has_backups.then(|| "26h".to_owned()),
    );
    keys
}

/// Whether a name ends with a hash. A controller gives the next version another one.
fn has_hash(name: &str) -> bool {
    let last = name.rsplit('-').next().unwrap_or_default();
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    last.len() >= 8 && last.chars().all(is_hex) && last.contains(|c: char| c.is_ascii_digit())
}
