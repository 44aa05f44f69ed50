//! Lines of a manifest, out of their context, as keys with their paths.
//!
//! A hunk of a patch begins and ends in the middle of a document, where no YAML
//! parser can follow. Indentation still says what belongs to what, so this
//! reads lines one by one; values in flow style go to the YAML library. What
//! stands in a block of text has a path and no value.

use serde_json::Value;

/// One line of one side of a patch.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The text, without the mark of the patch.
    pub text: &'a str,
    /// Whether the other side does not have it.
    pub changed: bool,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestKey {
    /// The keys above it, outermost first, as far as the hunk shows them.
    pub path: Vec<String>,
    /// Its own key; of an item of a list, the list's.
    pub key: String,
    /// What it is set to; empty for a line of a text.
    pub value: String,
    /// The `name` of the list item that it is in.
    pub item: Option<String>,
    /// `kind` of the object, where the lines above tell.
    pub object: Option<String>,
}

impl ManifestKey {
    /// Whether a key stands above it.
    #[must_use]
    pub fn is_under(&self, keys: &[&str]) -> bool {
        self.path.iter().any(|key| keys.contains(&key.as_str()))
    }
}

/// Values of Helm charts are YAML even where they are written as text.
const EMBEDDED: &[&str] = &["values", "valuesObject"];

/// A block of text: how far its key is indented, and whether it is YAML itself.
struct Block {
    indent: usize,
    is_yaml: bool,
}

/// What is above the line that is read.
#[derive(Default)]
struct Reader {
    /// Open keys with their indentation.
    open: Vec<(usize, String)>,
    /// Names of the open list items with the indentation of their keys.
    names: Vec<(usize, String)>,
    object: Option<String>,
    block: Option<Block>,
    leaves: Vec<ManifestKey>,
}

/// The changed keys of one side. `object` is what is known of the object's
/// kind before the first line.
#[must_use]
pub fn changed(lines: &[Line], object: Option<&str>) -> Vec<ManifestKey> {
    let mut reader = Reader {
        object: object
            .map(str::to_owned)
            .or_else(|| lines.iter().find_map(|line| kind(line.text))),
        ..Reader::default()
    };
    for line in lines {
        reader.read(line);
    }
    reader.leaves
}

/// The value of a `kind` at the edge of a document.
#[must_use]
pub fn kind(line: &str) -> Option<String> {
    let kind = line.strip_prefix("kind:")?.trim().trim_matches(['"', '\'']);
    (!kind.is_empty()).then(|| kind.to_owned())
}

impl Reader {
    fn read(&mut self, line: &Line) {
        let text = line.text.trim_end();
        let content = text.trim_start();
        if content.is_empty() {
            return;
        }
        let indent = text.len() - content.len();
        if self.is_text(indent) {
            if line.changed {
                self.push_text();
            }
            return;
        }
        if content.starts_with('#') {
            return;
        }
        if text.starts_with("---") {
            *self = Self {
                leaves: std::mem::take(&mut self.leaves),
                ..Self::default()
            };
            return;
        }
        if let Some(kind) = kind(text) {
            self.object = Some(kind);
        }
        self.entry(indent, content, line.changed);
    }

    /// Whether the line belongs to a block of text that is no YAML.
    fn is_text(&mut self, indent: usize) -> bool {
        match &self.block {
            Some(block) if indent > block.indent => !block.is_yaml,
            _ => {
                self.block = None;
                false
            }
        }
    }

    fn push_text(&mut self) {
        let Some(((_, key), above)) = self.open.split_last() else {
            return;
        };
        let leaf = ManifestKey {
            path: above.iter().map(|(_, key)| key.clone()).collect(),
            key: key.clone(),
            value: String::new(),
            item: None,
            object: self.object.clone(),
        };
        // A text of a hundred lines is one change.
        if self.leaves.last() != Some(&leaf) {
            self.leaves.push(leaf);
        }
    }

    fn entry(&mut self, mut indent: usize, mut content: &str, changed: bool) {
        while let Some(rest) = content
            .strip_prefix("- ")
            .or((content == "-").then_some(""))
        {
            self.open.retain(|(at, _)| *at <= indent);
            self.names.retain(|(at, _)| *at <= indent);
            let item = rest.trim_start();
            indent += content.len() - item.len();
            content = item;
        }
        let Some((key, value)) = split(content) else {
            if changed && !is_bracket(content) {
                self.push_item(content);
            }
            return;
        };
        self.open.retain(|(at, _)| *at < indent);
        self.names.retain(|(at, _)| *at <= indent);
        let value = plain(value);
        if key == "name" && !value.is_empty() {
            self.names.push((indent, value.clone()));
        }
        if value.starts_with(['|', '>']) {
            let is_yaml = EMBEDDED.contains(&key.as_str());
            self.block = Some(Block { indent, is_yaml });
        } else if changed {
            self.push(&key, &value);
        }
        self.open.push((indent, key));
    }

    fn push(&mut self, key: &str, value: &str) {
        let path: Vec<String> = self.open.iter().map(|(_, key)| key.clone()).collect();
        if value.starts_with('{')
            && let Ok(Value::Object(map)) = serde_yaml::from_str::<Value>(value)
        {
            self.spread(&path, key, &Value::Object(map));
        } else if !value.is_empty() && !is_bracket(value) {
            self.leaf(path, key, value.to_owned());
        }
    }

    /// A value in flow style, as if it stood on lines of its own.
    fn spread(&mut self, path: &[String], key: &str, value: &Value) {
        let below = || [path, &[key.to_owned()]].concat();
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (inner, value) in map {
                    self.spread(&below(), inner, value);
                }
            }
            Value::String(text) => self.leaf(path.to_vec(), key, text.clone()),
            other => self.leaf(path.to_vec(), key, other.to_string()),
        }
    }

    fn push_item(&mut self, content: &str) {
        let Some(((_, key), above)) = self.open.split_last() else {
            return;
        };
        let path = above.iter().map(|(_, key)| key.clone()).collect();
        let key = key.clone();
        self.leaf(path, &key, plain(content));
    }

    fn leaf(&mut self, path: Vec<String>, key: &str, value: String) {
        self.leaves.push(ManifestKey {
            path,
            key: key.to_owned(),
            value,
            item: self.names.last().map(|(_, name)| name.clone()),
            object: self.object.clone(),
        });
    }
}

/// `key: value`, JSON's quotes and braces put aside.
fn split(content: &str) -> Option<(String, &str)> {
    let (key, value) = if let Some(quote @ ('"' | '\'')) = content.chars().next() {
        let (key, rest) = content[1..].split_once(quote)?;
        (key, rest.trim_start().strip_prefix(':')?)
    } else if let Some(key) = content.strip_suffix(':').filter(|key| !key.contains(": ")) {
        (key, "")
    } else {
        content.split_once(": ")?
    };
    let is_key = |c: char| c.is_alphanumeric() || "-_./$%*@ ".contains(c);
    (!key.is_empty() && key.chars().all(is_key)).then(|| (key.trim().to_owned(), value.trim()))
}

fn is_bracket(content: &str) -> bool {
    content.chars().all(|c| "{}[], ".contains(c)) && content != "{}" && content != "[]"
}

/// A value without comment, quotes and JSON's comma.
fn plain(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|v| v.rsplit_once(quote)) {
            return inner.to_owned();
        }
    }
    let value = value.split(" #").next().unwrap_or(value).trim_end();
    match value {
        "{" | "[" => String::new(),
        value => value.trim_end_matches(',').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let lines: Vec<Line> = text
            .lines()
            .map(|line| Line {
                text: line.strip_prefix('+').unwrap_or(line),
                changed: line.starts_with('+'),
            })
            .collect();
        changed(&lines, None)
            .into_iter()
            .map(|leaf| {
                let item = leaf
                    .item
                    .map_or_else(String::new, |item| format!("[{item}]"));
                let mut keys = leaf.path;
                keys.push(leaf.key);
                format!("{}{item}={}", keys.join("."), leaf.value)
            })
            .collect()
    }

    #[test]
    fn indentation_says_what_belongs_to_what() {
        for (text, leaves) in [
            (
                "      containers:\n        - name: api\n          resources:\n            limits:\n+              memory: \"256Mi\" # less",
                vec!["containers.resources.limits.memory[api]=256Mi"],
            ),
            // A list may stand at the indentation of its key.
            (
                "ports:\n- name: http\n+  port: 80\n- name: admin\n+  port: 81",
                vec!["ports.port[http]=80", "ports.port[admin]=81"],
            ),
            (
                "args:\n+  - --flag=a: b\n+  - serve",
                vec!["args=--flag=a: b", "args=serve"],
            ),
            (
                "+limits: {cpu: 1, memory: 1Gi}",
                vec!["limits.cpu=1", "limits.memory=1Gi"],
            ),
            ("+# only words\n+\n", vec![]),
            (
                "data:\n  app.conf: |\n+    memory: 1\n+    other\n  x: 1",
                vec!["data.app.conf="],
            ),
            (
                "values: |\n  image:\n+    tag: v2",
                vec!["values.image.tag=v2"],
            ),
            (
                "{\n  \"limits\": {\n+    \"memory\": \"1Gi\",\n+  }",
                vec!["limits.memory=1Gi"],
            ),
            ("a:\n+  b: 1\n---\n+c: 2", vec!["a.b=1", "c=2"]),
        ] {
            assert_eq!(read(text), leaves, "{text}");
        }
    }

    #[test]
    fn the_kind_goes_with_the_document() {
        let lines = [
            "kind: Secret",
            "x: 1",
            "---",
            "y: 2",
            "kind: Service",
            "z: 3",
        ];
        let lines: Vec<Line> = lines
            .iter()
            .map(|text| Line {
                text,
                changed: true,
            })
            .collect();
        let kinds: Vec<_> = changed(&lines, None)
            .into_iter()
            .map(|leaf| (leaf.key, leaf.object.unwrap_or_default()))
            .collect();
        let wanted = [
            ("kind", "Secret"),
            ("x", "Secret"),
            ("y", ""),
            ("kind", "Service"),
            ("z", "Service"),
        ];
        assert_eq!(kinds, wanted.map(|(k, o)| (k.to_owned(), o.to_owned())));
    }

    #[test]
    fn no_text_makes_it_stumble() {
        for text in [
            "+:",
            "+- ",
            "+- - - a: b",
            "+'",
            "+\": x",
            "+{",
            "+ä: ö",
            "+a: {b",
            "+\t- x",
            "+-",
        ] {
            read(text);
        }
    }
}
