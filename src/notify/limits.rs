//! How long the parts of a message are at most, whoever delivers it: what a person reads on a
//! phone. A notifier may show less.

/// The headline.
pub const HEADLINE: usize = 150;
/// The first sentences.
pub const LEAD: usize = 900;
/// A label with its value.
pub const FACT: usize = 160;
/// The text about the root cause that the model wrote.
pub const HYPOTHESIS: usize = 400;
/// Namespace, manifests and known issues.
pub const REFERENCES: usize = 600;
/// The small print.
pub const FOOTER: usize = 500;
/// The message in one line.
pub const SUMMARY: usize = 400;
