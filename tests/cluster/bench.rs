//! Measures the program against its budgets: compared with kubectl on the same objects of
//! a real API server, and on synthetic clusters that are too large for one. `make bench`.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::assets;
use crate::control_plane::ControlPlane;
use crate::counting_proxy::CountingProxy;
use crate::homelab::Homelab;
use crate::program::services_file;
use crate::support::synthetic::SyntheticCluster;
use crate::support::synthetic::cycle::{self, Cycle};
use crate::support::synthetic::measure::{Cost, cost};

/// The kinds that a cycle lists in a cluster without custom resources.
const KINDS: &str = "nodes,namespaces,pods,events,deployments,statefulsets,daemonsets,\
    replicasets,jobs,cronjobs,services,endpointslices,ingresses,persistentvolumes,\
    persistentvolumeclaims,storageclasses,horizontalpodautoscalers,poddisruptionbudgets,\
    resourcequotas,leases";
/// The number of runs. The fastest time and the largest peak count.
const ROUNDS: usize = 3;
/// From this number of pods on there is one run: kubectl takes minutes, and runs differ little.
const ONE_ROUND: usize = 50_000;
const MIB: f64 = 1_048_576.0;

#[test]
#[ignore = "minutes of measuring; `make bench` runs it with the program as shipped"]
fn budgets() {
    let mut budgets = Budgets::default();
    alone(&mut budgets);
    homelab(&mut budgets, "homelab", 40.0, |_| ());
    let twenty = crate::custom_kinds::create_twenty;
    homelab(
        &mut budgets,
        "homelab with twenty custom kinds",
        64.0,
        twenty,
    );
    let plane = ControlPlane::start();
    for pods in sizes() {
        plane.fill(SyntheticCluster::of(pods));
        wait_until_listed(&plane, pods);
        against_kubectl(&plane, pods, &mut budgets);
    }
    drop(plane);
    synthetic(&mut budgets);
    println!("\n{}", budgets.lines.join("\n"));
    assert!(budgets.all_kept, "not all budgets are met");
}

/// The measured values, and which of them exceed their limit.
struct Budgets {
    lines: Vec<String>,
    all_kept: bool,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            all_kept: true,
        }
    }
}

impl Budgets {
    fn at_most(&mut self, what: &str, found: f64, limit: f64, unit: &str) {
        let is_kept = found <= limit;
        let word = if is_kept { "PASS" } else { "FAIL" };
        let line = format!("{word}  {what}: {found:.2} {unit}, at most {limit} {unit}");
        self.lines.push(line);
        self.all_kept &= is_kept;
    }
}

/// Numbers of pods on the real API server, ascending; `BENCH_PODS=1000,10000` overrides them.
fn sizes() -> Vec<usize> {
    let wanted = std::env::var_os("BENCH_PODS").and_then(|sizes| sizes.into_string().ok());
    let wanted = wanted.as_deref().unwrap_or("1000,10000,50000");
    let sizes = wanted.split(',').map(|size| size.trim().parse());
    sizes
        .collect::<Result<_, _>>()
        .expect("BENCH_PODS holds numbers")
}

/// Measures the program without a cluster.
fn alone(budgets: &mut Budgets) {
    let program = cycle::program();
    let bytes = fs::metadata(&program).expect("the program").len();
    budgets.at_most(
        "binary",
        mib(usize::try_from(bytes).unwrap_or(usize::MAX)),
        12.0,
        "MiB",
    );
    let start = || {
        let began = Instant::now();
        let output = Command::new(&program).arg("--version").env_clear().output();
        assert!(output.expect("the program starts").status.success());
        began.elapsed()
    };
    let fastest = (0..20).map(|_| start()).min().unwrap_or_default();
    budgets.at_most("start", fastest.as_secs_f64() * 1000.0, 10.0, "ms");
}

/// Measures a healthy homelab with all optional APIs, and with what `add` creates.
fn homelab(budgets: &mut Budgets, what: &str, most_requests: f64, add: impl Fn(&Homelab)) {
    let homelab = Homelab::healthy();
    add(&homelab);
    let kubeconfig = homelab.kubeconfig_admin();
    let runs = rounds(ROUNDS, || {
        let (cost, report) = cycle::run(&cycle::program(), &kubeconfig, &services_file());
        assert_eq!(report["severity"], "SEV-4", "{report}");
        (cost, report["requests"]["kubernetes"].as_u64())
    });
    let requests = runs.iter().filter_map(|(_, requests)| *requests).max();
    let costs: Vec<_> = runs.into_iter().map(|(cost, _)| cost).collect();
    let best = Best::of(&costs);
    println!("{what:26} {best}  {requests:?} requests");
    budgets.at_most(&format!("{what}, wall"), best.wall.as_secs_f64(), 1.0, "s");
    budgets.at_most(&format!("{what}, peak"), best.peak, 25.0, "MiB");
    let requests = requests.and_then(|count| u32::try_from(count).ok());
    budgets.at_most(
        &format!("{what}, requests"),
        f64::from(requests.unwrap_or(u32::MAX)),
        most_requests,
        "",
    );
}

/// Compares a cycle with `kubectl get` of the same kinds on the same server.
fn against_kubectl(plane: &ControlPlane, pods: usize, budgets: &mut Budgets) {
    let kubeconfig = plane.kubeconfig_admin();
    let services = cycle::services_file();
    let requests = Cell::new(0);
    let run = |kubeconfig: &Path| {
        let (cost, report) = cycle::run(&cycle::program(), kubeconfig, services.path());
        requests.set(report["requests"]["kubernetes"].as_u64().unwrap_or(0));
        // Without kubelets there are no logs.
        let unread = report["visibility"]["unread"].as_array();
        let seen = unread.is_some_and(|all| all.iter().all(|kind| kind["resource"] == "pods/log"));
        assert!(seen, "{unread:?}");
        cost
    };
    let table = |kubeconfig: &Path| kubectl(kubeconfig, &["get", KINDS, "-A"]);
    let json = |kubeconfig: &Path| kubectl(kubeconfig, &["get", KINDS, "-A", "-o", "json"]);
    // The two alternate, so that caches of the server favour neither. The first round fills
    // kubectl's discovery cache, so that its discovery does not count.
    let turns = if pods < ONE_ROUND { ROUNDS } else { 1 };
    let costs = rounds(turns, || {
        [run(&kubeconfig), table(&kubeconfig), json(&kubeconfig)]
    });
    let best = [0, 1, 2].map(|at| Best::of(costs.iter().map(|round| &round[at])));
    let traffic = [&run as &dyn Fn(&Path) -> Cost, &table, &json].map(|client| {
        let proxy = CountingProxy::before(&kubeconfig);
        client(proxy.kubeconfig());
        proxy.traffic()
    });
    println!(
        "\n{pods} pods on a real API server, {} requests",
        requests.get()
    );
    let names = [
        "k8s-monitor run --dry-run",
        "kubectl get",
        "kubectl get -o json",
    ];
    for ((name, best), bytes) in names.iter().zip(&best).zip(traffic) {
        println!("{name:26} {best}  {:6.1} MiB on the wire", mib(bytes));
    }
    let [ours, table, json] = best;
    for (name, other) in [("table", table), ("JSON", json)] {
        let [wall, cpu, peak] = ours.shares_of(other);
        println!(
            "of kubectl's {name:5}         wall {wall:.3}, processor {cpu:.3}, peak {peak:.3}"
        );
        if pods == 10_000 && name == "table" {
            budgets.at_most("10 000 pods, wall of kubectl's table", wall, 0.5, "times");
        }
    }
    if pods == 10_000 {
        budgets.at_most("10 000 pods, peak", ours.peak, 40.0, "MiB");
    }
}

/// Measures synthetic clusters.
fn synthetic(budgets: &mut Budgets) {
    // With a workload for every ten pods and a metrics server, the budget is not met yet: see
    // docs/performance.md, "What is left".
    for (replicas, workloads, metrics, is_budget, what) in [
        (50, false, false, true, "pods, fifty of a kind"),
        (50, true, false, true, "pods in deployments of fifty"),
        (
            50,
            true,
            true,
            true,
            "pods in deployments of fifty, with metrics",
        ),
        (10, true, false, true, "pods in deployments of ten"),
        (
            10,
            true,
            true,
            false,
            "pods in deployments of ten, with metrics",
        ),
    ] {
        println!("\n{what}, made up by a stub");
        let of = |pods| SyntheticCluster {
            pods,
            replicas,
            workloads,
            metrics,
        };
        let peak = largest_of_sizes(of);
        if is_budget {
            budgets.at_most(&format!("150 000 {what}, peak"), peak, 96.0, "MiB");
        }
    }
}

/// The peak of the largest, in MiB.
fn largest_of_sizes(of: impl Fn(usize) -> SyntheticCluster) -> f64 {
    let mut before: Option<(usize, f64)> = None;
    for pods in [0, 10_000, 50_000, 150_000] {
        let cycle = Cycle::over(&cycle::program(), of(pods));
        let best = Best::of([&cycle.cost]);
        let growth = before.map_or(0.0, |(fewer, peak)| {
            (best.peak - peak) * MIB / count(pods - fewer)
        });
        println!(
            "{pods:7} pods               {best}  {:3} requests, {:6.1} MiB of answers, {growth:.0} bytes more a pod",
            cycle.requests,
            mib(cycle.bytes)
        );
        before = Some((pods, best.peak));
    }
    before.map_or(0.0, |(_, peak)| peak)
}

/// The best of several runs.
#[derive(Clone, Copy)]
struct Best {
    wall: Duration,
    cpu: Duration,
    /// The largest, in MiB.
    peak: f64,
}

impl Best {
    fn of<'c>(costs: impl IntoIterator<Item = &'c Cost>) -> Self {
        let first = Self {
            wall: Duration::MAX,
            cpu: Duration::MAX,
            peak: 0.0,
        };
        costs.into_iter().fold(first, |best, cost| Self {
            wall: best.wall.min(cost.wall),
            cpu: best.cpu.min(cost.cpu),
            peak: best.peak.max(mib(cost.peak * 1024)),
        })
    }

    fn shares_of(self, other: Self) -> [f64; 3] {
        [
            self.wall.as_secs_f64() / other.wall.as_secs_f64(),
            self.cpu.as_secs_f64() / other.cpu.as_secs_f64(),
            self.peak / other.peak,
        ]
    }
}

impl std::fmt::Display for Best {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (wall, cpu) = (self.wall.as_secs_f64(), self.cpu.as_secs_f64());
        write!(
            f,
            "wall {wall:6.2} s  processor {cpu:6.2} s  peak {:7.1} MiB",
            self.peak
        )
    }
}

fn rounds<T>(count: usize, mut run: impl FnMut() -> T) -> Vec<T> {
    (0..count).map(|_| run()).collect()
}

fn mib(bytes: usize) -> f64 {
    count(bytes) / MIB
}

#[allow(clippy::cast_precision_loss, reason = "far from 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

fn kubectl(kubeconfig: &Path, arguments: &[&str]) -> Cost {
    let cache: PathBuf = std::env::temp_dir().join("k8s-monitor-bench-kubectl");
    let mut command = Command::new(assets::directory().join("kubectl"));
    command
        .env_clear()
        .env("KUBECONFIG", kubeconfig)
        .env("KUBECACHEDIR", cache)
        .args(arguments);
    let cost = cost(&mut command);
    assert!(cost.status.success(), "{}", cost.stderr);
    cost
}

/// The API server notices objects that were written to etcd directly with a delay.
fn wait_until_listed(plane: &ControlPlane, pods: usize) {
    let limit = Instant::now() + Duration::from_secs(120);
    loop {
        let one = ["get", "--raw", "/api/v1/pods?limit=1"];
        let answer = kubectl(&plane.kubeconfig_admin(), &one).stdout;
        let list: Value = serde_json::from_slice(&answer).expect("a list");
        let rest = list["metadata"]["remainingItemCount"].as_u64().unwrap_or(0);
        if rest + 1 == pods as u64 {
            return;
        }
        assert!(Instant::now() < limit, "{} pods of {pods}", rest + 1);
        sleep(Duration::from_millis(100));
    }
}
