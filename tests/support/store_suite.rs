//! What every store must do: the same tests for a directory and a `ConfigMap`.

use k8s_monitor::model::Time;
use k8s_monitor::state::document::{self, LIMIT};
use k8s_monitor::state::{Cached, SCHEMA, State, Store, StoreError, Version};
use serde_json::json;

/// A store, with direct access to its documents.
pub trait StoreFixture {
    /// A new client of the store, as each process has one.
    fn open(&self) -> Box<dyn Store + '_>;
    /// Replaces the document by this text.
    fn overwrite(&self, text: &str);
    /// The text of a document that was set aside.
    fn quarantined(&self, name: &str) -> Option<String>;
    /// Deletes the state.
    fn clear(&self);
}

pub fn now() -> Time {
    "2026-11-02T03:04:05Z".parse().expect("a time")
}

pub fn all(fixture: &dyn StoreFixture) {
    type Test = fn(&dyn StoreFixture);
    let tests: [(&str, Test); 6] = [
        ("missing", a_missing_state_is_empty),
        ("round trip", a_saved_state_is_loaded),
        ("conflict", the_second_of_two_writers_gets_a_conflict),
        (
            "first conflict",
            the_second_of_two_first_writers_gets_a_conflict,
        ),
        ("unusable", an_unusable_document_is_set_aside),
        ("too large", a_large_state_is_trimmed),
    ];
    for (name, test) in tests {
        eprintln!("{name}");
        fixture.clear();
        test(fixture);
    }
}

fn state(month: &str) -> State {
    let mut state = State {
        last_cycle: Some(now()),
        ..State::default()
    };
    month.clone_into(&mut state.spend.month);
    state
}

fn a_missing_state_is_empty(fixture: &dyn StoreFixture) {
    let loaded = fixture.open().load().expect("a missing state is no error");
    assert_eq!(loaded.state, State::default());
    assert_eq!(loaded.version, Version::Absent);
    assert_eq!(loaded.quarantined, None);
}

fn a_saved_state_is_loaded(fixture: &dyn StoreFixture) {
    let store = fixture.open();
    let first = store.load().expect("loaded").version;
    let second = store.save(&state("2026-10"), &first).expect("saved");
    let third = store.save(&state("2026-11"), &second).expect("saved again");
    let loaded = fixture.open().load().expect("loaded");
    assert_eq!(loaded.state, state("2026-11"));
    assert_eq!(loaded.version, third);
}

fn the_second_of_two_writers_gets_a_conflict(fixture: &dyn StoreFixture) {
    let (a, b) = (fixture.open(), fixture.open());
    let first = a.load().expect("loaded").version;
    a.save(&state("2026-09"), &first).expect("saved");
    let of_a = a.load().expect("loaded").version;
    let of_b = b.load().expect("loaded").version;
    a.save(&state("2026-10"), &of_a).expect("the first writes");
    let refused = b
        .save(&state("2026-11"), &of_b)
        .expect_err("the second does not");
    assert!(refused.is_conflict(), "{refused}");
    assert!(refused.to_string().contains(&b.place()), "{refused}");
    assert_eq!(b.load().expect("loaded").state, state("2026-10"));
}

fn the_second_of_two_first_writers_gets_a_conflict(fixture: &dyn StoreFixture) {
    let (a, b) = (fixture.open(), fixture.open());
    let of_a = a.load().expect("loaded").version;
    let of_b = b.load().expect("loaded").version;
    a.save(&state("2026-10"), &of_a).expect("the first writes");
    let refused = b
        .save(&state("2026-11"), &of_b)
        .expect_err("the second does not");
    assert!(refused.is_conflict(), "{refused}");
    // A state that was deleted meanwhile is a conflict too, not a new state.
    let known = a.load().expect("loaded").version;
    fixture.clear();
    assert!(
        a.save(&state("2026-12"), &known)
            .is_err_and(|e| e.is_conflict())
    );
}

fn an_unusable_document_is_set_aside(fixture: &dyn StoreFixture) {
    let newer = SCHEMA.replace("v1", "v2");
    for (text, word) in [
        ("{\"schema\": \"k8s-mon".to_owned(), "corrupt"),
        (String::new(), "corrupt"),
        ("{\"schema\": \"else\"}".to_owned(), "corrupt"),
        (
            json!({"schema": SCHEMA, "incidents": 3}).to_string(),
            "corrupt",
        ),
        (
            json!({"schema": newer, "incidents": {}}).to_string(),
            "newer",
        ),
    ] {
        fixture.clear();
        fixture.overwrite(&text);
        let store = fixture.open();
        let loaded = store.load().expect("no error");
        assert_eq!(loaded.state, State::default());
        let quarantined = loaded.quarantined.clone().expect("set aside");
        assert!(quarantined.name.contains(word), "{}", quarantined.name);
        let warning = loaded.warning(&store.place()).expect("a warning");
        assert!(warning.contains(&quarantined.name), "{warning}");
        // Loading writes nothing.
        assert_eq!(fixture.quarantined(&quarantined.name), None);
        let saved = store
            .save(&state("2026-11"), &loaded.version)
            .expect("saved");
        assert_eq!(
            fixture.quarantined(&quarantined.name).as_deref(),
            Some(text.as_str())
        );
        let loaded = store.load().expect("loaded");
        assert_eq!((loaded.state, loaded.version), (state("2026-11"), saved));
        assert_eq!(loaded.quarantined, None);
    }
}

fn a_large_state_is_trimmed(fixture: &dyn StoreFixture) {
    let mut large = state("2026-11");
    for number in 0..2000 {
        let at = now() - chrono::TimeDelta::minutes(number);
        let value = json!("x".repeat(1000));
        large
            .cache
            .insert(format!("key-{number}"), Cached { at, value });
    }
    assert!(document::size(&large) > LIMIT);
    let store = fixture.open();
    store.save(&large, &Version::Absent).expect("it fits");
    let kept = store.load().expect("loaded").state;
    assert!(document::size(&kept) <= LIMIT);
    // The newest are kept.
    assert!(kept.cache.len() > 200 && kept.cache.contains_key("key-0"));
    assert_eq!(kept.spend, large.spend);
    large.spend.month = "x".repeat(LIMIT);
    let version = store.load().expect("loaded").version;
    let error = store
        .save(&large, &version)
        .expect_err("nothing can be dropped");
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
}
