//! How the program ends: the one list of exit statuses.

use std::process::ExitCode;

use crate::model::Severity;

/// Every status that the program ends with.
///
/// 1 to 3 are verdicts about the cluster and nothing else ever returns them; the
/// others follow `sysexits.h`, so that a script can tell "the cluster is ill"
/// from "I could not look".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitStatus {
    /// SEV-4: healthy, or only things to log.
    Healthy = 0,
    /// The highest open severity is SEV-1.
    Sev1 = 1,
    /// The highest open severity is SEV-2.
    Sev2 = 2,
    /// The highest open severity is SEV-3.
    Sev3 = 3,
    /// The command line is wrong.
    Usage = 64,
    /// A services file or a snapshot cannot be used.
    BadInput = 65,
    /// The cluster cannot be read at all.
    ClusterUnreadable = 69,
    /// A defect in this program.
    Defect = 70,
    /// All is well, but the result cannot be written to stdout.
    OutputLost = 74,
    /// The deadline passed before there was a verdict.
    DeadlineExceeded = 75,
    /// The configuration is wrong.
    BadConfig = 78,
    /// SIGHUP ended the program, as the shell counts it: 128 and the signal's number.
    HungUp = 129,
    /// SIGINT ended the program.
    Interrupted = 130,
    /// SIGTERM ended the program.
    Terminated = 143,
}

impl ExitStatus {
    /// All of them, in order.
    pub const ALL: [Self; 14] = [
        Self::Healthy,
        Self::Sev1,
        Self::Sev2,
        Self::Sev3,
        Self::Usage,
        Self::BadInput,
        Self::ClusterUnreadable,
        Self::Defect,
        Self::OutputLost,
        Self::DeadlineExceeded,
        Self::BadConfig,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The status of a cycle that came to a verdict.
    ///
    /// `highest` is the most severe incident that is open and not silenced, or
    /// `None` without one. `exit_zero` maps verdicts, and only verdicts, to 0.
    #[must_use]
    pub const fn of_verdict(highest: Option<Severity>, exit_zero: bool) -> Self {
        match highest {
            _ if exit_zero => Self::Healthy,
            Some(Severity::Sev1) => Self::Sev1,
            Some(Severity::Sev2) => Self::Sev2,
            Some(Severity::Sev3) => Self::Sev3,
            Some(Severity::Sev4) | None => Self::Healthy,
        }
    }

    /// The same, where nobody could be given the result: never a success.
    #[must_use]
    pub const fn without_output(self) -> Self {
        match self {
            Self::Healthy => Self::OutputLost,
            status => status,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::{ExitStatus, Severity};

    #[test]
    fn the_verdict_decides() {
        for (highest, exit_zero, code) in [
            (None, false, 0),
            (Some(Severity::Sev4), false, 0),
            (Some(Severity::Sev3), false, 3),
            (Some(Severity::Sev2), false, 2),
            (Some(Severity::Sev1), false, 1),
            (Some(Severity::Sev1), true, 0),
            (Some(Severity::Sev3), true, 0),
            (None, true, 0),
        ] {
            assert_eq!(ExitStatus::of_verdict(highest, exit_zero).code(), code);
        }
    }

    #[test]
    fn only_verdicts_are_1_to_3() {
        let codes: Vec<u8> = ExitStatus::ALL.map(ExitStatus::code).to_vec();
        assert_eq!(
            codes,
            [0, 1, 2, 3, 64, 65, 69, 70, 74, 75, 78, 129, 130, 143]
        );
    }
}
