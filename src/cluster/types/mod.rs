//! Slim Kubernetes objects: of each kind only the fields that rules and messages read.
//!
//! The full types of `k8s-openapi` cost about thirty times the memory and six
//! times the time on a large cluster (managedFields above all), so the wire
//! format is read straight into these. Field names on the wire are
//! Kubernetes' own, which makes a written snapshot an ordinary dump that this
//! and any other tool reads back.

mod batch;
mod event;
mod map;
mod meta;
mod network;
mod node;
mod platform;
mod pod;
mod policy;
mod shared_str;
mod storage;
mod usage;
mod workload;

pub use batch::*;
pub use event::*;
pub use map::*;
pub use meta::*;
pub use network::*;
pub use node::*;
pub use platform::*;
pub use pod::*;
pub use policy::*;
pub use shared_str::*;
pub use storage::*;
pub use usage::*;
pub use workload::*;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Declares structs of the Kubernetes wire format.
///
/// Every field is optional on the wire, `null` counts as absent (Go writes
/// `null` for nil slices and zero times), unknown fields are skipped, and what
/// has its default value is left out when written.
macro_rules! slim {
    ($( $(#[$meta:meta])* pub struct $name:ident { $( $(#[$field_meta:meta])* pub $field:ident : $type:ty, )* } )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs, reason = "fields carry Kubernetes' own names")]
        pub struct $name { $(
            $(#[$field_meta])*
            #[serde(
                default,
                deserialize_with = "crate::cluster::types::null_as_default",
                skip_serializing_if = "crate::cluster::types::is_default"
            )]
            pub $field: $type,
        )* }

        impl crate::cluster::types::Intern for $name {
            fn share(&mut self, words: &mut crate::cluster::types::StrInterner) {
                $( crate::cluster::types::Intern::share(&mut self.$field, words); )*
            }
        }
    )* };
}
pub(crate) use slim;

/// The first object of a text, and its length.
///
/// Pages and dumps both come here, so that each kind's decoder is compiled
/// once, in one piece.
#[inline(never)]
pub(crate) fn decode<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<(T, usize)> {
    let mut objects = serde_json::Deserializer::from_slice(text).into_iter();
    match objects.next() {
        Some(object) => Ok((object?, objects.byte_offset())),
        None => Err(serde::de::Error::custom("there is no object")),
    }
}

pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
