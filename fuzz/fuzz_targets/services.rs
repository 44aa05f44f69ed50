//! Any services file: it is parsed, every lint has a line in it, and every service
//! can be shown and found by name.

#![no_main]

use k8s_monitor::inventory::{self, Inventory, LintDocument, ServiceDocument, ServiceList};
use k8s_monitor::render::{Document, Format, RenderOptions, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let inventory = inventory::parse(data);
    diagnostics_have_a_place(&inventory, data);
    services_can_be_shown(&inventory);
    let lint = LintDocument {
        inventory: &inventory,
        file: "services.txt",
    };
    assert!(text(&lint).contains("services.txt: "));
    // Windows line endings make no difference.
    if !data.contains(&b'\r') {
        let foreign = String::from_utf8_lossy(data).replace('\n', "\r\n");
        let foreign = inventory::parse(foreign.as_bytes());
        assert_eq!(foreign.services, inventory.services);
        assert_eq!(foreign.repository, inventory.repository);
    }
});

fn text(document: &impl Document) -> String {
    render(document, Format::Text, RenderOptions::default()).expect("text always renders")
}

fn diagnostics_have_a_place(inventory: &Inventory, data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').count();
    for diagnostic in &inventory.diagnostics {
        // The bytes of UTF-16 cannot be split into lines.
        let is_within = diagnostic.line <= lines || data.contains(&0);
        assert!(diagnostic.line > 0 && is_within, "{diagnostic:?}");
        assert!(
            diagnostic.column > 0 && diagnostic.width > 0,
            "{diagnostic:?}"
        );
        assert!(diagnostic.source_line.chars().count() <= 160);
    }
    assert!(inventory.diagnostics.is_sorted_by_key(|d| d.line));
}

fn services_can_be_shown(inventory: &Inventory) {
    let list = text(&ServiceList(inventory));
    for service in &inventory.services {
        assert!(!service.name.trim().is_empty(), "a service without a name");
        let found = inventory.get(&service.name);
        assert_eq!(found.map(|s| &s.name), Some(&service.name));
        assert!(!text(&ServiceDocument { service, inventory }).is_empty());
        assert!(!list.is_empty());
        for other in inventory.dependencies_of(&service.name) {
            let back = inventory.dependents_of(&other.name);
            assert!(
                back.iter().any(|s| s.name == service.name),
                "{}",
                other.name
            );
        }
    }
}
