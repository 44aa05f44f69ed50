//! One page of a list, decoded object by object.
//!
//! A page is not built up as a whole before its objects are folded: the parts
//! of an object that are dropped make room for the next one, which keeps the
//! memory of a large cluster close to what is kept of it.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::failure::Failure;
use super::fold::{Fold, Pool};

/// `metadata` of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PageMeta {
    /// Where the next page begins.
    pub r#continue: Option<String>,
    /// How many objects come after this page, if the server knows.
    pub remaining_item_count: Option<usize>,
}

/// Adds the objects of a page to `items`. `items: null` is an empty page, an
/// answer without `items` is no list.
pub(super) fn decode<T: Fold>(
    body: &[u8],
    pool: &mut Pool,
    items: &mut Vec<T>,
) -> Result<PageMeta, Failure> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let page = Page { pool, items }.deserialize(&mut deserializer);
    let (meta, is_list) = page
        .and_then(|page| deserializer.end().map(|()| page))
        .map_err(|error| Failure::of_json(&error))?;
    if !is_list {
        return Err(Failure::Malformed("the answer is no list".to_owned()));
    }
    Ok(meta)
}

struct Page<'a, T> {
    pool: &'a mut Pool,
    items: &'a mut Vec<T>,
}

impl<'de, T: Fold> DeserializeSeed<'de> for Page<'_, T> {
    type Value = (PageMeta, bool);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Fold> Visitor<'de> for Page<'_, T> {
    type Value = (PageMeta, bool);

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut meta = PageMeta::default();
        let mut is_list = false;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match key.as_ref() {
                "metadata" => meta = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "items" => {
                    is_list = true;
                    map.next_value_seed(Items {
                        pool: self.pool,
                        items: self.items,
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((meta, is_list))
    }
}

struct Items<'a, T> {
    pool: &'a mut Pool,
    items: &'a mut Vec<T>,
}

impl<'de, T: Fold> DeserializeSeed<'de> for Items<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T: Fold> Visitor<'de> for Items<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut objects: A) -> Result<(), A::Error> {
        while let Some(object) = objects.next_element_seed(PhantomData::<T>)? {
            self.items.push(object.fold(self.pool));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::objects::Namespace;

    fn decoded(body: &str) -> Result<(PageMeta, usize), Failure> {
        let mut items = Vec::<Namespace>::new();
        let meta = decode(body.as_bytes(), &mut Pool::default(), &mut items)?;
        Ok((meta, items.len()))
    }

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let body = r#"{"items":[{"metadata":{"name":"a"}},{}],"metadata":
            {"continue":"t","remainingItemCount":7},"kind":"NamespaceList"}"#;
        let (meta, count) = decoded(body).unwrap();
        assert_eq!(
            (meta.r#continue.as_deref(), meta.remaining_item_count),
            (Some("t"), Some(7))
        );
        assert_eq!(count, 2);
    }

    #[test]
    fn an_empty_list_may_be_null() {
        assert_eq!(decoded(r#"{"items":null,"metadata":null}"#).unwrap().1, 0);
        assert!(decoded(r#"{"kind":"NamespaceList"}"#).is_err());
        assert!(decoded(r#"{"items":[]} trailing"#).is_err());
        assert!(decoded(r#"{"items":{}}"#).is_err());
    }
}
