//! Where the manifests of a service are: repository, branch and paths.
//!
//! They come from the service's entry in the services file, otherwise from its Argo CD Application,
//! otherwise from the patterns of the configuration.

use crate::cluster::types::Application;
use crate::config::{Github, Repository};
use crate::inventory::Service;

/// Where the commits of a service are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestSource {
    /// The repository.
    pub repository: Repository,
    /// The branch that Argo CD follows.
    pub branch: String,
    /// Files and folders, without a slash at the start or the end.
    pub paths: Vec<String>,
}

/// Hints besides the service's own entry.
#[derive(Debug, Clone, Copy)]
pub struct SourceHints<'a> {
    /// The `github` part of the configuration.
    pub config: &'a Github,
    /// The default repository of the services file.
    pub default_repository: Option<&'a str>,
    /// Whether the host is github.com, not GitHub Enterprise Server.
    pub is_public: bool,
}

impl ManifestSource {
    /// Locates a service's manifests.
    ///
    /// # Errors
    /// Why they cannot be located, as a clause after "correlation unavailable: ".
    pub fn locate(
        service: &Service,
        application: Option<&Application>,
        hints: &SourceHints,
    ) -> Result<Self, String> {
        let paths = paths(service, application, hints.config);
        if paths.is_empty() {
            return Err(format!(
                "the path of {}'s manifests is not known: set `ArgoCD App` or `Manifests` in the services file",
                service.name
            ));
        }
        Ok(Self {
            repository: repository(service, application, hints)?,
            branch: hints.config.branch.clone(),
            paths,
        })
    }
}

fn paths(service: &Service, application: Option<&Application>, config: &Github) -> Vec<String> {
    let gitops = &service.gitops;
    let mut paths: Vec<String> = [&gitops.app_file, &gitops.manifests]
        .into_iter()
        .flatten()
        .filter_map(|path| normalize(path))
        .collect();
    if paths.is_empty() {
        paths = application.map(sources).unwrap_or_default();
    }
    if paths.is_empty() {
        // A service from a Helm chart has no manifests folder.
        let folder = config.manifests.as_ref().filter(|_| gitops.chart.is_none());
        let patterns = [config.app.as_ref(), folder].into_iter().flatten();
        let filled = patterns.map(|pattern| pattern.replace("{app}", &service.name));
        paths = filled.filter_map(|path| normalize(&path)).collect();
    }
    paths.dedup();
    paths
}

/// The folders that Argo CD applies. A chart of another repository has none.
fn sources(application: &Application) -> Vec<String> {
    let spec = &application.spec;
    let sources = spec.source.iter().chain(&spec.sources);
    sources
        .filter(|source| source.chart.is_empty())
        .filter_map(|source| normalize(&source.path))
        .collect()
}

/// A path relative to the root of the repository; `None` for the root itself.
fn normalize(path: &str) -> Option<String> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let is_safe = !parts.contains(&"..") && !path.chars().any(char::is_control);
    (is_safe && !parts.is_empty()).then(|| parts.join("/"))
}

fn repository(
    service: &Service,
    application: Option<&Application>,
    hints: &SourceHints,
) -> Result<Repository, String> {
    if let Some(url) = &service.gitops.repo {
        return parse_url(url, hints.is_public);
    }
    if let Some(repository) = &hints.config.repository {
        return Ok(repository.clone());
    }
    let source = application.and_then(|a| a.spec.source.as_ref().or(a.spec.sources.first()));
    let by_application = source
        .filter(|source| source.chart.is_empty())
        .and_then(|source| parse_url(&source.repo_url, hints.is_public).ok());
    if let Some(repository) = by_application {
        return Ok(repository);
    }
    match hints.default_repository {
        Some(url) => parse_url(url, hints.is_public),
        None => Err(format!(
            "the repository of {} is not known: set `Repo` in the services file or github.repository",
            service.name
        )),
    }
}

/// Reads `https://github.com/owner/name`, `git@github.com:owner/name.git` or `owner/name`.
fn parse_url(url: &str, is_public: bool) -> Result<Repository, String> {
    let invalid = || {
        format!(
            "`{}` is not a GitHub repository",
            crate::redact::redact(url)
        )
    };
    let bare = url.trim().trim_end_matches('/').trim_end_matches(".git");
    let (host, path) = if let Some((_, rest)) = bare.split_once("://") {
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        rest.split_once('/').ok_or_else(invalid)?
    } else if let Some((host, path)) = bare.split_once(':') {
        (host.rsplit_once('@').map_or(host, |(_, host)| host), path)
    } else if let Some(path) = bare.strip_prefix("github.com/") {
        ("github.com", path)
    } else {
        ("github.com", bare)
    };
    let is_github = matches!(host, "github.com" | "www.github.com" | "ssh.github.com:443");
    if is_public && !is_github {
        return Err(invalid());
    }
    let mut parts = path.split('/');
    match (parts.next(), parts.next()) {
        (Some(owner), Some(name)) => format!("{owner}/{name}").parse().map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

/// Whether a file is one of these paths, or in one of these folders.
#[must_use]
pub fn is_under(file: &str, paths: &[String]) -> bool {
    paths.iter().any(|path| {
        let rest = file.strip_prefix(path.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::types::ApplicationSource;
    use crate::model::Tier;

    fn config(manifests: Option<&str>, app: Option<&str>) -> Github {
        Github {
            repository: None,
            branch: "main".to_owned(),
            manifests: manifests.map(str::to_owned),
            app: app.map(str::to_owned),
            window: std::time::Duration::from_secs(86_400),
        }
    }

    fn service(app_file: Option<&str>, manifests: Option<&str>, chart: Option<&str>) -> Service {
        let mut service = Service::new("mysql", Tier::P0);
        service.gitops.app_file = app_file.map(str::to_owned);
        service.gitops.manifests = manifests.map(str::to_owned);
        service.gitops.chart = chart.map(str::to_owned);
        service
    }

    #[test]
    fn paths_come_from_the_services_file_then_the_application_then_patterns() {
        let patterns = config(Some("apps/{app}/"), Some("apps/{app}.yaml"));
        let nothing = config(None, None);
        let mut application = Application::default();
        application.spec.source = Some(ApplicationSource {
            path: "./clusters/home/mysql/".into(),
            ..ApplicationSource::default()
        });
        for (service, application, config, paths) in [
            (
                service(Some("base-apps/mysql.yaml"), Some("base-apps/mysql/"), None),
                None,
                &patterns,
                vec!["base-apps/mysql.yaml", "base-apps/mysql"],
            ),
            (
                service(Some("base-apps/mysql.yaml"), None, Some("Helm")),
                None,
                &patterns,
                vec!["base-apps/mysql.yaml"],
            ),
            (
                service(None, None, None),
                Some(&application),
                &patterns,
                vec!["clusters/home/mysql"],
            ),
            (
                service(None, None, None),
                None,
                &patterns,
                vec!["apps/mysql.yaml", "apps/mysql"],
            ),
            (
                service(None, None, Some("Helm")),
                None,
                &patterns,
                vec!["apps/mysql.yaml"],
            ),
            (
                service(None, Some("../secrets"), None),
                None,
                &nothing,
                vec![],
            ),
            (service(None, Some("/"), None), None, &nothing, vec![]),
        ] {
            assert_eq!(super::paths(&service, application, config), paths);
        }
    }

    #[test]
    fn a_repository_is_read_from_every_form_of_url() {
        for (url, is_public, expected) in [
            (
                "https://github.com/arigsela/kubernetes",
                true,
                Some("arigsela/kubernetes"),
            ),
            (
                "https://github.com/arigsela/kubernetes.git/",
                true,
                Some("arigsela/kubernetes"),
            ),
            (
                "https://github.com/a/b/tree/main/base-apps",
                true,
                Some("a/b"),
            ),
            ("git@github.com:a/b.git", true, Some("a/b")),
            ("ssh://git@github.com/a/b", true, Some("a/b")),
            ("https://user:token@github.com/a/b", true, Some("a/b")),
            ("github.com/a/b", true, Some("a/b")),
            ("a/b", true, Some("a/b")),
            ("https://gitlab.com/a/b", true, None),
            ("https://git.example.com/a/b", false, Some("a/b")),
            ("https://github.com/a", true, None),
            ("https://github.com/a/..", true, None),
            ("name", true, None),
        ] {
            let found = parse_url(url, is_public).ok().map(|r| r.to_string());
            assert_eq!(found.as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_path_prefix_is_not_a_folder() {
        let paths = [
            "base-apps/mysql".to_owned(),
            "base-apps/mysql.yaml".to_owned(),
        ];
        for (file, expected) in [
            ("base-apps/mysql/a.yaml", true),
            ("base-apps/mysql.yaml", true),
            ("base-apps/mysql-exporter/a.yaml", false),
            ("base-apps/mysql.yaml.bak", false),
        ] {
            assert_eq!(is_under(file, &paths), expected, "{file}");
        }
    }
}
