//! Which changes in Git can cause a fault.

use super::change_kind::ChangeKind;
use super::named::named_enum;

named_enum! {
    /// The direction of a change. The texts are those of the cache in the state.
    pub enum Direction {
        /// An amount is raised.
        Raised = "up",
        /// An amount is lowered.
        Lowered = "down",
        /// A key or an object is new.
        Added = "set",
        /// A key or an object is deleted.
        Removed = "gone",
        /// Anything else.
        Changed = "otherwise",
    }
}

/// The changes that can cause a fault, by how well they explain it.
#[derive(Debug, Clone, Copy)]
pub struct Changes {
    /// The fault is the direct consequence of these.
    pub exact: &'static [ChangeKind],
    /// These are known to lead to the fault sometimes.
    pub plausible: &'static [ChangeKind],
    /// These cannot cause it: a higher memory limit causes no OOM kill.
    pub excluded: &'static [(ChangeKind, Direction)],
    /// Any other change can cause it too.
    pub any: bool,
    /// No change in Git can cause it.
    pub never: bool,
}

impl Changes {
    /// No change in Git can cause the fault.
    pub const NEVER: Self = Self {
        never: true,
        ..Self::exact(&[])
    };

    /// The fault is the direct consequence of these changes.
    #[must_use]
    pub const fn exact(exact: &'static [ChangeKind]) -> Self {
        Self {
            exact,
            plausible: &[],
            excluded: &[],
            any: false,
            never: false,
        }
    }

    /// These changes lead to the fault sometimes.
    #[must_use]
    pub const fn plausible(self, plausible: &'static [ChangeKind]) -> Self {
        Self { plausible, ..self }
    }

    /// These changes cannot cause the fault.
    #[must_use]
    pub const fn but_not(self, excluded: &'static [(ChangeKind, Direction)]) -> Self {
        Self { excluded, ..self }
    }

    /// Any other change can cause the fault too.
    #[must_use]
    pub const fn or_any(self) -> Self {
        Self { any: true, ..self }
    }
}
