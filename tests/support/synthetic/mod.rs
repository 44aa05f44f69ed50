//! A large synthetic cluster, generated object by object: deployments of ten pods,
//! each with its replica set, Service, endpoints and metrics. One pod in a hundred
//! crashes. The objects are as large as real ones, including `managedFields`.

#![allow(dead_code, reason = "no test crate needs all of it")]

use std::sync::LazyLock;

pub mod attack;
pub mod custom;
pub mod cycle;
pub mod measure;
pub mod server;

/// Deployments in a namespace.
const APPS: usize = 50;
/// Pods on a node.
const PODS_A_NODE: usize = 100;
/// One pod in this many crashes.
const ONE_IN: usize = 100;

/// A cluster with this number of pods.
#[derive(Debug, Clone, Copy)]
pub struct SyntheticCluster {
    pub pods: usize,
    /// Pods of a deployment; a divisor of a hundred.
    pub replicas: usize,
    /// Whether there are deployments, replica sets, Services and endpoints.
    pub workloads: bool,
    /// Whether there is a metrics server with the usage of each pod.
    pub metrics: bool,
}

/// A kind of which a synthetic cluster has objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Pod,
    Deployment,
    ReplicaSet,
    Service,
    EndpointSlice,
    Event,
    Node,
    Namespace,
    PodMetrics,
}

/// Every kind, with the path of its list.
pub const KINDS: [(Kind, &str); 9] = [
    (Kind::Pod, "/api/v1/pods"),
    (Kind::Deployment, "/apis/apps/v1/deployments"),
    (Kind::ReplicaSet, "/apis/apps/v1/replicasets"),
    (Kind::Service, "/api/v1/services"),
    (
        Kind::EndpointSlice,
        "/apis/discovery.k8s.io/v1/endpointslices",
    ),
    (Kind::Event, "/api/v1/events"),
    (Kind::Node, "/api/v1/nodes"),
    (Kind::Namespace, "/api/v1/namespaces"),
    (Kind::PodMetrics, "/apis/metrics.k8s.io/v1beta1/pods"),
];

impl SyntheticCluster {
    /// Pods with their workloads, Services and metrics.
    #[must_use]
    pub fn of(pods: usize) -> Self {
        Self {
            pods,
            replicas: 10,
            workloads: true,
            metrics: true,
        }
    }

    /// The number of objects of a kind.
    #[must_use]
    pub fn count(self, kind: Kind) -> usize {
        let apps = self.pods.div_ceil(self.replicas);
        match kind {
            Kind::Pod => self.pods,
            Kind::Deployment | Kind::ReplicaSet | Kind::Service | Kind::EndpointSlice => {
                if self.workloads { apps } else { 0 }
            }
            Kind::Event => self.pods / ONE_IN,
            Kind::Node => self.pods.div_ceil(PODS_A_NODE),
            Kind::Namespace => apps.div_ceil(APPS),
            Kind::PodMetrics => {
                if self.metrics {
                    self.pods
                } else {
                    0
                }
            }
        }
    }

    /// One object of a kind as JSON.
    #[must_use]
    pub fn object(self, kind: Kind, index: usize) -> String {
        let of = self.instance(kind, index);
        of.fill(&TEMPLATES[template(kind, of.crashes())])
    }
}

/// The values for the fields of a template.
#[derive(Debug)]
pub struct Instance {
    replicas: usize,
    kind: Kind,
    index: usize,
    pod: usize,
    app: usize,
}

impl SyntheticCluster {
    /// The object of a kind with this number.
    #[must_use]
    pub fn instance(self, kind: Kind, index: usize) -> Instance {
        let replicas = self.replicas;
        let pod = match kind {
            Kind::Pod | Kind::PodMetrics => index,
            Kind::Event => index * ONE_IN + ONE_IN - 1,
            Kind::Node => index * PODS_A_NODE,
            Kind::Namespace => index * APPS * replicas,
            _ => index * replicas,
        };
        Instance {
            replicas,
            kind,
            index,
            pod,
            app: pod / replicas,
        }
    }
}

impl Instance {
    fn crashes(&self) -> bool {
        self.pod % ONE_IN == ONE_IN - 1
    }

    fn unready(&self) -> usize {
        let apps = ONE_IN / self.replicas;
        usize::from(self.app % apps == apps - 1)
    }

    /// The namespace of the object.
    #[must_use]
    pub fn namespace(&self) -> String {
        format!("team-{:03}", self.app / APPS)
    }

    fn app(&self) -> String {
        format!("app-{:05}", self.app)
    }

    fn set(&self) -> String {
        self.app() + "-6f8d7c9b54"
    }

    fn node(&self) -> String {
        format!("worker-{:04}.example.com", self.pod / PODS_A_NODE)
    }

    fn pod(&self) -> String {
        format!("{}-{}", self.set(), suffix(self.pod))
    }

    /// The name of the object.
    #[must_use]
    pub fn name(&self) -> String {
        match self.kind {
            Kind::Pod | Kind::PodMetrics => self.pod(),
            Kind::Deployment | Kind::Service => self.app(),
            Kind::ReplicaSet => self.set(),
            Kind::EndpointSlice => self.app() + "-abcde",
            Kind::Event => self.pod() + ".18a",
            Kind::Node => self.node(),
            Kind::Namespace => self.namespace(),
        }
    }

    /// The key of the object in etcd.
    #[must_use]
    pub fn key(&self) -> String {
        let folder = match self.kind {
            Kind::Pod => "pods",
            Kind::Deployment => "deployments",
            Kind::ReplicaSet => "replicasets",
            Kind::Service => "services/specs",
            Kind::EndpointSlice => "endpointslices",
            Kind::Event => "events",
            Kind::PodMetrics => panic!("no API server keeps metrics"),
            Kind::Node => return format!("minions/{}", self.name()),
            Kind::Namespace => return format!("namespaces/{}", self.name()),
        };
        format!("{folder}/{}/{}", self.namespace(), self.name())
    }

    fn fill(&self, template: &[String]) -> String {
        let mut text = String::with_capacity(10_000);
        for (at, part) in template.iter().enumerate() {
            if at % 2 == 0 {
                text.push_str(part);
            } else {
                text.push_str(&self.field(part));
            }
        }
        text
    }

    fn field(&self, name: &str) -> String {
        match name {
            "" => "@".to_owned(),
            "pod" => self.pod(),
            "app" => self.app(),
            "set" => self.set(),
            "namespace" => self.namespace(),
            "node" => self.node(),
            "suffix" => suffix(self.pod),
            "number" => (1000 + self.index).to_string(),
            // At most half of the limit.
            "kibibytes" => (30_000 + self.index % 100_000).to_string(),
            "second" => format!("{:02}", self.pod % 60),
            "replicas" => self.replicas.to_string(),
            "ready" => (self.replicas - self.unready()).to_string(),
            "unready" => self.unready().to_string(),
            "uid" => uid(self.kind as usize, self.index),
            "app-uid" => uid(Kind::Deployment as usize, self.app),
            "set-uid" => uid(Kind::ReplicaSet as usize, self.app),
            "ip" => {
                let [_, a, b, c] = u32::try_from(self.pod).unwrap_or(0).to_be_bytes();
                format!("10.{a}.{b}.{c}")
            }
            other => panic!("no field {other} in a template"),
        }
    }
}

/// Five letters, as a replica set appends them.
fn suffix(number: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz";
    let letter = |at: u32| char::from(LETTERS[number / LETTERS.len().pow(at) % LETTERS.len()]);
    (0..5).map(letter).collect()
}

fn uid(kind: usize, number: usize) -> String {
    format!("{number:08x}-7c1e-4d5b-9a{kind:02x}-3f2b1c0d9e8f")
}

/// The position of a kind's template.
fn template(kind: Kind, crashes: bool) -> usize {
    match kind {
        Kind::Pod if crashes => KINDS.len(),
        kind => kind as usize,
    }
}

/// The templates in the order of the enum, then that of a pod that crashes. Text
/// and fields alternate: a field is enclosed in `@`, and `@@` is the sign itself.
static TEMPLATES: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let files = [
        include_str!("objects/pod.json"),
        include_str!("objects/deployment.json"),
        include_str!("objects/replicaset.json"),
        include_str!("objects/service.json"),
        include_str!("objects/endpointslice.json"),
        include_str!("objects/event.json"),
        include_str!("objects/node.json"),
        include_str!("objects/namespace.json"),
        include_str!("objects/podmetrics.json"),
        include_str!("objects/crashing.json"),
    ];
    let parts = files.map(|file| {
        // An API server sends JSON without white space.
        let compact: String = file.lines().map(str::trim_start).collect();
        let compact = compact.replace("\": ", "\":");
        compact.split('@').map(str::to_owned).collect()
    });
    parts.into()
});
