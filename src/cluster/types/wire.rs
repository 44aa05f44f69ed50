//! How a field of a slim type is read, and how much of it is kept.
//!
//! Whoever may create an object chooses its texts and the lengths of its lists. Both are cut while
//! they are decoded, so that no object takes more memory than [`LONG_TEXT`] and [`LIST_BYTES`] allow.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;

use crate::model::Time;

/// Bytes of one text that are kept: as many as the kubelet keeps of a termination message.
pub(super) const TEXT: usize = 4 << 10;
/// A text up to this length is always kept whole. No name is longer.
pub(super) const SHORT_TEXT: usize = 256;
/// Bytes of the longer texts of one object that are kept.
const LONG_TEXT: usize = 24 << 10;
/// Bytes of all texts of one object that are kept. Only an object that is made to be large has more: it
/// is not judged.
const ALL_TEXT: usize = 64 << 10;
/// Bytes that the lists and maps of one object may take, without their texts.
const LIST_BYTES: usize = 64 << 10;

/// What may still be kept of the object that is being decoded.
#[derive(Clone, Copy)]
struct Allowance {
    long_text: usize,
    all_text: usize,
    list: usize,
    cut: Option<&'static str>,
}

const WHOLE: Allowance = Allowance {
    long_text: LONG_TEXT,
    all_text: ALL_TEXT,
    list: LIST_BYTES,
    cut: None,
};

thread_local! {
    static ALLOWANCE: Cell<Allowance> = const { Cell::new(WHOLE) };
}

/// Begins a new object.
pub(super) fn begin() {
    ALLOWANCE.set(WHOLE);
}

/// The elements of the list that was cut in the object since [`begin`]; none where nothing was.
pub(crate) fn cut_list() -> Option<&'static str> {
    let name = ALLOWANCE.get().cut?;
    // Of the path of a type its last part; a map has no type of its own for its entries.
    match name.rsplit([':', '<']).next()? {
        "SharedStr" => Some("text"),
        name if name.ends_with([')', '>']) => Some("entry"),
        name => Some(name),
    }
}

/// Whether texts of the object since [`begin`] were left out.
pub(crate) fn is_text_left_out() -> bool {
    ALLOWANCE.get().all_text == 0
}

/// The part of a text that is kept.
pub(super) fn kept(text: &str) -> &str {
    let mut allowance = ALLOWANCE.get();
    let mut most = text.len();
    if most > SHORT_TEXT {
        most = allowance.long_text.clamp(SHORT_TEXT, TEXT).min(most);
        allowance.long_text = allowance.long_text.saturating_sub(most);
    }
    let most = text.floor_char_boundary(most.min(allowance.all_text));
    // What did not fit leaves nothing, so that nothing after it is taken for whole.
    let is_over = text.len() > allowance.all_text && allowance.all_text <= SHORT_TEXT;
    allowance.all_text = if is_over {
        0
    } else {
        allowance.all_text - most
    };
    ALLOWANCE.set(allowance);
    &text[..most]
}

/// Whether one more element of this type is kept, of which the list has `length` already. One that is
/// needed and not kept is noted.
pub(super) fn may_keep<T>(length: usize, most: usize, is_needed: bool) -> bool {
    let mut allowance = ALLOWANCE.get();
    let size = size_of::<T>();
    let fits = length < most && allowance.list >= size;
    if fits {
        allowance.list -= size;
    } else if is_needed {
        allowance.cut = Some(std::any::type_name::<T>());
    }
    ALLOWANCE.set(allowance);
    fits
}

/// Whether half of what an object may take is left, so that what is not needed crowds out nothing.
fn has_half_left() -> bool {
    let allowance = ALLOWANCE.get();
    allowance.all_text > WHOLE.all_text / 2 && allowance.list > WHOLE.list / 2
}

/// The type of a field.
pub trait Wire: Sized + Default {
    /// How many of them a list keeps. An endpoint slice has a hundred endpoints.
    const IN_LIST: usize = 300;
    /// Whether an object whose list of them was cut is damaged: rules may miss what it says.
    const IS_NEEDED: bool = true;

    /// Reads a value that is not `null`.
    ///
    /// # Errors
    /// When it has another type than Kubernetes documents.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Reads a field. `null` counts as absent.
pub(crate) fn field<'de, D: Deserializer<'de>, T: Wire>(deserializer: D) -> Result<T, D::Error> {
    let value = Option::<AsWire<T>>::deserialize(deserializer)?;
    Ok(value.map_or_else(T::default, |value| value.0))
}

/// Reads the type as [`Wire`] does.
pub(super) struct AsWire<T>(pub(super) T);

impl<'de, T: Wire> Deserialize<'de> for AsWire<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

/// Types that read themselves.
macro_rules! read_as_is {
    (optional $type:ty) => {
        impl crate::cluster::types::Wire for $type {
            const IS_NEEDED: bool = false;

            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde::Deserialize::deserialize(deserializer)
            }
        }
    };
    ($($type:ty)*) => { $(
        impl crate::cluster::types::Wire for $type {
            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde::Deserialize::deserialize(deserializer)
            }
        }
    )* };
}
pub(crate) use read_as_is;
read_as_is! { bool i32 i64 u32 Time }

/// A text, a number or a boolean, such as a port by name or number.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Scalar(#[serde(deserialize_with = "scalar")] pub(super) Value);

fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    struct AnyScalar;
    impl Visitor<'_> for AnyScalar {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a text or a number")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
            Ok(kept(text).into())
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
            Ok(number.into())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
            Ok(number.into())
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
            Ok(number.into())
        }
    }
    deserializer.deserialize_any(AnyScalar)
}

impl Wire for Value {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Some)
    }
}

impl<T: Wire> Wire for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }
}

impl<T: Wire> Wire for Arc<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }
}

impl<T: Wire> Wire for Box<[T]> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::read(deserializer).map(Vec::into_boxed_slice)
    }
}

impl<T: Wire> Wire for Arc<[T]> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::read(deserializer).map(Self::from)
    }
}

/// A list keeps its first elements. One that is `null` is left out.
impl<T: Wire> Wire for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Wire> Visitor<'de> for Elements<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
                let mut kept = Vec::new();
                while let Some(element) = list.next_element::<Option<AsWire<T>>>()? {
                    let Some(AsWire(element)) = element else {
                        continue;
                    };
                    let may_keep = (T::IS_NEEDED || has_half_left())
                        && may_keep::<T>(kept.len(), T::IN_LIST, T::IS_NEEDED);
                    if !may_keep {
                        while list.next_element::<IgnoredAny>()?.is_some() {}
                        break;
                    }
                    kept.push(element);
                }
                Ok(kept)
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}
