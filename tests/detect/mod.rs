//! Detection, service status, severity and grouping as tables. Every file in
//! `tests/fixtures/detect/<family>` is a case; `tests/support/case.rs` has its
//! fields.

#![allow(clippy::unwrap_used, clippy::struct_field_names, missing_docs)]

mod argo_health_suite;
mod custom_kinds;
mod hostile_objects;
mod hostile_values;
mod identity;
mod properties;
mod required_reads;
mod scale;
mod schedules;
mod unrelated_objects;
mod worsening;

macro_rules! families {
    ($($family:ident)*) => {
        const FAMILIES: &[&str] = &[$(stringify!($family)),*];
        $(
            #[test]
            fn $family() {
                crate::support::case::run(concat!("detect/", stringify!($family)));
            }
        )*
    };
}

families! {
    pods workloads batch runs lateness nodes network storage presence memory platform visibility severity grouping
}

#[test]
fn every_folder_is_a_family() {
    let folders = crate::support::case::files("detect");
    let names: Vec<_> = folders
        .iter()
        .filter_map(|f| f.file_name()?.to_str())
        .collect();
    let mut families = FAMILIES.to_vec();
    families.sort_unstable();
    assert_eq!(names, families);
}
