//! Lists of objects sorted by namespace and name, for binary search. There are
//! as many as pods or workloads: a hash table would take five times the memory.

/// Namespace and name.
pub type Name<'a> = (&'a str, &'a str);

/// Objects of one kind by namespace and name.
pub struct ByName<'a, T> {
    sorted: Vec<&'a T>,
    name_of: fn(&T) -> Name<'_>,
}

impl<'a, T> ByName<'a, T> {
    /// Sorts the objects. Objects of one name keep their order.
    #[must_use]
    pub fn new(objects: &'a [T], name_of: fn(&T) -> Name<'_>) -> Self {
        let mut sorted: Vec<_> = objects.iter().collect();
        sorted.sort_by_key(|object| name_of(object));
        Self { sorted, name_of }
    }

    /// The object of a name; of several the last.
    #[must_use]
    pub fn get(&self, name: Name) -> Option<&'a T> {
        self.all(name).last().copied()
    }

    /// All objects of a name.
    #[must_use]
    pub fn all(&self, name: Name) -> &[&'a T] {
        self.range(|own| own < name, |own| own <= name)
    }

    /// All objects of a namespace, by name.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> &[&'a T] {
        self.range(|own| own.0 < namespace, |own| own.0 <= namespace)
    }

    fn range(&self, before: impl Fn(Name) -> bool, until: impl Fn(Name) -> bool) -> &[&'a T] {
        let start = self.sorted.partition_point(|o| before((self.name_of)(o)));
        let end = self.sorted.partition_point(|o| until((self.name_of)(o)));
        &self.sorted[start..end]
    }
}
