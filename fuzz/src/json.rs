//! A mutator for JSON. Random bytes are rarely valid JSON.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Values at which programs often fail.
const TEXTS: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "None",
    "True",
    "Unknown",
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2026-11-23T06:49:00Z",
    "2026-11-23T06:49:00.000001+14:00",
    "9999-12-31T23:59:59Z",
    "+262142-12-31T23:59:59Z",
    "-262143-01-01T00:00:00Z",
    "9223372036854775807",
    "1e309",
    "100m",
    "9999999999999Ei",
    "*/0 * * * *",
    "0 0 30 2 *",
    "a/b/c",
    "../..",
    "\u{0}\u{1b}[31m\u{202e}",
];

/// Reads JSON, else every document of a YAML file.
#[must_use]
pub fn read(data: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(data) {
        return Some(value);
    }
    let documents = serde_yaml::from_multiple(std::str::from_utf8(data).ok()?);
    documents.ok().map(Value::Array)
}

/// A mutator for libFuzzer that changes values of a document. Input that is not a
/// document is replaced by `seed`, so that a corpus can be empty at first.
pub fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    random: u32,
    words: &[&str],
    seed: impl FnOnce() -> Value,
) -> usize {
    let mut rng = Rng::with_seed(random.into());
    let is_document = |value: &Value| value.is_array() || value.is_object();
    let read = read(&data[..size]).filter(is_document);
    let mut value = read.unwrap_or_else(seed);
    for _ in 0..rng.usize(1..4) {
        change(&mut value, &mut rng, words);
    }
    let text = value.to_string();
    if text.len() > max_size {
        return size.min(max_size);
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
}

fn change(value: &mut Value, rng: &mut Rng, words: &[&str]) {
    let count = count(value);
    let donor = nth(value, &mut rng.usize(..count)).cloned();
    let Some(target) = nth(value, &mut rng.usize(..count)) else {
        return;
    };
    if rng.u8(..4) == 0 {
        *target = if rng.bool() {
            odd(rng, words)
        } else {
            donor.unwrap_or_default()
        };
        return;
    }
    match target {
        Value::Array(list) => change_list(list, rng, donor),
        Value::Object(map) => change_map(map, rng, donor),
        Value::String(text) => change_text(text, rng, words),
        target => *target = odd(rng, words),
    }
}

fn change_map(map: &mut Map<String, Value>, rng: &mut Rng, donor: Option<Value>) {
    let keys: Vec<_> = map.keys().cloned().collect();
    let Some(key) = rng.choice(keys) else { return };
    match donor.filter(|_| rng.bool()) {
        Some(donor) => _ = map.insert(key, donor),
        None => _ = map.remove(&key),
    }
}

fn change_list(list: &mut Vec<Value>, rng: &mut Rng, donor: Option<Value>) {
    if list.is_empty() {
        list.extend(donor);
        return;
    }
    let at = rng.usize(..list.len());
    match rng.u8(..4) {
        0 => _ = list.remove(at),
        1 => rng.shuffle(list),
        2 => list.extend(donor),
        _ => list.push(list[at].clone()),
    }
}

fn change_text(text: &mut String, rng: &mut Rng, words: &[&str]) {
    let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
    let at = rng.choice(ends).unwrap_or(0);
    match rng.u8(..6) {
        0 => text.truncate(at),
        1 => text.insert(at, rng.char(..)),
        2 => *text = text[at..].repeat(rng.usize(1..4)),
        3 => text.insert_str(at, &(0..rng.u16(..400)).map(|_| 'x').collect::<String>()),
        4 => text.insert_str(at, rng.choice(words).unwrap_or(&"\n")),
        _ => *text = (*rng.choice(TEXTS).unwrap_or(&"")).to_owned(),
    }
}

fn odd(rng: &mut Rng, words: &[&str]) -> Value {
    match rng.u8(..10) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.choice([i64::MIN, -1, 0, 1, 137, i64::from(i32::MAX), i64::MAX])),
        3 => json!(rng.choice([u64::MAX, 1 << 32, 65_536])),
        4 => json!(rng.f64()),
        5 => json!([]),
        6 => json!({}),
        7 => json!(rng.choice(words)),
        _ => json!(rng.choice(TEXTS)),
    }
}

/// The number of values in it, including itself.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at position `left`, counted depth first.
fn nth<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| nth(value, left)),
        Value::Object(map) => map.values_mut().find_map(|value| nth(value, left)),
        _ => None,
    }
}
