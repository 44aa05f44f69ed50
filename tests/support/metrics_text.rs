//! A parser of metrics that accepts only what both text formats allow.

use std::collections::{BTreeMap, BTreeSet};

/// Values by name and labels, as written.
pub type Samples = BTreeMap<String, f64>;

/// Parses metrics; panics unless both OpenMetrics 1.0 and Prometheus text 0.0.4 allow them.
pub fn read(text: &str) -> Samples {
    let body = text.strip_suffix("# EOF\n").expect("ends with # EOF");
    assert!(!body.contains("# EOF") && !body.contains("\n\n"));
    let mut samples = Samples::new();
    let mut families = BTreeSet::new();
    let mut family = String::new();
    let mut headers = Vec::new();
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let [kind, name, rest] = [(); 3].map(|()| words.next().expect(line));
            if name != family {
                assert!(families.insert(name.to_owned()), "{name} comes twice");
                family = name.to_owned();
                headers.clear();
            }
            assert!(!headers.contains(&kind), "{line}");
            headers.push(kind);
            match kind {
                "TYPE" => assert_eq!(rest, "gauge", "both formats know gauges alike"),
                "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "{line}"),
                "HELP" => assert!(!rest.contains('\\'), "{line}"),
                _ => panic!("{line}"),
            }
            continue;
        }
        assert!(
            headers.contains(&"TYPE") && headers.contains(&"HELP"),
            "{line}"
        );
        let (series, value) = line.rsplit_once("} ").expect(line);
        let (name, labels) = series.split_once('{').expect(line);
        assert_eq!(name, family, "{line}");
        assert!(is_name(name), "{line}");
        check_labels(labels, line);
        let value = value.parse().expect(line);
        let twice = samples.insert(format!("{series}}}"), value);
        assert_eq!(twice, None, "{line} comes twice");
    }
    samples
}

fn is_name(name: &str) -> bool {
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    start && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn check_labels(mut rest: &str, line: &str) {
    let mut names = BTreeSet::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect(line);
        assert!(is_name(name) && names.insert(name), "{line}");
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().expect(line) {
                (_, '\\') => assert!(
                    matches!(chars.next(), Some((_, '\\' | '"' | 'n'))),
                    "{line}"
                ),
                (at, '"') => break at,
                _ => {}
            }
        };
        let Some(more) = after[end + 1..].strip_prefix(',') else {
            assert_eq!(&after[end + 1..], "", "{line}");
            return;
        };
        rest = more;
    }
}
