//! The workloads of the homelab's services and of K3s.

use super::builder::{daemon_set, deployment, stateful_set};
use super::model::{Probe, Workload};

const ECR: &str = "852893458518.dkr.ecr.us-east-2.amazonaws.com";

pub fn workloads() -> Vec<Workload> {
    [critical(), infrastructure(), support(), k3s()].concat()
}

fn critical() -> Vec<Workload> {
    vec![
        deployment("chores-tracker-backend", "chores-tracker-backend")
            .image(&format!("{ECR}/chores-tracker:5.8.0"))
            .replicas(2)
            .serves("http", 8000)
            .probed_by(Probe::Http("/health"))
            .after(300, 360)
            .cpu(200, 500)
            .memory(256, 512)
            .at_host("api.chores.arigsela.com"),
        deployment("chores-tracker-frontend", "chores-tracker-frontend")
            .image(&format!("{ECR}/chores-tracker-frontend:2.3.1"))
            .serves("http", 80)
            .probed_by(Probe::Http("/"))
            .at_host("chores.arigsela.com"),
        stateful_set("mysql", "mysql")
            .image("mysql:8.4.0-oraclelinux8")
            .serves("mysql", 3306)
            .probed_by(Probe::Tcp)
            .after(15, 45)
            .cpu(500, 1000)
            .memory(1024, 2048)
            .stores("data", "20Gi", "/var/lib/mysql"),
        deployment("n8n", "n8n")
            .image("n8nio/n8n:latest")
            .serves("http", 5678)
            .probed_by(Probe::Http("/healthz"))
            .cpu(500, 1000)
            .memory(500, 1024)
            .stores("data", "5Gi", "/home/node/.n8n")
            .at_host("n8n.arigsela.com"),
        stateful_set("postgresql", "postgresql")
            .image("postgres:15.3")
            .serves("postgresql", 5432)
            .probed_by(Probe::Exec(&["pg_isready", "-U", "n8n"]))
            .cpu(250, 500)
            .memory(500, 1024)
            .stores("data", "10Gi", "/var/lib/postgresql/data"),
        deployment("ingress-nginx", "ingress-nginx-controller")
            .of_chart("ingress-nginx", "ingress-nginx")
            .image("registry.k8s.io/ingress-nginx/controller:v1.13.3")
            .serves("http", 80)
            .serves("https", 443)
            .probed_by(Probe::Http("/healthz"))
            .cpu(100, 1000)
            .memory(90, 512)
            .load_balanced(),
        deployment("oncall-agent", "oncall-agent")
            .image(&format!("{ECR}/oncall-agent:v0.0.1"))
            .replicas(2)
            .serves("http", 8000)
            .probed_by(Probe::Http("/health"))
            .cpu(500, 1000)
            .memory(512, 1024),
    ]
}

fn infrastructure() -> Vec<Workload> {
    let external_secrets = |name| {
        let image = "oci.external-secrets.io/external-secrets/external-secrets:v0.20.3";
        deployment("external-secrets", name)
            .of_chart(name, "external-secrets")
            .image(image)
    };
    let cert_manager = |name: &str| {
        let image = format!("quay.io/jetstack/{name}:v1.18.2")
            .replace("cert-manager:", "cert-manager-controller:");
        let chart = name.trim_start_matches("cert-manager-");
        deployment("cert-manager", name)
            .of_chart(chart, "cert-manager")
            .image(&image)
    };
    let crossplane = |name| {
        deployment("crossplane-system", name)
            .of_chart("crossplane", "crossplane")
            .image("xpkg.crossplane.io/crossplane/crossplane:v2.0.2")
    };
    vec![
        stateful_set("vault", "vault")
            .of_chart("vault", "vault")
            .image("hashicorp/vault:1.18.1")
            .serves("http", 8200)
            .probed_by(Probe::Exec(&[
                "/bin/sh",
                "-ec",
                "vault status -tls-skip-verify",
            ]))
            .after(5, 60)
            .stores("data", "10Gi", "/vault/data")
            .at_host("vault.arigsela.com"),
        external_secrets("external-secrets"),
        external_secrets("external-secrets-webhook").serves("webhook", 10250),
        external_secrets("external-secrets-cert-controller"),
        cert_manager("cert-manager").serves("metrics", 9402),
        cert_manager("cert-manager-cainjector"),
        cert_manager("cert-manager-webhook").serves("https", 10250),
        crossplane("crossplane"),
        crossplane("crossplane-rbac-manager").labelled("app", "crossplane-rbac-manager"),
    ]
}

fn support() -> Vec<Workload> {
    vec![
        deployment("crossplane-system", "provider-aws-s3-6a7f1cbe11d2")
            .labelled("pkg.crossplane.io/provider", "provider-aws-s3")
            .image("xpkg.upbound.io/upbound/provider-aws-s3:v1.21.0"),
        deployment("whoami-test", "whoami")
            .image("traefik/whoami:v1.10")
            .serves("http", 80),
        deployment("sandbox", "paperless")
            .image("paperlessngx/paperless-ngx:2.12")
            .serves("http", 8000)
            .replicas(0),
        deployment("argocd", "argocd-server")
            .of_chart("argocd-server", "argocd")
            .serves("http", 8080),
        deployment("argocd", "argocd-repo-server")
            .of_chart("argocd-repo-server", "argocd")
            .serves("server", 8081),
        stateful_set("argocd", "argocd-application-controller")
            .of_chart("argocd-application-controller", "argocd"),
    ]
}

fn k3s() -> Vec<Workload> {
    vec![
        deployment("kube-system", "coredns")
            .labelled("k8s-app", "kube-dns")
            .image("rancher/mirrored-coredns-coredns:1.12.3")
            .serves("dns-tcp", 53)
            .behind_service("kube-dns")
            .probed_by(Probe::Http("/ready"))
            .memory(70, 170),
        deployment("kube-system", "traefik")
            .of_chart("traefik", "traefik-kube-system")
            .image("rancher/mirrored-library-traefik:3.3.6")
            .serves("web", 8000)
            .probed_by(Probe::Http("/ping")),
        deployment("kube-system", "metrics-server")
            .labelled("k8s-app", "metrics-server")
            .image("rancher/mirrored-metrics-server:v0.8.0")
            .serves("https", 10250)
            .probed_by(Probe::Http("/readyz")),
        deployment("kube-system", "local-path-provisioner")
            .image("rancher/local-path-provisioner:v0.0.31"),
        daemon_set("kube-system", "svclb-ingress-nginx-controller-5f3d0b52")
            .image("rancher/klipper-lb:v0.4.13"),
    ]
}
