//! Incidents over hours, days and weeks, with a clock that the tests set.

#[path = "lifecycle/delivery.rs"]
mod delivery;
#[path = "lifecycle/flapping.rs"]
mod flapping;
#[path = "lifecycle/identity.rs"]
mod identity;
#[path = "support/laws.rs"]
mod laws;
#[path = "lifecycle/property.rs"]
mod property;
#[path = "lifecycle/silence.rs"]
mod silence;
#[path = "lifecycle/table.rs"]
mod table;
#[path = "lifecycle/world.rs"]
mod world;
