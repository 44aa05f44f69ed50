//! What several test crates share: fixtures as files, and how they are compared.

pub mod case;
pub mod expect;
pub mod objects;
