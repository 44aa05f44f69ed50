//! A unified diff as differences of keys: what was there, what is there now.

use super::yaml_keys::{self, Line, ManifestKey};

/// No file needs more to be told what it is about.
const MOST: usize = 200;

/// A key whose value is another, or which came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key, as the newer side has it.
    pub leaf: ManifestKey,
    /// Its value before; none: it was not there.
    pub old: Option<String>,
    /// Its value now; none: it is gone.
    pub new: Option<String>,
}

/// What a patch changes. `object` is what the file's name says of its kind.
/// Comments, order and indentation are no changes.
#[must_use]
pub fn differences(patch: &str, object: Option<&str>) -> Vec<Difference> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let mut known = object.map(str::to_owned);
    for hunk in hunks(patch) {
        let side = |mark: char| -> Vec<Line> {
            let lines = hunk.iter().filter_map(|line| of_side(line, mark));
            lines.collect()
        };
        let (before, after) = (side('-'), side('+'));
        old.extend(yaml_keys::changed(&before, known.as_deref()));
        new.extend(yaml_keys::changed(&after, known.as_deref()));
        let mut kinds = after.iter().filter_map(|line| yaml_keys::kind(line.text));
        known = kinds.next_back().or(known);
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

/// Lines between headers. The line that a header repeats stands first: it
/// tells what the hunk is in.
fn hunks(patch: &str) -> Vec<Vec<String>> {
    let mut hunks: Vec<Vec<String>> = Vec::new();
    for line in patch.lines() {
        if line.starts_with("@@") {
            let place = line.splitn(3, "@@").nth(2).unwrap_or_default().trim();
            hunks.push(vec![format!(" {place}")]);
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
            changed: false,
        }),
        own if own == mark => Some(Line {
            text,
            changed: true,
        }),
        _ => None,
    }
}

/// What only moved cancels out; of the rest, the same key on both sides is one
/// difference.
fn pair(mut old: Vec<ManifestKey>, new: Vec<ManifestKey>) -> Vec<Difference> {
    old.truncate(MOST);
    let mut rest = Vec::new();
    for leaf in new.into_iter().take(MOST) {
        match take(&mut old, |o| *o == leaf && !o.value.is_empty()) {
            Some(_) => {}
            None => rest.push(leaf),
        }
    }
    let mut differences = Vec::new();
    for leaf in rest {
        let same = |o: &ManifestKey| o.path == leaf.path && o.key == leaf.key;
        let before =
            take(&mut old, |o| same(o) && o.item == leaf.item).or_else(|| take(&mut old, same));
        differences.push(Difference {
            old: before.map(|before| before.value),
            new: Some(leaf.value.clone()),
            leaf,
        });
    }
    differences.extend(old.into_iter().map(|leaf| Difference {
        old: Some(leaf.value.clone()),
        new: None,
        leaf,
    }));
    differences
}

fn take(
    leaves: &mut Vec<ManifestKey>,
    wanted: impl Fn(&ManifestKey) -> bool,
) -> Option<ManifestKey> {
    let at = leaves.iter().position(wanted)?;
    Some(leaves.remove(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(patch: &str) -> Vec<(String, Option<String>, Option<String>)> {
        differences(patch, None)
            .into_iter()
            .map(|d| (d.leaf.key, d.old, d.new))
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
    fn what_moves_or_is_only_commented_is_no_difference() {
        for patch in [
            "@@ -1,3 +1,3 @@\n-a: 1\n b: 2\n+a: 1",
            "@@ -1,2 +1,2 @@\n-# old words\n+# new words\n a: 1",
            "@@ -1,2 +1,2 @@\n-a: 1\n+a: 1   # why",
            "@@ -1 +1 @@\n-a: \"1\"\n+a: 1\n\\ No newline at end of file",
            "",
            "no patch at all",
        ] {
            assert_eq!(read(patch), [], "{patch}");
        }
    }

    #[test]
    fn items_of_lists_are_told_apart_by_their_names() {
        let patch = "@@ -1,6 +1,6 @@\n env:\n   - name: A\n-    value: one\n+    value: uno\n   - name: B\n-    value: two\n+    value: due";
        let found: Vec<_> = differences(patch, None)
            .into_iter()
            .map(|d| (d.leaf.item.unwrap(), d.old.unwrap(), d.new.unwrap()))
            .collect();
        let wanted = [("A", "one", "uno"), ("B", "two", "due")];
        assert_eq!(
            found,
            wanted.map(|(a, b, c)| (a.into(), b.into(), c.into()))
        );
    }

    #[test]
    fn what_comes_and_goes_has_one_side() {
        let patch = "@@ -1,3 +1,3 @@ data:\n-  GONE: x\n+  NEW: y";
        assert_eq!(
            read(patch),
            [
                ("NEW".to_owned(), None, some("y")),
                ("GONE".to_owned(), some("x"), None)
            ]
        );
        assert_eq!(differences(patch, None)[0].leaf.path, ["data"]);
    }

    #[test]
    fn whole_files_tell_their_kinds() {
        assert_eq!(
            kinds("@@ -1,3 +0,0 @@\n-kind: Service\n-x: 1\n-kind: Secret"),
            ["Service", "Secret"]
        );
    }
}
