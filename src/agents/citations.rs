//! The evidence that an answer cites. Pure.
//!
//! E1, E2 are facts of the findings, L1, L2 lines of a log, R1, R2 results of look-ups, C1, C2 commits.

use std::sync::LazyLock;

use regex::Regex;

static ID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[CELR][0-9]{1,3}\b").ok());

/// The ids that a list or a text names, and that the model was shown.
#[must_use]
pub fn citations(ids: &[String], text: &str, shown: &str) -> Vec<String> {
    let Some(regex) = ID.as_ref() else {
        return Vec::new();
    };
    let mut cited: Vec<String> = Vec::new();
    let in_list = ids.iter().flat_map(|id| regex.find_iter(id));
    for id in in_list
        .chain(regex.find_iter(text))
        .map(|found| found.as_str())
    {
        if is_shown(id, shown) && cited.iter().all(|known| known != id) {
            cited.push(id.to_owned());
        }
    }
    cited
}

/// Whether a line of the data begins with this id.
fn is_shown(id: &str, shown: &str) -> bool {
    shown
        .lines()
        .any(|line| line.trim_start_matches([' ', '-']).split([' ', ':']).next() == Some(id))
}

/// The text without ids of evidence, which mean nothing to its readers.
#[must_use]
pub fn without_citations(text: &str) -> String {
    static CITED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\s*[\[(](?:see |from |evidence )?[ELR][0-9]{1,3}(?:\s*(?:,|and|;)\s*[ELR][0-9]{1,3})*[\])]").ok()
    });
    match CITED.as_ref() {
        Some(regex) => regex.replace_all(text, "").into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_evidence_that_was_shown_is_cited() {
        let shown = "  E1 object: limit 256Mi\n  L2 FATAL: out of memory\nR1 LOGS of db-0";
        let ids = ["E1".to_owned(), "E9".to_owned(), "[L2]".to_owned()];
        assert_eq!(
            citations(&ids, "R1 shows it, as E1 does", shown),
            ["E1", "L2", "R1"]
        );
        assert_eq!(citations(&[], "limit", shown), Vec::<String>::new());
    }

    #[test]
    fn ids_in_brackets_are_removed() {
        for (text, plain) in [
            ("MySQL is killed (E1, L2).", "MySQL is killed."),
            ("MySQL is killed [E1] again", "MySQL is killed again"),
            (
                "The E1 line is old (see below)",
                "The E1 line is old (see below)",
            ),
        ] {
            assert_eq!(without_citations(text), plain);
        }
    }
}
