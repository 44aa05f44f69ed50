//! A unified diff as differences of YAML keys, with the old and the new value.

use super::yaml_keys::{self, Line, ManifestKey};

/// Keys read per side of a patch.
const MAX_KEYS: usize = 200;

/// A key that is added, removed or set to another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key, from the new side if it is there.
    pub key: ManifestKey,
    /// The old value; `None` if the key is new.
    pub old: Option<String>,
    /// The new value; `None` if the key is removed.
    pub new: Option<String>,
}

/// The differences of a patch. `object_kind` is the kind that the file's name suggests. Comments,
/// order and indentation make no difference.
#[must_use]
pub fn differences(patch: &str, object_kind: Option<&str>) -> Vec<Difference> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let mut object_kind = object_kind.map(str::to_owned);
    for hunk in hunks(patch) {
        let side = |mark: char| -> Vec<Line> {
            let lines = hunk.iter().filter_map(|line| of_side(line, mark));
            lines.collect()
        };
        let (before, after) = (side('-'), side('+'));
        old.extend(yaml_keys::changed(&before, object_kind.as_deref()));
        new.extend(yaml_keys::changed(&after, object_kind.as_deref()));
        let mut kinds = after.iter().filter_map(|line| yaml_keys::kind(line.text));
        object_kind = kinds.next_back().or(object_kind);
    }
    pair(old, new)
}

/// The kinds of the objects that a whole file adds or removes.
#[must_use]
pub fn kinds(patch: &str) -> Vec<String> {
    let lines = patch.lines().filter_map(|line| line.get(1..));
    let mut kinds: Vec<String> = lines.filter_map(yaml_keys::kind).collect();
    kinds.dedup();
    kinds
}

/// The lines of each hunk. The first one is the context line in the header, which names the key
/// above the hunk.
fn hunks(patch: &str) -> Vec<Vec<String>> {
    let mut hunks: Vec<Vec<String>> = Vec::new();
    for line in patch.lines() {
        if line.starts_with("@@") {
            let context = line.splitn(3, "@@").nth(2).unwrap_or_default().trim();
            hunks.push(vec![format!(" {context}")]);
        } else if let Some(hunk) = hunks.last_mut() {
            hunk.push(line.to_owned());
        }
    }
    hunks
}

fn of_side(line: &str, mark: char) -> Option<Line<'_>> {
    let text = line.get(1..)?;
    match line.chars().next()? {
        ' ' => Some(Line {
            text,
            is_changed: false,
        }),
        own if own == mark => Some(Line {
            text,
            is_changed: true,
        }),
        _ => None,
    }
}

/// Pairs the keys of both sides. A key that only moved is no difference.
fn pair(mut old: Vec<ManifestKey>, new: Vec<ManifestKey>) -> Vec<Difference> {
    old.truncate(MAX_KEYS);
    let mut changed = Vec::new();
    for key in new.into_iter().take(MAX_KEYS) {
        match take(&mut old, |o| *o == key && !o.value.is_empty()) {
            Some(_) => {}
            None => changed.push(key),
        }
    }
    let mut differences = Vec::new();
    for key in changed {
        let is_same = |o: &ManifestKey| o.parents == key.parents && o.name == key.name;
        let before = take(&mut old, |o| is_same(o) && o.item == key.item)
            .or_else(|| take(&mut old, is_same));
        differences.push(Difference {
            old: before.map(|before| before.value),
            new: Some(key.value.clone()),
            key,
        });
    }
    differences.extend(old.into_iter().map(|key| Difference {
        old: Some(key.value.clone()),
        new: None,
        key,
    }));
    differences
}

fn take(
    keys: &mut Vec<ManifestKey>,
    is_match: impl Fn(&ManifestKey) -> bool,
) -> Option<ManifestKey> {
    let index = keys.iter().position(is_match)?;
    Some(keys.remove(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(patch: &str) -> Vec<(String, Option<String>, Option<String>)> {
        differences(patch, None)
            .into_iter()
            .map(|d| (d.key.name, d.old, d.new))
            .collect()
    }

    #[allow(clippy::unnecessary_wraps, reason = "as a difference has it")]
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn both_values_are_found() {
        let patch = "@@ -30,7 +30,7 @@ spec:\n             cpu: 500m\n           limits:\n             cpu: 1\n-            memory: 2Gi\n+            memory: 256Mi\n         ports:";
        assert_eq!(
            read(patch),
            [("memory".to_owned(), some("2Gi"), some("256Mi"))]
        );
    }

    #[test]
    fn moved_keys_and_comments_are_no_difference() {
        for patch in [
            "@@ -1,3 +1,3 @@\n-a: 1\n b: 2\n+a: 1",
            "@@ -1,2 +1,2 @@\n-# old comment\n+# new comment\n a: 1",
            "@@ -1,2 +1,2 @@\n-a: 1\n+a: 1   # why",
            "@@ -1 +1 @@\n-a: \"1\"\n+a: 1\n\\ No newline at end of file",
            "",
            "no patch at all",
        ] {
            assert_eq!(read(patch), [], "{patch}");
        }
    }

    #[test]
    fn list_items_are_matched_by_name() {
        let patch = "@@ -1,6 +1,6 @@\n env:\n   - name: A\n-    value: one\n+    value: uno\n   - name: B\n-    value: two\n+    value: due";
        let found: Vec<_> = differences(patch, None)
            .into_iter()
            .map(|d| (d.key.item.unwrap(), d.old.unwrap(), d.new.unwrap()))
            .collect();
        let expected = [("A", "one", "uno"), ("B", "two", "due")];
        assert_eq!(
            found,
            expected.map(|(a, b, c)| (a.into(), b.into(), c.into()))
        );
    }

    #[test]
    fn an_added_or_removed_key_has_one_value() {
        let patch = "@@ -1,3 +1,3 @@ data:\n-  GONE: x\n+  NEW: y";
        assert_eq!(
            read(patch),
            [
                ("NEW".to_owned(), None, some("y")),
                ("GONE".to_owned(), some("x"), None)
            ]
        );
        assert_eq!(differences(patch, None)[0].key.parents, ["data"]);
    }

    #[test]
    fn the_kinds_of_a_whole_file_are_listed() {
        assert_eq!(
            kinds("@@ -1,3 +0,0 @@\n-kind: Service\n-x: 1\n-kind: Secret"),
            ["Service", "Secret"]
        );
    }
}
