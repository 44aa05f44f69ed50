//! "Did you mean": finds the most similar name.

/// Longer texts are not compared, to save time.
const MAX_LENGTH: usize = 64;

/// Finds the candidate that is most similar to a text, if one is similar enough.
pub(super) struct Nearest<'a> {
    wanted: String,
    best: Option<(usize, &'a str)>,
}

impl<'a> Nearest<'a> {
    pub(super) fn to(wanted: &str) -> Self {
        Self {
            wanted: wanted.to_ascii_lowercase(),
            best: None,
        }
    }

    /// Compares a candidate, ignoring case. Two swapped letters count as one difference. Of equally
    /// similar candidates the first is kept.
    pub(super) fn consider(&mut self, candidate: &'a str) {
        if self.wanted.len() > MAX_LENGTH || candidate.len() > MAX_LENGTH * 4 {
            return;
        }
        let (long, short) = (self.wanted.chars().count(), candidate.chars().count());
        let limit = allowed(long);
        if limit == 0 || long.abs_diff(short) > limit {
            return;
        }
        let distance = strsim::osa_distance(&self.wanted, &candidate.to_ascii_lowercase());
        if distance <= limit && self.best.is_none_or(|(least, _)| distance < least) {
            self.best = Some((distance, candidate));
        }
    }

    pub(super) fn found(self) -> Option<&'a str> {
        self.best.map(|(_, candidate)| candidate)
    }
}

/// How many letters may differ. Short names differ by few letters without being misspelled (`n8n`,
/// `k8s`).
fn allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_similar_names_are_suggested() {
        for (wanted, candidate, near) in [
            ("postgres", "postgresql", true),
            ("valut", "vault", true),
            ("Mysq", "mysql", true),
            ("cert-manger", "cert-manager", true),
            ("aws", "n8n", false),
            ("redis", "mysql", false),
            ("Team", "Tier", false),
        ] {
            let mut nearest = Nearest::to(wanted);
            nearest.consider(candidate);
            assert_eq!(nearest.found().is_some(), near, "{wanted} and {candidate}");
        }
    }
}
