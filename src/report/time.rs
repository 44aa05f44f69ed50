//! Times in a report: RFC 3339 in UTC, to the second, with `Z`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

fn text(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// For `serialize_with`.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub fn second<S: Serializer>(moment: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(*moment))
}

/// For `serialize_with`. `None` is `null`.
#[allow(clippy::ref_option, reason = "serde's signature")]
pub fn optional<S: Serializer>(moment: &Option<DateTime<Utc>>, to: S) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => to.serialize_str(&text(*moment)),
        None => to.serialize_none(),
    }
}
