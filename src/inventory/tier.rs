//! How critical a service is, and how long it may be down.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// How critical a service is. Ordered: `P0 < P3`, lower is more critical.
#[derive(
    Copy, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Tier {
    /// Business critical: people or the business feel it at once.
    P0,
    /// Infrastructure that P0 leans on.
    P1,
    /// Support; days matter, hours do not.
    P2,
    /// Support of the least weight; also what unlisted workloads get.
    #[default]
    P3,
}

/// The text was not `P0`, `P1`, `P2` or `P3`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tier: use P0, P1, P2 or P3")]
pub struct TierError(pub String);

impl Tier {
    /// All tiers, the most critical first.
    pub const ALL: [Self; 4] = [Self::P0, Self::P1, Self::P2, Self::P3];

    /// `P0` to `P3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
        }
    }

    /// The tolerance of a service that states none: nothing for P0, a quarter
    /// of an hour for P1, no limit for P2 and P3.
    #[must_use]
    pub fn default_tolerance(self) -> Tolerance {
        match self {
            Self::P0 => Tolerance::Limit(Duration::ZERO),
            Self::P1 => Tolerance::Limit(Duration::from_mins(15)),
            Self::P2 | Self::P3 => Tolerance::Unlimited,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Tier {
    type Err = TierError;

    fn from_str(text: &str) -> Result<Self, TierError> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| TierError(text.trim().chars().take(40).collect()))
    }
}

impl From<Tier> for &'static str {
    fn from(tier: Tier) -> Self {
        tier.as_str()
    }
}

impl TryFrom<String> for Tier {
    type Error = TierError;

    fn try_from(text: String) -> Result<Self, TierError> {
        text.parse()
    }
}

/// How long a service may be down before its outage counts in full.
/// Serialized as seconds, `null` for no limit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Tolerance {
    /// Down longer than this is beyond tolerance; zero means at once.
    Limit(Duration),
    /// Never exceeded.
    Unlimited,
}

impl Tolerance {
    /// The limit, or nothing where there is none.
    #[must_use]
    pub fn limit(self) -> Option<Duration> {
        match self {
            Self::Limit(limit) => Some(limit),
            Self::Unlimited => None,
        }
    }

    /// Whether an outage that has lasted `downtime` is beyond tolerance. With
    /// a limit of zero any outage is, even one that began this second.
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
    fn tiers_are_ordered_shown_and_read() {
        assert!(Tier::P0 < Tier::P3);
        assert_eq!(format!("{:<4}|", Tier::P1), "P1  |");
        assert_eq!(" p2 ".parse(), Ok(Tier::P2));
        assert!("P4".parse::<Tier>().is_err());
    }

    #[test]
    fn a_limit_of_zero_is_exceeded_at_once() {
        let minute = Duration::from_mins(1);
        assert!(Tolerance::Limit(Duration::ZERO).is_exceeded_by(Duration::ZERO));
        assert!(!Tolerance::Limit(minute).is_exceeded_by(minute));
        assert!(Tolerance::Limit(minute).is_exceeded_by(minute * 2));
        assert!(!Tolerance::Unlimited.is_exceeded_by(minute * 1_000_000));
    }
}
