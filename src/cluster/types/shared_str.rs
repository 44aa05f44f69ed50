//! Shared strings: equal texts of many objects are kept in memory once.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arcstr::ArcStr;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

use super::{SmallMap, read_as_is, wire};
use crate::model::Time;

/// An immutable string of the size of one pointer. Objects with equal texts can
/// share one. Dereferences to `&str`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedStr(ArcStr);

impl SharedStr {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Replaces it by the equal interned string, if there is one; does not intern it.
    pub(in crate::cluster) fn reuse(&mut self, StrInterner(known): &StrInterner) {
        if let Some(same) = known.get(self) {
            *self = same.clone();
        }
    }
}

/// The interned strings.
#[derive(Debug, Default)]
pub struct StrInterner(HashSet<SharedStr>);

/// A value that contains strings to intern.
pub trait Intern {
    /// Interns each string, and replaces it by the equal one that was interned before.
    fn share(&mut self, interner: &mut StrInterner);
}

impl Intern for SharedStr {
    fn share(&mut self, StrInterner(known): &mut StrInterner) {
        match known.get(self) {
            Some(same) => *self = same.clone(),
            None => {
                known.insert(self.clone());
            }
        }
    }
}

impl<T: Intern> Intern for Vec<T> {
    fn share(&mut self, interner: &mut StrInterner) {
        self.shrink_to_fit();
        for element in self {
            element.share(interner);
        }
    }
}

impl<T: Intern> Intern for Option<T> {
    fn share(&mut self, interner: &mut StrInterner) {
        if let Some(value) = self {
            value.share(interner);
        }
    }
}

impl<T: Intern> Intern for Box<T> {
    fn share(&mut self, interner: &mut StrInterner) {
        (**self).share(interner);
    }
}

impl<T: Intern> Intern for Box<[T]> {
    fn share(&mut self, interner: &mut StrInterner) {
        for element in self {
            element.share(interner);
        }
    }
}

impl<V: Intern> Intern for SmallMap<V> {
    fn share(&mut self, interner: &mut StrInterner) {
        for (key, value) in self.entries_mut() {
            key.share(interner);
            value.share(interner);
        }
    }
}

/// The value of an `Arc` is shared as a whole.
impl<T: ?Sized> Intern for Arc<T> {
    fn share(&mut self, _: &mut StrInterner) {}
}

macro_rules! without_text {
    ($($type:ty)*) => { $(
        impl Intern for $type {
            fn share(&mut self, _: &mut StrInterner) {}
        }
    )* };
}
without_text! { bool i32 i64 u32 Time serde_json::Value }

read_as_is! { SharedStr }

/// A long text is cut while it is decoded.
impl<'de> Deserialize<'de> for SharedStr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SharedStr;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<SharedStr, E> {
                Ok(wire::kept(text).into())
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl Serialize for SharedStr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Deref for SharedStr {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for SharedStr {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for SharedStr {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<SharedStr> for String {
    fn from(text: SharedStr) -> Self {
        text.as_str().to_owned()
    }
}

impl<T: Into<ArcStr>> From<T> for SharedStr {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl PartialEq<str> for SharedStr {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for SharedStr {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<String> for SharedStr {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

impl PartialEq<SharedStr> for str {
    fn eq(&self, other: &SharedStr) -> bool {
        *self == **other
    }
}

impl PartialEq<SharedStr> for String {
    fn eq(&self, other: &SharedStr) -> bool {
        **self == **other
    }
}
