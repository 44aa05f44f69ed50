//! What several test crates share: fixtures as files, and how they are compared.

pub mod case;
pub mod expect;
#[allow(dead_code, reason = "not all of them have laws")]
pub mod laws;
pub mod objects;
