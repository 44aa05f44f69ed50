//! The commands of the documentation that need a cluster, as printed, page by page, from
//! the first to the last; those that need nothing are run between them.

use std::fs;

use crate::assets;
use crate::homelab::Homelab;

use crate::support::commands;

use commands::{Documented, Sandbox};

fn is_for_here(command: &Documented) -> bool {
    let needs = command.needs.as_deref();
    matches!(needs, None | Some("a cluster" | "that archive"))
}

#[test]
fn every_command_that_needs_a_cluster_works_as_printed() {
    let mut run = 0;
    for page in commands::pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let all = commands::of(&text);
        if !all.iter().any(|c| c.needs.is_some() && is_for_here(c)) {
            continue;
        }
        let homelab = Homelab::healthy();
        let sandbox = Sandbox::new(Some(&assets::directory()), Some(homelab.kubeconfig_admin()));
        for command in all.iter().filter(|c| is_for_here(c)) {
            sandbox
                .run(command)
                .unwrap_or_else(|e| panic!("{}: {e}", page.display()));
            run += usize::from(command.needs.is_some());
        }
    }
    assert!(run >= 10, "only {run} commands were found");
}
