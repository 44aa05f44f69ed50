//! The objects of a snapshot: one list a kind, and access to the list of any kind by its
//! [`Resource`]. Reading from the API, dumps and look-ups go through [`ObjectList`], so that none
//! of them names the kinds.

use serde::Serialize;
use serde_json::Value;

use super::compact::Compact;
use super::intern::Interner;
use super::types;
use crate::model::{Resource, for_each_kind};

/// The list of one kind, whichever slim type it has.
pub trait ObjectList {
    /// Decodes the first object of a JSON text and appends it. Returns its length in bytes.
    ///
    /// # Errors
    /// When the text is no such object. [`serde_json::Error::is_eof`] when its end is missing.
    fn push_json(&mut self, text: &[u8]) -> serde_json::Result<usize>;
    /// Drops what no rule reads of the last object, and shares what it has in common with others.
    fn compact_last(&mut self, interner: &mut Interner);
    /// Drops the objects that are too many.
    fn bound(&mut self);
    /// Number of objects.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Namespace and name of an object.
    fn name(&self, index: usize) -> (&str, &str);
    /// An object as JSON, without `apiVersion` and `kind`.
    ///
    /// # Errors
    /// None that a slim type can cause.
    fn to_json(&self, index: usize) -> serde_json::Result<Value>;
    /// Drops the objects from this index on.
    fn truncate(&mut self, length: usize);
    /// Removes an object and puts the last one in its place.
    fn replace_with_last(&mut self, index: usize);
    /// Allocates memory for so many more objects.
    fn reserve(&mut self, more: usize);
    /// Frees memory that no object uses.
    fn shrink(&mut self);
}

/// What a slim type of a listed kind must have.
trait Object: Compact + Serialize {
    fn name(&self) -> (&str, &str);
}

impl<T: Object> ObjectList for Vec<T> {
    fn push_json(&mut self, text: &[u8]) -> serde_json::Result<usize> {
        let (object, length) = types::decode(text)?;
        self.push(object);
        Ok(length)
    }

    fn compact_last(&mut self, interner: &mut Interner) {
        if let Some(object) = self.last_mut() {
            object.compact(interner);
        }
    }

    fn bound(&mut self) {
        T::bound(self);
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn name(&self, index: usize) -> (&str, &str) {
        self[index].name()
    }

    fn to_json(&self, index: usize) -> serde_json::Result<Value> {
        serde_json::to_value(&self[index])
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }

    fn replace_with_last(&mut self, index: usize) {
        self.swap_remove(index);
    }

    fn reserve(&mut self, more: usize) {
        self.reserve_exact(more);
    }

    fn shrink(&mut self) {
        self.shrink_to_fit();
    }
}

impl Object for types::CustomObject {
    fn name(&self) -> (&str, &str) {
        (&self.metadata.namespace, &self.metadata.name)
    }
}

macro_rules! implement_object {
    (shared $type:ident) => {};
    ($kept:ident $type:ident) => {
        impl Object for types::$type {
            fn name(&self) -> (&str, &str) {
                (&self.metadata.namespace, &self.metadata.name)
            }
        }
    };
}

macro_rules! declare_objects {
    ($( $resource:ident $field:ident: $type:ident, $group:literal [$($version:literal),+] $plural:literal,
        $kind:literal $scope:ident $(($namespace:literal))? $requirement:ident [$($short:literal),*], $kept:ident; )*) => {
        $( implement_object!($kept $type); )*

        /// The objects of a snapshot, by kind.
        #[derive(Debug, Clone, Default, PartialEq)]
        #[allow(missing_docs, reason = "one list a kind, named like it; `custom` has those of all other kinds")]
        pub struct Objects {
            $( pub $field: Vec<types::$type>, )*
            pub custom: Vec<types::CustomObject>,
        }

        impl Objects {
            /// The list of a kind; logs have none.
            #[must_use]
            pub fn list(&self, resource: Resource) -> Option<&dyn ObjectList> {
                match resource {
                    $( Resource::$resource => Some(&self.$field), )*
                    Resource::PodLogs => None,
                }
            }

            /// The list of a kind, to be changed; logs have none.
            pub fn list_mut(&mut self, resource: Resource) -> Option<&mut dyn ObjectList> {
                match resource {
                    $( Resource::$resource => Some(&mut self.$field), )*
                    Resource::PodLogs => None,
                }
            }

            /// All lists, to be filled side by side.
            pub fn lists_mut(&mut self) -> Vec<(Resource, &mut dyn ObjectList)> {
                vec![ $( (Resource::$resource, &mut self.$field), )* ]
            }
        }
    };
}
for_each_kind!(declare_objects);
