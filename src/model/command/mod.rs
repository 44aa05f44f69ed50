//! Commands that a person pastes into a shell. Pure.
//!
//! A command is a list of arguments, and its text is made here only. Each word is either plain in
//! every shell or quoted, so that a shell reads exactly these words: no name is run, substituted,
//! redirected to, or read as an option. Where that is not certain there is no command, and
//! [`Refusal`] says why.

mod builder;
mod known;
mod parse;
mod word;

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::named::named_enum;
pub use builder::CommandBuilder;
pub use word::Refusal;

/// Characters of a command, beyond which nobody checks it before pasting it.
const MAX_LENGTH: usize = 1000;
/// Between two commands of which the second runs only if the first succeeds.
const AND: &str = " && ";

named_enum! {
    /// The programs that commands run.
    pub enum Program {
        /// The client of Kubernetes.
        Kubectl = "kubectl",
        /// Git.
        Git = "git",
        /// The client of Argo CD.
        ArgoCd = "argocd",
        /// A shell on a node.
        Ssh = "ssh",
        /// This program.
        Monitor = "k8s-monitor",
    }
}

/// A command as text to paste: one program with its arguments, or several of them, each run only
/// if the one before it succeeded.
///
/// In documents and in the state it is a string. A string becomes a command again only through
/// [`ShellCommand::parse`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShellCommand {
    text: String,
    argvs: Vec<Vec<String>>,
}

impl Program {
    /// Begins a command of this program.
    pub fn command(self) -> CommandBuilder {
        CommandBuilder::new(self)
    }
}

impl ShellCommand {
    /// A command that somebody else wrote: the model, or an earlier version into the state. `None`
    /// unless it is written as this module would write it, and has the form of a command that this
    /// program shows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let argvs = parse::split(text)?;
        let command = Self::of(argvs).ok()?;
        let is_known = |argv: &Vec<String>| known::is_known(argv);
        (command.text == text && command.argvs.iter().all(is_known)).then_some(command)
    }

    /// This command, and the other one if this one succeeds.
    pub fn and(self, other: Self) -> Result<Self, Refusal> {
        Self::of([self.argvs, other.argvs].concat())
    }

    /// The words of each program, the program first.
    #[must_use]
    pub fn argvs(&self) -> &[Vec<String>] {
        &self.argvs
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn of(argvs: Vec<Vec<String>>) -> Result<Self, Refusal> {
        let text = |argv: &Vec<String>| {
            let words: Vec<_> = argv.iter().map(|word| word::quoted(word)).collect();
            words.join(" ")
        };
        let texts: Vec<_> = argvs.iter().map(text).collect();
        let text = texts.join(AND);
        if text.chars().count() > MAX_LENGTH {
            return Err(Refusal::new("the command", "is too long"));
        }
        Ok(Self { text, argvs })
    }
}

impl Deref for ShellCommand {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ShellCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for ShellCommand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Reads a stored command. One that does not pass the gate is dropped: what it stands in stays
/// readable.
pub fn stored<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ShellCommand>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| ShellCommand::parse(&text)))
}

#[cfg(test)]
mod tests;
