//! "Did you mean": the one candidate that is a slip of the pen away.

/// Longer texts are no misspelt names, and comparing them costs time.
const LONGEST: usize = 64;

/// Collects the candidate nearest to a text, if any is near enough.
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

    /// Offers a candidate. Case is no difference; a swap of neighbours counts
    /// once. The first of equally near ones stays.
    pub(super) fn consider(&mut self, candidate: &'a str) {
        if self.wanted.len() > LONGEST || candidate.len() > LONGEST * 4 {
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

/// Short names differ by little without being meant for each other (`n8n`,
/// `k8s`), so they must be nearer.
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
    fn near_is_near_and_far_is_far() {
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
