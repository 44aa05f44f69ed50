//! CPU and memory usage of pods and nodes, from metrics.k8s.io.

use super::{Intern, ObjectMeta, Quantity, SharedStr, SmallMap, StrInterner, read_as_is, slim};
use crate::cluster::quantity;

slim! {
    /// Usage of a pod. There is one for each pod, so of the metadata only the
    /// name and namespace are kept.
    pub struct PodMetrics {
        pub metadata: NamespacedName,
        pub containers: Box<[ContainerMetrics]>,
    }

    /// Name and namespace of an object.
    pub struct NamespacedName {
        pub name: SharedStr,
        pub namespace: SharedStr,
    }

    /// Usage of a container.
    pub struct ContainerMetrics {
        pub name: SharedStr,
        pub usage: Usage,
    }

    /// Usage of a node.
    pub struct NodeMetrics {
        pub metadata: ObjectMeta,
        pub usage: Usage,
    }
}

/// CPU and memory usage as numbers. Values are rarely equal, so that strings
/// could not be shared and would need four times the memory. Zero also means
/// that there is no measurement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "SmallMap<Quantity>", into = "SmallMap<Quantity>")]
pub struct Usage {
    nanocores: i64,
    bytes: i64,
}

/// 2^53, the largest value up to which integers are exact in `f64`. No machine
/// has nine million cores or eight pebibytes of memory.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

#[allow(clippy::cast_precision_loss, reason = "at most `MAX_EXACT`")]
impl Usage {
    /// CPU, in cores.
    #[must_use]
    pub fn cores(&self) -> f64 {
        self.nanocores as f64 / 1e9
    }

    /// Memory, in bytes.
    #[must_use]
    pub fn memory(&self) -> f64 {
        self.bytes as f64
    }
}

impl From<SmallMap<Quantity>> for Usage {
    fn from(usage: SmallMap<Quantity>) -> Self {
        let value = |resource| usage.get(resource).and_then(|q| quantity::parse(&q.0));
        #[allow(clippy::cast_possible_truncation, reason = "at most `MAX_EXACT`")]
        let whole = |value: Option<f64>| {
            let value = value.filter(|value| (0.0..=MAX_EXACT).contains(value));
            value.unwrap_or(0.0).round() as i64
        };
        Self {
            nanocores: whole(value("cpu").map(|cores| cores * 1e9)),
            bytes: whole(value("memory")),
        }
    }
}

impl From<Usage> for SmallMap<Quantity> {
    fn from(Usage { nanocores, bytes }: Usage) -> Self {
        let quantity = |text: String| Quantity(text.into());
        let entries = [
            ("cpu", quantity(format!("{nanocores}n"))),
            ("memory", quantity(bytes.to_string())),
        ];
        entries.into_iter().collect()
    }
}

read_as_is! { Usage }

impl Intern for Usage {
    fn share(&mut self, _: &mut StrInterner) {}
}

#[cfg(test)]
mod tests {
    use super::PodMetrics;

    #[test]
    fn usage_is_read_as_numbers_and_written_as_quantities() {
        for (usage, written) in [
            (
                r#"{"cpu":"1520123n","memory":"943718Ki"}"#,
                r#"{"cpu":"1520123n","memory":"966367232"}"#,
            ),
            (
                r#"{"cpu":"250m","memory":"1.5Gi"}"#,
                r#"{"cpu":"250000000n","memory":"1610612736"}"#,
            ),
            (
                r#"{"memory":64,"cpu":"none"}"#,
                r#"{"cpu":"0n","memory":"64"}"#,
            ),
            (
                r#"{"cpu":"1e400","memory":"1"}"#,
                r#"{"cpu":"0n","memory":"1"}"#,
            ),
            (
                r#"{"cpu":"1n","memory":"1E"}"#,
                r#"{"cpu":"1n","memory":"0"}"#,
            ),
            (
                r#"{"cpu":"-1","memory":"8Pi"}"#,
                r#"{"cpu":"0n","memory":"9007199254740992"}"#,
            ),
        ] {
            let text = |usage: &str| {
                format!(
                    r#"{{"metadata":{{"name":"a","namespace":"b"}},"containers":[{{"name":"c","usage":{usage}}}]}}"#
                )
            };
            let read: PodMetrics = serde_json::from_str(&text(usage)).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text(written));
            let again: PodMetrics = serde_json::from_str(&text(written)).unwrap();
            assert_eq!(again, read);
        }
    }
}
