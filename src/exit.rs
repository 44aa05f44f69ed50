//! Exit statuses.

use std::process::ExitCode;

use crate::model::Severity;

/// The exit statuses of the program.
///
/// Only the severity of the cluster's incidents gives 1 to 3. The others follow `sysexits.h`, so
/// that a script can distinguish an incident from a failed check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitStatus {
    /// No incident, or SEV-4 only.
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
    /// The cluster cannot be read.
    ClusterUnreadable = 69,
    /// An internal error.
    Defect = 70,
    /// No incident, but the result cannot be written to stdout.
    OutputLost = 74,
    /// The deadline passed before there was a result.
    DeadlineExceeded = 75,
    /// The configuration is wrong.
    BadConfig = 78,
    /// SIGHUP ended the program: 128 plus the number of the signal, as in a shell.
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

    /// The numeric status.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The status of a completed cycle.
    ///
    /// `highest` is the highest severity of the incidents that are open and not silenced. With
    /// `exit_zero` the status is 0 whatever the severity.
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

    /// The status when the result could not be written: never 0.
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
    fn the_highest_severity_gives_the_status() {
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
}
