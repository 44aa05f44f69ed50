//! Slim Kubernetes types: only the fields that rules and messages read.
//!
//! On a large cluster the full types of `k8s-openapi` need about thirty times
//! the memory and six times the time, mostly for managedFields. Responses are
//! therefore decoded directly into these types. Fields keep their Kubernetes
//! names when written, so that a snapshot is an ordinary dump that other tools
//! can read too.

mod batch;
mod custom;
mod event;
mod map;
mod meta;
mod network;
mod node;
mod owner;
mod platform;
mod pod;
mod policy;
mod shared_str;
mod storage;
mod usage;
mod wire;
mod workload;

pub use batch::*;
pub use custom::*;
pub use event::*;
pub use map::*;
pub use meta::*;
pub use network::*;
pub use node::*;
pub use owner::OwnerReference;
pub use platform::*;
pub use pod::*;
pub use policy::*;
pub use shared_str::*;
pub use storage::*;
pub use usage::*;
pub use wire::Wire;
pub(crate) use wire::{cut_list, is_text_left_out};
pub use workload::*;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Declares structs of the Kubernetes wire format.
///
/// Every field is optional. `null` counts as absent, because Go writes `null`
/// for nil slices and zero times. Unknown fields are skipped, and fields with
/// their default value are not written. Texts and lists are cut: see [`Wire`].
macro_rules! slim {
    ($( $(#[$meta:meta])* pub struct $name:ident { $($field:tt)* } )*) => { $(
        crate::cluster::types::slim_struct! { $(#[$meta])* pub struct $name { $($field)* } }
        crate::cluster::types::read_as_is! { $name }
    )* };
}
pub(crate) use slim;

/// The same without the code that reads a struct as [`Wire`] does.
macro_rules! slim_struct {
    ($( $(#[$meta:meta])* pub struct $name:ident { $( $(#[$field_meta:meta])* pub $field:ident : $type:ty, )* } )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs, reason = "fields have the names of Kubernetes")]
        pub struct $name { $(
            $(#[$field_meta])*
            #[serde(
                default,
                deserialize_with = "crate::cluster::types::field",
                skip_serializing_if = "crate::cluster::types::is_default"
            )]
            pub $field: $type,
        )* }

        impl crate::cluster::types::Intern for $name {
            fn share(&mut self, interner: &mut crate::cluster::types::StrInterner) {
                $( crate::cluster::types::Intern::share(&mut self.$field, interner); )*
            }
        }
    )* };
}
pub(crate) use slim_struct;
pub(crate) use wire::{field, read_as_is};

/// Decodes the first object of a text and returns it with its length in bytes.
///
/// API responses and dumps share this function, and it is never inlined, so
/// that the decoder of each kind is compiled once.
#[inline(never)]
pub(crate) fn decode<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<(T, usize)> {
    wire::begin();
    let mut objects = serde_json::Deserializer::from_slice(text).into_iter();
    match objects.next() {
        Some(object) => Ok((object?, objects.byte_offset())),
        None => Err(serde::de::Error::custom("there is no object")),
    }
}

/// Reads a value; `null` counts as absent.
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
