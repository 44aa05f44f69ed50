//! Hosts of services, and what they need: by addresses in the environment, and by who reads whose
//! secrets. Only names of Services are used, never the values.

use std::collections::{BTreeMap, HashMap};

use super::{Draft, Role};
use crate::cluster::types::{ExternalSecret, PodSpec, Service};
use crate::detect::{Address, ClusterIndex, Workload, hosts_of_rule, target_secret};

/// Where each workload is.
type Places = HashMap<(String, String, String), usize>;

/// Adds hosts and dependencies.
pub fn add(index: &ClusterIndex, drafts: &mut [Draft]) {
    let places: Places = drafts
        .iter()
        .enumerate()
        .flat_map(|(at, draft)| {
            let workloads = draft.workloads.iter();
            workloads.map(move |(kind, name)| {
                ((kind.clone(), draft.namespace.clone(), name.clone()), at)
            })
        })
        .collect();
    let links = Links { index, places };
    for (host, namespace, service) in links.hosts() {
        if let Some(at) = links.behind_name(drafts, &namespace, &service) {
            drafts[at].hosts.insert(host);
        }
    }
    for draft in drafts.iter_mut() {
        // Of a host with and without a certificate, the one with it counts.
        let secure: Vec<String> = draft
            .hosts
            .iter()
            .filter_map(|h| h.strip_prefix("https://"))
            .map(str::to_owned)
            .collect();
        draft.hosts.retain(|host| !secure.contains(host));
    }
    let needs: Vec<BTreeMap<usize, &'static str>> = (0..drafts.len())
        .map(|at| links.needs(drafts, at))
        .collect();
    for (at, needs) in needs.into_iter().enumerate() {
        for (needed, why) in needs.into_iter().filter(|(needed, _)| *needed != at) {
            let name = drafts[needed].name.clone();
            drafts[at].dependencies.insert(name, why);
        }
    }
}

struct Links<'v, 'a> {
    index: &'v ClusterIndex<'a>,
    places: Places,
}

impl Links<'_, '_> {
    /// Hosts with the Kubernetes Services behind them.
    fn hosts(&self) -> Vec<(String, String, String)> {
        let objects = &self.index.snapshot.objects;
        let mut found = Vec::new();
        for ingress in &objects.ingresses {
            let namespace = &ingress.metadata.namespace;
            for rule in &ingress.spec.rules {
                let mut tls = ingress.spec.tls.iter();
                let is_secure =
                    tls.any(|tls| tls.hosts.is_empty() || tls.hosts.contains(&rule.host));
                let backends = rule.http.paths.iter().map(|path| &path.backend);
                let backends = backends.chain(&ingress.spec.default_backend);
                for service in backends.filter_map(|backend| backend.service.as_ref()) {
                    found.push((
                        host(&rule.host, is_secure),
                        namespace.to_string(),
                        service.name.to_string(),
                    ));
                }
            }
        }
        for route in &objects.http_routes {
            for backend in route.spec.rules.iter().flat_map(|rule| &rule.backend_refs) {
                let namespace = or(&backend.namespace, &route.metadata.namespace);
                for name in &route.spec.hostnames {
                    found.push((
                        host(name, false),
                        namespace.clone(),
                        backend.name.to_string(),
                    ));
                }
            }
        }
        for route in &objects.ingress_routes {
            for rule in &route.spec.routes {
                for service in &rule.services {
                    let namespace = or(&service.namespace, &route.metadata.namespace);
                    for name in hosts_of_rule(&rule.rule) {
                        found.push((
                            host(name, false),
                            namespace.clone(),
                            service.name.to_string(),
                        ));
                    }
                }
            }
        }
        found.retain(|(host, ..)| is_host(host.trim_start_matches("https://")));
        found
    }

    /// The service behind the Kubernetes Service of that name; without one, the service of that
    /// name, or the only one of the namespace.
    fn behind_name(&self, drafts: &[Draft], namespace: &str, name: &str) -> Option<usize> {
        let service = self.index.kubernetes_service(namespace, name);
        service
            .and_then(|service| self.behind(service))
            .or_else(|| {
                let here = |draft: &Draft| draft.namespace == namespace;
                let named = drafts
                    .iter()
                    .position(|d| here(d) && (d.name == name || d.aliases.contains(name)));
                let mut all = (0..drafts.len()).filter(|at| here(&drafts[*at]));
                named.or_else(|| all.next().filter(|_| all.next().is_none()))
            })
    }

    fn behind(&self, service: &Service) -> Option<usize> {
        let workload = self.index.workload_behind(service)?;
        self.place(workload.kind, &workload.meta.namespace, workload.name)
    }

    fn place(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        self.places.get(&key).copied()
    }

    /// What a service needs, by position, with the reason.
    fn needs(&self, drafts: &[Draft], at: usize) -> BTreeMap<usize, &'static str> {
        let draft = &drafts[at];
        let namespace = draft.namespace.as_str();
        let specs = self.specs(draft);
        let mut needs = BTreeMap::new();
        for spec in &specs {
            let containers = spec.containers.iter().chain(&spec.init_containers);
            for variable in containers.flat_map(|container| &container.env) {
                if variable.value_from.is_some() {
                    continue;
                }
                let is_address = is_address_name(&variable.name);
                for part in variable.value.split(',') {
                    let Some(address) = Address::read(part) else {
                        continue;
                    };
                    if !address.is_plain && !is_address && !address.host.contains('.') {
                        continue;
                    }
                    let service = self.index.resolve(address.host, namespace);
                    if let Some(found) = service.and_then(|service| self.behind(service)) {
                        needs.entry(found).or_insert("");
                    }
                }
            }
        }
        let mut here = drafts.iter().filter(|d| d.namespace == draft.namespace);
        let is_alone = here.all(|other| other.name == draft.name);
        if self.reads_secrets(draft, is_alone, &specs)
            && let Some(store) = drafts.iter().position(|d| d.role == Role::SecretStore)
        {
            needs.entry(store).or_insert("secrets");
        }
        needs
    }

    fn specs(&self, draft: &Draft) -> Vec<&PodSpec> {
        let crons = &self.index.snapshot.objects.cron_jobs;
        let of_cron = |name: &str| {
            let mut found = crons
                .iter()
                .filter(|cron| cron.metadata.namespace == draft.namespace);
            let cron = found.find(|cron| cron.metadata.name == name)?;
            Some(&*cron.spec.job_template.spec.template.spec)
        };
        let of = |(kind, name): &(String, String)| {
            if kind == "CronJob" {
                return of_cron(name);
            }
            let workload = self.index.workload(kind, &draft.namespace, name);
            workload.and_then(Workload::pod_spec)
        };
        draft.workloads.iter().filter_map(of).collect()
    }

    /// Whether an `ExternalSecret` of a store in the cluster fills a Secret of the service, or the
    /// service is the one that reads the store for others.
    fn reads_secrets(&self, draft: &Draft, is_alone: bool, specs: &[&PodSpec]) -> bool {
        let objects = &self.index.snapshot.objects;
        let is_operator = draft.name.starts_with("external-secrets");
        let stores = objects
            .secret_stores
            .iter()
            .chain(&objects.cluster_secret_stores);
        let mut vaults = stores
            .clone()
            .filter(|s| s.spec.provider.get("vault").is_some());
        if is_operator {
            return vaults.next().is_some();
        }
        let is_of_vault = |secret: &ExternalSecret| {
            let wanted = &secret.spec.secret_store_ref;
            stores.clone().any(|store| {
                let meta = &store.metadata;
                let is_here =
                    meta.namespace.is_empty() || meta.namespace == secret.metadata.namespace;
                meta.name == wanted.name && is_here && store.spec.provider.get("vault").is_some()
            })
        };
        let here = objects.external_secrets.iter();
        let mut here = here.filter(|s| s.metadata.namespace == draft.namespace && is_of_vault(s));
        here.any(|secret| {
            let target = target_secret(secret);
            is_alone || specs.iter().any(|spec| reads(spec, target))
        })
    }
}

/// Whether a pod reads a Secret.
fn reads(spec: &PodSpec, secret: &str) -> bool {
    let containers = || spec.containers.iter().chain(&spec.init_containers);
    let by_variable = containers().flat_map(|c| &c.env).any(|variable| {
        let source = variable.value_from.as_ref();
        let key = source.and_then(|source| source.secret_key_ref.as_ref());
        key.is_some_and(|key| key.name == secret)
    });
    let whole = containers().flat_map(|c| &c.env_from).any(|from| {
        let named = from.secret_ref.as_ref();
        named.is_some_and(|named| named.name == secret)
    });
    let by_volume = spec.volumes.iter().any(|volume| {
        let named = volume.secret.as_ref();
        named.is_some_and(|named| named.secret_name == secret)
    });
    let by_pull = spec
        .image_pull_secrets
        .iter()
        .any(|named| named.name == secret);
    by_variable || whole || by_volume || by_pull
}

fn is_address_name(name: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "HOST", "HOSTNAME", "ADDR", "ADDRESS", "SERVER", "ENDPOINT", "URL", "URI", "SERVICE",
    ];
    let name = name.to_ascii_uppercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn or(own: &str, otherwise: &str) -> String {
    if own.is_empty() { otherwise } else { own }.to_owned()
}

fn host(name: &str, is_secure: bool) -> String {
    let name = name.to_ascii_lowercase();
    if is_secure {
        format!("https://{name}")
    } else {
        name
    }
}

fn is_host(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    !name.is_empty()
        && name.len() <= 253
        && name.chars().all(inner)
        && name.contains(|c: char| c.is_ascii_alphabetic())
}
