//! The downtime that a service tolerates.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Tier;

/// How long a service may be down before its outage has full severity. Serialized as seconds,
/// `null` for no limit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Tolerance {
    /// The longest tolerated outage. Zero tolerates none.
    Limit(Duration),
    /// Any outage is tolerated.
    Unlimited,
}

impl Tolerance {
    /// The tolerance of a service without `Max Downtime`: zero for P0, 15 minutes for P1, no limit
    /// for P2 and P3.
    #[must_use]
    pub fn default_of(tier: Tier) -> Self {
        match tier {
            Tier::P0 => Self::Limit(Duration::ZERO),
            Tier::P1 => Self::Limit(Duration::from_mins(15)),
            Tier::P2 | Tier::P3 => Self::Unlimited,
        }
    }

    /// The limit, if there is one.
    #[must_use]
    pub fn limit(self) -> Option<Duration> {
        match self {
            Self::Limit(limit) => Some(limit),
            Self::Unlimited => None,
        }
    }

    /// Whether an outage that has lasted `downtime` exceeds the tolerance. A limit of zero is
    /// exceeded by any outage, even one that began this second.
    #[must_use]
    pub fn is_exceeded_by(self, downtime: Duration) -> bool {
        match self {
            Self::Limit(limit) => limit.is_zero() || downtime > limit,
            Self::Unlimited => false,
        }
    }
}

impl Serialize for Tolerance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.limit()
            .map(|limit| limit.as_secs())
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_zero_is_exceeded_at_once() {
        let minute = Duration::from_mins(1);
        assert!(Tolerance::Limit(Duration::ZERO).is_exceeded_by(Duration::ZERO));
        assert!(!Tolerance::Limit(minute).is_exceeded_by(minute));
        assert!(Tolerance::Limit(minute).is_exceeded_by(minute * 2));
        assert!(!Tolerance::Unlimited.is_exceeded_by(minute * 1_000_000));
    }
}
