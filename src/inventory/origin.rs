//! Where the services file is, and who said so.

use std::fmt;
use std::path::{Path, PathBuf};

/// The file of a working copy.
pub const IN_REPOSITORY: &str = "docs/reference/services.txt";
/// The file of the machine.
pub const OF_MACHINE: &str = "/etc/k8s-monitor/services.txt";
/// The file of a user, below the directory of configuration files.
pub const OF_USER: &str = "k8s-monitor/services.txt";

/// The places where a services file is looked for, in order. `config_home` is the directory of the
/// user's configuration files, if there is one.
#[must_use]
pub fn places(config_home: Option<&Path>) -> Vec<PathBuf> {
    let of_user = config_home.map(|home| home.join(OF_USER));
    let places = [Some(IN_REPOSITORY.into()), of_user, Some(OF_MACHINE.into())];
    places.into_iter().flatten().collect()
}

/// The services file and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicesFile {
    /// The file; `None`: there is none.
    pub path: Option<PathBuf>,
    /// Who named it.
    pub origin: Origin,
}

/// Who named the services file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `--services`
    Option,
    /// `SERVICES_FILE`
    Variable,
    /// It is the first of the usual places that exists.
    Found,
    /// It is in none of these places.
    Nowhere(Vec<PathBuf>),
}

impl Origin {
    /// Its name in reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Variable => "variable",
            Self::Found => "found",
            Self::Nowhere(_) => "none",
        }
    }
}

/// Why this file, in a few words.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => f.write_str("named by --services"),
            Self::Variable => f.write_str("named by SERVICES_FILE"),
            Self::Found => f.write_str("found in a usual place"),
            Self::Nowhere(places) => write!(f, "not found in {}", listed(places)),
        }
    }
}

/// `a, b or c`
fn listed(places: &[PathBuf]) -> String {
    let shown: Vec<_> = places
        .iter()
        .map(|place| place.display().to_string())
        .collect();
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "any place".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_said_in_order() {
        let nowhere = Origin::Nowhere(places(Some(Path::new("/home/me/.config"))));
        assert_eq!(
            nowhere.to_string(),
            "not found in docs/reference/services.txt, \
             /home/me/.config/k8s-monitor/services.txt or /etc/k8s-monitor/services.txt"
        );
        assert_eq!(places(None).len(), 2);
    }
}
