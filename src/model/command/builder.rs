//! The only way to make a command.

use super::word::{Refusal, WordKind};
use super::{Program, ShellCommand};

/// A command word by word. Words of the program are literals. Every other word says what it is,
/// and is checked as that.
#[derive(Debug, Clone)]
#[must_use]
pub struct CommandBuilder {
    argv: Vec<String>,
    refusal: Option<Refusal>,
}

impl CommandBuilder {
    pub(super) fn new(program: Program) -> Self {
        Self {
            argv: vec![program.as_str().to_owned()],
            refusal: None,
        }
    }

    /// Words of ours, separated by blanks.
    pub fn words(mut self, words: &'static str) -> Self {
        self.argv.extend(words.split(' ').map(str::to_owned));
        self
    }

    /// One word of ours, blanks included.
    pub fn literal(mut self, word: &'static str) -> Self {
        self.argv.push(word.to_owned());
        self
    }

    /// The kind of an object, with its group where it needs one.
    pub fn kind(self, kind: &str) -> Self {
        self.checked(WordKind::Kind, "the kind of the object", kind)
            .push(kind.to_lowercase())
    }

    /// The name of an object.
    pub fn name(self, name: &str) -> Self {
        self.checked(WordKind::Name, "the name of the object", name)
            .push(name.to_owned())
    }

    /// `KIND/NAME`.
    pub fn object(self, kind: &str, name: &str) -> Self {
        self.checked(WordKind::Kind, "the kind of the object", kind)
            .checked(WordKind::Name, "the name of the object", name)
            .push(format!("{}/{name}", kind.to_lowercase()))
    }

    /// `KEY=NAME`, a label with the name of an object.
    pub fn label(self, key: &'static str, name: &str) -> Self {
        self.checked(WordKind::Name, "the name of the object", name)
            .push(format!("{key}={name}"))
    }

    /// `--resource=KIND,KIND`.
    pub fn resources(self, kinds: &[String]) -> Self {
        let command = kinds.iter().fold(self, |command, kind| {
            command.checked(WordKind::Kind, "the kind", kind)
        });
        command.push(format!("--resource={}", kinds.join(",")))
    }

    /// `-n NAMESPACE`; nothing for objects without a namespace.
    pub fn namespace(self, namespace: &str) -> Self {
        if namespace.is_empty() {
            return self;
        }
        self.words("-n")
            .checked(WordKind::Name, "the namespace", namespace)
            .push(namespace.to_owned())
    }

    /// The name of a node, as a host.
    pub fn node(self, name: &str) -> Self {
        self.checked(WordKind::Name, "the name of the node", name)
            .push(name.to_owned())
    }

    /// A commit.
    pub fn commit(self, sha: &str) -> Self {
        self.checked(WordKind::Commit, "the commit", sha)
            .push(sha.to_owned())
    }

    /// A branch.
    pub fn branch(self, branch: &str) -> Self {
        self.checked(WordKind::Branch, "the branch", branch)
            .push(branch.to_owned())
    }

    /// An Argo CD Application.
    pub fn application(self, name: &str) -> Self {
        self.checked(WordKind::Name, "the name of the Application", name)
            .push(name.to_owned())
    }

    /// Paths in a repository, after `--`.
    pub fn paths(self, paths: &[&str]) -> Self {
        paths.iter().fold(self.words("--"), |command, path| {
            command
                .checked(WordKind::Text, "the path", path)
                .push((*path).to_owned())
        })
    }

    /// A location that the user has given.
    pub fn location(self, location: &str) -> Self {
        self.checked(WordKind::Text, "the location", location)
            .push(location.to_owned())
    }

    /// A silence, by its id.
    pub fn silence(self, id: &str) -> Self {
        self.checked(WordKind::Name, "the id of the silence", id)
            .push(id.to_owned())
    }

    /// The command, unless one of its words cannot be shown safely.
    pub fn build(self) -> Result<ShellCommand, Refusal> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => ShellCommand::of(vec![self.argv]),
        }
    }

    fn checked(mut self, kind: WordKind, what: &'static str, text: &str) -> Self {
        let problem = kind.problem(text).map(|why| Refusal::new(what, why));
        self.refusal = self.refusal.or(problem);
        self
    }

    fn push(mut self, word: String) -> Self {
        self.argv.push(word);
        self
    }
}
