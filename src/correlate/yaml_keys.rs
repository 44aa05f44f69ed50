//! Reads the lines of a hunk as YAML keys with the keys above them.
//!
//! A hunk begins and ends in the middle of a document, which no YAML parser accepts, so lines are
//! read one by one by their indentation. Values in flow style are parsed as YAML. The lines of a
//! block scalar are one key without a value.

use serde_json::Value;

/// One line of one side of a patch.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The text, without the `+`, `-` or space of the patch.
    pub text: &'a str,
    /// Whether only this side has it.
    pub is_changed: bool,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestKey {
    /// The keys above it, outermost first, as far as the hunk shows them.
    pub parents: Vec<String>,
    /// The key; for a list item, the key of the list.
    pub name: String,
    /// The value; empty for a block scalar.
    pub value: String,
    /// The `name` of the list item that contains it.
    pub item: Option<String>,
    /// The `kind` of the object, if the lines above show it.
    pub object_kind: Option<String>,
}

impl ManifestKey {
    /// Whether one of these keys is above it.
    #[must_use]
    pub fn is_under(&self, keys: &[&str]) -> bool {
        self.parents.iter().any(|key| keys.contains(&key.as_str()))
    }
}

/// Keys of Helm values, which are YAML even in a block scalar.
const EMBEDDED: &[&str] = &["values", "valuesObject"];

/// A block scalar: the indentation of its key, and whether its text is YAML.
struct Block {
    indent: usize,
    is_yaml: bool,
}

/// The keys above the current line, and the keys read so far.
#[derive(Default)]
struct Reader {
    /// The keys above, with their indentation.
    parents: Vec<(usize, String)>,
    /// The `name` of the list items above, with the indentation of the key.
    items: Vec<(usize, String)>,
    object_kind: Option<String>,
    block: Option<Block>,
    keys: Vec<ManifestKey>,
}

/// The changed keys of one side. `object_kind` is the object's kind, if it is known before the
/// first line.
#[must_use]
pub fn changed(lines: &[Line], object_kind: Option<&str>) -> Vec<ManifestKey> {
    let mut reader = Reader {
        object_kind: object_kind
            .map(str::to_owned)
            .or_else(|| lines.iter().find_map(|line| kind(line.text))),
        ..Reader::default()
    };
    for line in lines {
        reader.read(line);
    }
    reader.keys
}

/// The value of a top-level `kind`.
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
            if line.is_changed {
                self.push_text();
            }
            return;
        }
        if content.starts_with('#') {
            return;
        }
        if text.starts_with("---") {
            *self = Self {
                keys: std::mem::take(&mut self.keys),
                ..Self::default()
            };
            return;
        }
        if let Some(kind) = kind(text) {
            self.object_kind = Some(kind);
        }
        self.entry(indent, content, line.is_changed);
    }

    /// Whether the line belongs to a block scalar that is not YAML.
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
        let Some(((_, name), above)) = self.parents.split_last() else {
            return;
        };
        let key = ManifestKey {
            parents: above.iter().map(|(_, key)| key.clone()).collect(),
            name: name.clone(),
            value: String::new(),
            item: None,
            object_kind: self.object_kind.clone(),
        };
        // All lines of a block scalar are one change.
        if self.keys.last() != Some(&key) {
            self.keys.push(key);
        }
    }

    fn entry(&mut self, mut indent: usize, mut content: &str, is_changed: bool) {
        while let Some(rest) = content
            .strip_prefix("- ")
            .or((content == "-").then_some(""))
        {
            self.parents.retain(|(at, _)| *at <= indent);
            self.items.retain(|(at, _)| *at <= indent);
            let item = rest.trim_start();
            indent += content.len() - item.len();
            content = item;
        }
        let Some((key, value)) = split(content) else {
            if is_changed && !is_bracket(content) {
                self.push_item(content);
            }
            return;
        };
        self.parents.retain(|(at, _)| *at < indent);
        self.items.retain(|(at, _)| *at <= indent);
        let value = plain(value);
        if key == "name" && !value.is_empty() {
            self.items.push((indent, value.clone()));
        }
        if value.starts_with(['|', '>']) {
            let is_yaml = EMBEDDED.contains(&key.as_str());
            self.block = Some(Block { indent, is_yaml });
        } else if is_changed {
            self.push(&key, &value);
        }
        self.parents.push((indent, key));
    }

    fn push(&mut self, key: &str, value: &str) {
        let path: Vec<String> = self.parents.iter().map(|(_, key)| key.clone()).collect();
        if value.starts_with('{')
            && let Ok(Value::Object(map)) = serde_yaml::from_str::<Value>(value)
        {
            self.push_flow(&path, key, &Value::Object(map));
        } else if !value.is_empty() && !is_bracket(value) {
            self.push_key(path, key, value.to_owned());
        }
    }

    /// A value in flow style, as keys of their own.
    fn push_flow(&mut self, path: &[String], key: &str, value: &Value) {
        let below = || [path, &[key.to_owned()]].concat();
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (inner, value) in map {
                    self.push_flow(&below(), inner, value);
                }
            }
            Value::String(text) => self.push_key(path.to_vec(), key, text.clone()),
            other => self.push_key(path.to_vec(), key, other.to_string()),
        }
    }

    fn push_item(&mut self, content: &str) {
        let Some(((_, key), above)) = self.parents.split_last() else {
            return;
        };
        let path = above.iter().map(|(_, key)| key.clone()).collect();
        let key = key.clone();
        self.push_key(path, &key, plain(content));
    }

    fn push_key(&mut self, parents: Vec<String>, name: &str, value: String) {
        self.keys.push(ManifestKey {
            parents,
            name: name.to_owned(),
            value,
            item: self.items.last().map(|(_, name)| name.clone()),
            object_kind: self.object_kind.clone(),
        });
    }
}

/// Splits `key: value`, also with JSON's quotes.
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

/// A value without its comment, its quotes and JSON's comma.
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
                is_changed: line.starts_with('+'),
            })
            .collect();
        changed(&lines, None)
            .into_iter()
            .map(|key| {
                let item = key
                    .item
                    .map_or_else(String::new, |item| format!("[{item}]"));
                let mut keys = key.parents;
                keys.push(key.name);
                format!("{}{item}={}", keys.join("."), key.value)
            })
            .collect()
    }

    #[test]
    fn keys_are_read_by_indentation() {
        for (text, keys) in [
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
            ("+# a comment\n+\n", vec![]),
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
            assert_eq!(read(text), keys, "{text}");
        }
    }

    #[test]
    fn the_object_kind_ends_with_the_document() {
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
                is_changed: true,
            })
            .collect();
        let kinds: Vec<_> = changed(&lines, None)
            .into_iter()
            .map(|key| (key.name, key.object_kind.unwrap_or_default()))
            .collect();
        let expected = [
            ("kind", "Secret"),
            ("x", "Secret"),
            ("y", ""),
            ("kind", "Service"),
            ("z", "Service"),
        ];
        assert_eq!(kinds, expected.map(|(k, o)| (k.to_owned(), o.to_owned())));
    }

    #[test]
    fn malformed_lines_do_not_panic() {
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
