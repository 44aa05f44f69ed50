//! Dumps of other tools, hostile dumps, and snapshots that are written and read back.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use k8s_monitor::cluster::dump::{self, DumpError, Limits};
use k8s_monitor::cluster::{DamagedObject, Read, Resource, Snapshot, Source, Unread, UnreadReason};
use k8s_monitor::model::Time;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/dumps")
        .join(name)
}

fn read(path: impl AsRef<Path>) -> Snapshot {
    dump::read(path.as_ref(), None).expect("a snapshot")
}

fn time(text: &str) -> Time {
    text.parse().expect(text)
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Reads one file of this name and text.
fn read_file(name: &str, text: &str) -> Result<Snapshot, DumpError> {
    let folder = folder(&[(name, text)]);
    dump::read(&folder.path().join(name), None)
}

fn pod_names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot
        .objects
        .pods
        .iter()
        .map(|p| p.metadata.name.as_str())
        .collect()
}

fn reason(snapshot: &Snapshot, resource: Resource) -> Option<UnreadReason> {
    match &snapshot.reads[&resource] {
        Read::Unread(unread) => Some(unread.reason),
        _ => None,
    }
}

fn message(snapshot: &Snapshot, resource: Resource) -> &str {
    match &snapshot.reads[&resource] {
        Read::Unread(unread) => &unread.message,
        read => panic!("{read:?}"),
    }
}

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"n"}}"#;

mod formats {
    use super::*;

    #[test]
    fn cluster_info_dump() {
        let snapshot = read(fixture("cluster-info"));
        assert_eq!(snapshot.source, Source::Dump);
        assert_eq!(snapshot.cluster, "cluster-info");
        assert_eq!(snapshot.now, time("2026-11-02T10:05:30Z"));
        assert_eq!(pod_names(&snapshot), ["web-7d9f8b6c5d-x2k4j"]);
        assert_eq!(
            snapshot.objects.events.len(),
            1,
            "normal events are not kept"
        );
        assert!(
            snapshot.is_read(Resource::Deployments),
            "an empty list is read"
        );
        assert_eq!(
            reason(&snapshot, Resource::Jobs),
            Some(UnreadReason::NotInSnapshot)
        );
        assert_eq!(
            reason(&snapshot, Resource::Certificates),
            Some(UnreadReason::NotInSnapshot)
        );
        assert!(snapshot.is_read(Resource::PodLogs));
        let logs: Vec<_> = snapshot
            .logs
            .iter()
            .map(|l| (l.pod.as_str(), l.container.as_str(), l.text.as_str()))
            .collect();
        assert_eq!(
            logs,
            [
                ("job-plain", "", "output without marks\n"),
                (
                    "web-7d9f8b6c5d-x2k4j",
                    "web",
                    "listening on :8080\npanic: no route to database\n"
                ),
                ("web-7d9f8b6c5d-x2k4j", "side", "ready\n"),
            ]
        );
    }

    #[test]
    fn cluster_info_dump_to_one_stream() {
        let mut stream = String::new();
        for file in [
            "nodes.json",
            "default/events.json",
            "default/pods.json",
            "default/web-7d9f8b6c5d-x2k4j/logs.txt",
        ] {
            stream += &fs::read_to_string(fixture("cluster-info").join(file)).expect(file);
        }
        let snapshot = read_file("dump.txt", &stream).expect("a snapshot");
        assert_eq!((snapshot.objects.pods.len(), snapshot.logs.len()), (1, 2));
        assert_eq!(snapshot.logs[1].text, "ready\n");
    }

    #[test]
    fn support_bundle() {
        let snapshot = read(fixture("bundle"));
        assert_eq!(snapshot.now, time("2026-11-02T10:00:01Z"));
        assert!(
            snapshot.is_read(Resource::Deployments),
            "`items: null` is an empty list"
        );
        assert_eq!(pod_names(&snapshot), ["db-0"]);
        assert_eq!(
            snapshot.objects.leases.len(),
            2,
            "only those of kube-system and of the nodes"
        );
        let logs: Vec<_> = snapshot
            .logs
            .iter()
            .map(|l| (l.container.as_str(), l.previous))
            .collect();
        assert_eq!(logs, [("mysql", true), ("mysql", false)]);
    }

    #[test]
    fn events_of_events_k8s_io_are_read() {
        let event = &read(fixture("bundle")).objects.events[0];
        assert_eq!(event.message, "0/1 nodes are available");
        assert_eq!(event.involved_object.name, "db-0");
        assert_eq!(
            (event.times(), event.reporting_component.as_str()),
            (7, "default-scheduler")
        );
    }

    #[test]
    fn endpoints_replace_missing_endpoint_slices() {
        let snapshot = read(fixture("bundle"));
        assert!(snapshot.is_read(Resource::EndpointSlices));
        let slices = &snapshot.objects.endpoint_slices;
        assert_eq!(slices.len(), 2);
        let ready: Vec<_> = slices[0]
            .endpoints
            .iter()
            .map(|e| (e.addresses[0].as_str(), e.is_ready()))
            .collect();
        assert_eq!(ready, [("10.42.0.7", true), ("10.42.0.8", false)]);
        assert_eq!(slices[0].ports[0].port, Some(3306));
        assert_eq!(slices[0].metadata.label("app"), Some("db"));
        assert_eq!(
            slices[1].metadata.label("kubernetes.io/service-name"),
            Some("empty")
        );
        assert!(slices[1].endpoints.is_empty());
    }

    #[test]
    fn endpoints_beside_slices_are_ignored() {
        let snapshot = read_file(
            "all.json",
            r#"{"apiVersion":"v1","kind":"List","items":[
                {"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"a","namespace":"n"}},
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"a-x","namespace":"n"}}]}"#,
        );
        let slices = snapshot.expect("a snapshot").objects.endpoint_slices;
        assert_eq!(slices.len(), 1);
        assert_eq!(slices[0].metadata.name, "a-x");
    }

    #[test]
    fn yaml_documents() {
        let snapshot = read(fixture("manifests.yaml"));
        assert_eq!(snapshot.cluster, "manifests");
        assert_eq!(
            snapshot.now,
            time("2026-11-01T00:00:00Z"),
            "a renewal to come is not now"
        );
        let limits = &snapshot.objects.pods[0].spec.containers[0].resources.limits;
        assert_eq!(limits["cpu"].0, "1");
        assert_eq!(
            snapshot.objects.certificates[0].spec.secret_name,
            "site-tls"
        );
        assert_eq!(snapshot.objects.deployments[0].spec.replicas, Some(2));
    }

    #[test]
    fn json_lines_and_arrays() {
        let second = POD.replace("\"a\"", "\"b\"");
        for (name, text) in [
            ("x.jsonl", format!("{POD}\n{second}\n")),
            ("x.json", format!("[{POD},{second}]")),
            ("x", format!("{POD}{second}")),
            ("x.json", format!("{{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{POD},{second}]}}")),
            // Python can sort keys, so that the kind of the list follows its items.
            ("x.json", r#"{"apiVersion":"v1","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}],"kind":"PodList"}"#.to_owned()),
            ("x.json", r#"{"items":[{"metadata":{"name":"a"},"kind":"Pod"},{"metadata":{"name":"b"}}],"kind":"PodList","apiVersion":"v1"}"#.to_owned()),
            ("x.yaml", format!("---\n{POD}\n---\n{second}\n")),
            ("x.json", format!("\u{feff}{POD}\n{second}")),
        ] {
            let snapshot = read_file(name, &text).expect(&text);
            assert_eq!(pod_names(&snapshot), ["a", "b"], "{text}");
        }
    }

    #[test]
    fn files_redirected_by_powershell_are_read() {
        let folder = TempDir::new().expect("a folder");
        let wide: Vec<u8> = format!("\u{feff}{POD}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        fs::write(folder.path().join("pods.json"), wide).expect("a file");
        assert_eq!(pod_names(&read(folder.path())), ["a"]);
    }

    #[test]
    fn other_kinds_and_files_are_skipped() {
        let folder = folder(&[
            ("pod.json", POD),
            ("package.json", r#"{"name":"x","kind":"apiVersion"}"#),
            ("broken.json", "{nonsense"),
            ("values.yaml", "a: {{ .Values.x }}\n"),
            ("notes.txt", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}"),
            (
                "knative.json",
                r#"{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"x"}}"#,
            ),
            (".git/pods.json", &POD.replace("\"a\"", "\"hidden\"")),
        ]);
        let snapshot = read(folder.path());
        assert_eq!(pod_names(&snapshot), ["a"]);
        assert!(snapshot.objects.services.is_empty());
        assert!(
            !snapshot
                .reads
                .values()
                .any(|r| matches!(r, Read::Unread(u) if u.reason == UnreadReason::Malformed))
        );
    }

    #[test]
    fn the_newest_object_of_a_name_is_kept() {
        let versioned = |version: &str, phase: &str| {
            format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"a","resourceVersion":"{version}"}},"status":{{"phase":"{phase}"}}}}"#
            )
        };
        for (first, second, phase) in [
            (versioned("10", "Newer"), versioned("9", "Older"), "Newer"),
            (versioned("9", "Older"), versioned("10", "Newer"), "Newer"),
            (versioned("", "First"), versioned("", "Last"), "Last"),
        ] {
            let folder = folder(&[("1.json", &first), ("2.json", &second)]);
            let snapshot = read(folder.path());
            assert_eq!(snapshot.objects.pods.len(), 1);
            assert_eq!(snapshot.objects.pods[0].status.phase, phase);
        }
    }

    #[test]
    fn the_time_of_the_argument_has_priority() {
        let now = time("2026-12-24T18:00:00Z");
        let snapshot = dump::read(&fixture("bundle"), Some(now)).expect("a snapshot");
        assert_eq!(snapshot.now, now);
    }
}

mod damage {
    use super::*;

    #[test]
    fn an_object_that_does_not_decode_is_named_and_leaves_its_kind_read() {
        let folder = folder(&[
            (
                "pods.json",
                r#"{"apiVersion":"v1","kind":"PodList","items":[
                {"metadata":{"name":"good","namespace":"n"}},
                {"metadata":{"name":"bad","namespace":"n"},"spec":{"containers":"password: hunter2"}},
                {"metadata":{"name":"worse","namespace":"n"},"status":[1]}]}"#,
            ),
            (
                "nodes.json",
                r#"{"apiVersion":"v1","kind":"NodeList","items":[{"metadata":{"name":"cp1"}}]}"#,
            ),
        ]);
        let snapshot = read(folder.path());
        assert_eq!(pod_names(&snapshot), ["good", "bad", "worse"]);
        assert!(snapshot.is_read(Resource::Pods) && snapshot.is_read(Resource::Nodes));
        let damaged: Vec<_> = snapshot
            .damaged
            .iter()
            .map(DamagedObject::describe)
            .collect();
        assert_eq!(
            damaged,
            ["Pod n/bad (spec.containers)", "Pod n/worse (status[0])"]
        );
    }

    #[test]
    fn a_truncated_file_makes_its_kinds_unread() {
        let whole =
            fs::read_to_string(fixture("cluster-info/default/events.json")).expect("a fixture");
        let folder = folder(&[
            ("all.json", &whole[..whole.len() * 3 / 4]),
            ("pod.json", POD),
        ]);
        let snapshot = read(folder.path());
        assert_eq!(snapshot.objects.events.len(), 1);
        assert_eq!(
            reason(&snapshot, Resource::Events),
            Some(UnreadReason::Malformed)
        );
        assert!(snapshot.is_read(Resource::Pods));
    }

    #[test]
    fn a_damaged_file_makes_the_kind_of_its_name_unread() {
        let folder = folder(&[
            ("jobs.json", r#"{"apiVersion":"v1","items":[{"kind":"#),
            ("some.yaml", "apiVersion: v1\nkind: [unclosed\n"),
            ("pod.json", POD),
        ]);
        let snapshot = read(folder.path());
        assert_eq!(
            reason(&snapshot, Resource::Jobs),
            Some(UnreadReason::Malformed)
        );
        assert!(message(&snapshot, Resource::CronJobs).contains("some.yaml is damaged"));
    }

    #[test]
    fn an_empty_list_of_kubectl_counts_as_read() {
        let empty =
            r#"{"apiVersion":"v1","items":[],"kind":"List","metadata":{"resourceVersion":""}}"#;
        let folder = folder(&[
            ("pods.json", empty),
            ("all.json", empty),
            ("jobs.yaml", "apiVersion: v1\nitems: []\nkind: List\n"),
            (
                "other.json",
                r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"#,
            ),
        ]);
        let snapshot = read(folder.path());
        assert!(snapshot.is_read(Resource::Pods) && snapshot.is_read(Resource::Jobs));
        assert_eq!(
            reason(&snapshot, Resource::CronJobs),
            Some(UnreadReason::NotInSnapshot)
        );
    }

    #[test]
    fn documents_after_an_invalid_yaml_document_are_read() {
        let text = format!(
            "{POD}\n---\napiVersion: v1\nkind: Node\nmetadata: {{name: x}}\nspec: *missing\n"
        );
        let snapshot = read_file("x.yaml", &text).expect("a snapshot");
        assert_eq!(pod_names(&snapshot), ["a"]);
    }

    #[test]
    fn a_dump_without_usable_objects_is_an_error_with_the_cause() {
        let error = read_file(
            "pods.json",
            r#"{"kind":"PodList","apiVersion":"v1","items":[{"meta"#,
        )
        .expect_err("damaged");
        assert!(matches!(error, DumpError::NothingUsable { .. }), "{error}");
        assert!(
            error.to_string().contains("pods.json is damaged"),
            "{error}"
        );
        for text in [
            "",
            "hello",
            "{}",
            "[1, 2]",
            "apiVersion: v1\nkind: Secret\n",
        ] {
            let error = read_file("x.yaml", text).expect_err(text);
            assert!(
                matches!(error, DumpError::NothingUsable { .. }),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn unreadable_paths_are_errors() {
        let folder = folder(&[
            ("a.zip", "PK\u{3}\u{4}"),
            ("a.tgz", "no gzip"),
            ("b.tar.gz", "\u{1f}"),
        ]);
        let error = |name: &str| dump::read(&folder.path().join(name), None).expect_err(name);
        assert!(matches!(error("missing"), DumpError::Missing { .. }));
        assert!(matches!(error("a.zip"), DumpError::Format { .. }));
        assert!(matches!(error("a.tgz"), DumpError::Corrupt { .. }));
        assert!(matches!(error("b.tar.gz"), DumpError::Corrupt { .. }));
        assert!(matches!(
            dump::read(TempDir::new().expect("a folder").path(), None),
            Err(DumpError::NothingUsable { .. })
        ));
    }

    /// Root can read every file, so a copy of this test binary runs the test as another user.
    #[cfg(unix)]
    fn run_without_root(test: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        use std::os::unix::process::CommandExt as _;
        const NOBODY: u32 = 65534;
        let folder = TempDir::new().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
        let copy = folder.path().join("tests");
        fs::copy(std::env::current_exe().expect("this test"), &copy).expect("copied");
        let output = std::process::Command::new(copy)
            .args(["--exact", test])
            .current_dir("/")
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("1 passed"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn an_unreadable_file_makes_its_kind_unread() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder(&[("pod.json", POD), ("nodes.json", "{}")]);
        let path = folder.path().join("nodes.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("permissions");
        if fs::File::open(&path).is_ok() {
            return run_without_root("dump::damage::an_unreadable_file_makes_its_kind_unread");
        }
        assert_eq!(
            reason(&read(folder.path()), Resource::Nodes),
            Some(UnreadReason::Malformed)
        );
    }
}

mod archives {
    use super::*;
    use tar::{Builder, EntryType, Header};

    /// A `.tar.gz` with these entries.
    fn archive(entries: &[(&str, EntryType, &[u8])]) -> (TempDir, PathBuf) {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("cluster.tar.gz");
        let file = fs::File::create(&path).expect("a file");
        let mut builder = Builder::new(GzEncoder::new(file, Compression::fast()));
        for (name, kind, content) in entries {
            let mut header = Header::new_gnu();
            // `set_path` refuses the paths of a hostile archive.
            header.as_gnu_mut().expect("a gnu header").name[..name.len()]
                .copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            if *kind == EntryType::Symlink || *kind == EntryType::Link {
                header.set_link_name("/etc/passwd").expect("a link");
            }
            header.set_cksum();
            builder.append(&header, *content).expect("an entry");
        }
        builder
            .into_inner()
            .expect("a tar")
            .finish()
            .expect("a gzip");
        (folder, path)
    }

    #[test]
    fn entries_outside_of_the_archive_are_skipped() {
        let pod = |name: &str| POD.replace("\"a\"", &format!("\"{name}\"")).into_bytes();
        let (_folder, path) = archive(&[
            ("../outside.json", EntryType::Regular, &pod("outside")),
            (
                "/etc/cron.d/absolute.json",
                EntryType::Regular,
                &pod("absolute"),
            ),
            ("x/../../y.json", EntryType::Regular, &pod("deep")),
            ("link.json", EntryType::Symlink, b""),
            ("hard.json", EntryType::Link, b""),
            ("device.json", EntryType::Char, b""),
            ("pipe.json", EntryType::Fifo, b""),
            ("folder.json", EntryType::Directory, b""),
            ("./in/pod.json", EntryType::Regular, &pod("inside")),
        ]);
        let snapshot = read(&path);
        assert_eq!(pod_names(&snapshot), ["inside"]);
        assert_eq!(snapshot.cluster, "cluster");
    }

    #[test]
    fn long_names_are_read_up_to_a_limit() {
        let long = format!("{}/pods.json", "d".repeat(150));
        let endless = vec![b'x'; 4 << 20];
        let (_folder, path) = archive(&[
            ("././@LongLink", EntryType::GNULongName, long.as_bytes()),
            ("cut", EntryType::Regular, POD.as_bytes()),
            ("././@LongLink", EntryType::GNULongName, &endless),
            ("pax", EntryType::XHeader, b"24 path=pax/deploys.json\n"),
            (
                "cut2",
                EntryType::Regular,
                br#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"x"}}"#,
            ),
        ]);
        let snapshot = read(&path);
        assert_eq!(
            (snapshot.objects.pods.len(), snapshot.objects.nodes.len()),
            (1, 1)
        );
    }

    #[test]
    fn compression_bombs_reach_the_limit() {
        let zeros = vec![b' '; 8 << 20];
        let (_folder, path) = archive(&[
            ("pods.json", EntryType::Regular, &zeros),
            ("x", EntryType::Regular, &zeros),
        ]);
        assert!(fs::metadata(&path).expect("a file").len() < 200_000);
        let limits = Limits {
            total_bytes: 1 << 20,
            ..Limits::default()
        };
        let error = dump::read_within(&path, None, &limits).expect_err("too large");
        assert!(matches!(error, DumpError::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains("1048576 bytes"), "{error}");
    }

    #[test]
    fn archives_with_too_many_files_reach_the_limit() {
        let entries: Vec<_> = (0..50)
            .map(|_| ("x.json", EntryType::Regular, POD.as_bytes()))
            .collect();
        let (_folder, path) = archive(&entries);
        let limits = Limits {
            entries: 20,
            ..Limits::default()
        };
        assert!(matches!(
            dump::read_within(&path, None, &limits),
            Err(DumpError::TooLarge { .. })
        ));
    }

    #[test]
    fn truncated_archives_are_errors() {
        let noise: Vec<u8> = (0..200_000u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
            .collect();
        let (_folder, path) = archive(&[
            ("pods.json", EntryType::Regular, POD.as_bytes()),
            ("noise", EntryType::Regular, &noise),
        ]);
        let whole = fs::read(&path).expect("an archive");
        fs::write(&path, &whole[..whole.len() / 2]).expect("a file");
        let error = dump::read(&path, None).expect_err("cut");
        assert!(matches!(error, DumpError::Corrupt { .. }), "{error}");
        let mut flipped = whole;
        let middle = flipped.len() / 2;
        flipped[middle..middle + 64].fill(0xff);
        fs::write(&path, flipped).expect("a file");
        assert!(dump::read(&path, None).is_err());
    }

    #[test]
    fn plain_tars_and_single_compressed_files_are_read() {
        let folder = TempDir::new().expect("a folder");
        let mut builder = Builder::new(Vec::new());
        let mut header = Header::new_ustar();
        header.set_size(POD.len() as u64);
        builder
            .append_data(&mut header, "pod.json", POD.as_bytes())
            .expect("an entry");
        let tar = folder.path().join("x.tar");
        fs::write(&tar, builder.into_inner().expect("a tar")).expect("a file");
        assert_eq!(pod_names(&read(&tar)), ["a"]);
        let gz = folder.path().join("pods.json.gz");
        let mut encoder =
            GzEncoder::new(fs::File::create(&gz).expect("a file"), Compression::fast());
        encoder.write_all(POD.as_bytes()).expect("bytes");
        encoder.finish().expect("a gzip");
        let snapshot = read(&gz);
        assert_eq!(
            (pod_names(&snapshot), snapshot.cluster.as_str()),
            (vec!["a"], "pods")
        );
    }
}

mod bounds {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let outside = folder(&[("pods.json", POD)]);
        let folder = folder(&[(
            "in/node.json",
            r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"x"}}"#,
        )]);
        std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).expect("a link");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("in/loop")).expect("a link");
        let snapshot = read(folder.path());
        assert_eq!(
            (snapshot.objects.pods.len(), snapshot.objects.nodes.len()),
            (0, 1)
        );
    }

    #[test]
    fn too_deep_folders_are_not_read() {
        let deep = format!("{}pod.json", "d/".repeat(40));
        let folder = folder(&[(&deep, POD), ("b.json", &POD.replace("\"a\"", "\"b\""))]);
        assert_eq!(pod_names(&read(folder.path())), ["b"]);
    }

    #[test]
    fn large_json_is_read_as_a_stream() {
        let items: Vec<String> = (0..500)
            .map(|n| POD.replace("\"a\"", &format!("\"p{n}\"")))
            .collect();
        let text = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}",
            items.join(",")
        );
        let folder = folder(&[("all.json", &text)]);
        let limits = Limits {
            whole_file_bytes: 1000,
            ..Limits::default()
        };
        let snapshot = dump::read_within(folder.path(), None, &limits).expect("a snapshot");
        assert_eq!(snapshot.objects.pods.len(), 500);
        let few = Limits {
            objects: 100,
            ..limits
        };
        assert!(matches!(
            dump::read_within(folder.path(), None, &few),
            Err(DumpError::TooLarge { .. })
        ));
    }

    #[test]
    fn a_too_large_object_in_a_stream_makes_its_kind_unread() {
        let text = format!(
            "{POD}\n{{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"x\":[{}1]}}",
            "1,".repeat(1 << 19)
        );
        let folder = folder(&[("all.json", &text)]);
        let limits = Limits {
            whole_file_bytes: 1000,
            object_bytes: 100_000,
            ..Limits::default()
        };
        let snapshot = dump::read_within(folder.path(), None, &limits).expect("a snapshot");
        assert_eq!(
            reason(&snapshot, Resource::Pods),
            Some(UnreadReason::Malformed)
        );
        assert!(message(&snapshot, Resource::Pods).contains("more than 100000 bytes"));
    }

    #[test]
    fn yaml_bombs_reach_the_limit() {
        let mut bomb = String::from("apiVersion: v1\nkind: Pod\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            bomb += &format!(
                "a{level}: &a{level} [{}]\n",
                [before.as_str(); 10].join(",")
            );
        }
        let start = std::time::Instant::now();
        let folder = folder(&[("bomb.yaml", &bomb), ("pod.json", POD)]);
        let snapshot = read(folder.path());
        assert_eq!(pod_names(&snapshot), ["a"]);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    #[test]
    fn deeply_nested_json_is_damage() {
        let deep = format!(
            "{{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{{\"name\":\"x\"}},\"spec\":{}1{}}}",
            "[".repeat(200_000),
            "]".repeat(200_000)
        );
        let folder = folder(&[
            ("deep.json", &deep),
            ("more.json", &"[".repeat(500_000)),
            ("pod.json", POD),
        ]);
        assert_eq!(pod_names(&read(folder.path())), ["x", "a"]);
    }

    #[test]
    fn the_size_of_all_logs_is_limited() {
        let folder = folder(&[
            ("pod.json", POD),
            ("logs/n/a/one.log", "0123456789"),
            ("logs/n/a/two.log", "0123456789"),
        ]);
        let limits = Limits {
            log_bytes: 15,
            ..Limits::default()
        };
        let snapshot = dump::read_within(folder.path(), None, &limits).expect("a snapshot");
        assert_eq!(snapshot.logs.len(), 1);
        assert!(snapshot.is_read(Resource::PodLogs));
    }
}

mod writing {
    use super::*;

    fn unread(reason: UnreadReason, message: &str) -> Read {
        Read::Unread(Unread {
            reason,
            message: message.to_owned(),
        })
    }

    /// A live snapshot with objects, logs, absent and unread kinds.
    fn live() -> Snapshot {
        let mut snapshot = read(fixture("bundle"));
        let other = read(fixture("cluster-info"));
        snapshot.objects.pods.extend(other.objects.pods);
        snapshot.objects.nodes.extend(other.objects.nodes);
        snapshot.objects.certificates = read(fixture("manifests.yaml")).objects.certificates;
        snapshot.logs.extend(other.logs);
        snapshot.cluster = "homelab".to_owned();
        snapshot.source = Source::Live;
        for read in snapshot.reads.values_mut() {
            *read = Read::Complete;
        }
        let reads = &mut snapshot.reads;
        reads.insert(
            Resource::Jobs,
            unread(
                UnreadReason::Forbidden,
                "jobs.batch is forbidden: grant get and list",
            ),
        );
        reads.insert(
            Resource::Pods,
            unread(UnreadReason::Timeout, "the second page did not come"),
        );
        reads.insert(
            Resource::PodMetrics,
            unread(UnreadReason::Unavailable, "503"),
        );
        reads.insert(Resource::Gateways, Read::Absent);
        snapshot
    }

    fn assert_same(read_back: &Snapshot, written: &Snapshot) {
        assert_eq!(read_back.now, written.now);
        assert_eq!(read_back.cluster, written.cluster);
        assert_eq!(read_back.source, Source::Capture);
        assert_eq!(read_back.reads, written.reads);
        let sorted = |snapshot: &Snapshot| {
            let mut logs = snapshot.logs.clone();
            logs.sort_by(|a, b| {
                (&a.pod, &a.container, a.previous).cmp(&(&b.pod, &b.container, b.previous))
            });
            logs
        };
        assert_eq!(sorted(read_back), sorted(written));
        assert_eq!(read_back.objects, written.objects);
    }

    #[test]
    fn a_written_snapshot_is_read_back_equal() {
        let folder = TempDir::new().expect("a folder");
        let mut snapshot = live();
        for name in ["dump", "dump.tar.gz", "dump.tgz"] {
            let path = folder.path().join(name);
            let written = dump::write(&snapshot, &path).expect(name);
            assert_eq!((written.path.as_path(), written.logs), (path.as_path(), 5));
            let mut back = read(&path);
            // Only the one secret in the fixtures differs.
            let env = |s: &mut Snapshot| {
                let spec = std::sync::Arc::make_mut(&mut s.objects.pods[1].spec);
                std::mem::take(&mut spec.containers[0].env[1].value)
            };
            assert_eq!(env(&mut back), "[redacted:password]");
            let mut plain = snapshot.clone();
            assert_eq!(env(&mut plain), "hunter2");
            assert_same(&back, &plain);
        }
        snapshot.objects.pods.clear();
        let path = folder.path().join("again");
        dump::write(&snapshot, &path).expect("written");
        assert_same(&read(&path), &snapshot);
        let second = folder.path().join("second.tar.gz");
        dump::write(&read(&path), &second).expect("written");
        assert_same(&read(&second), &snapshot);
    }

    #[test]
    fn no_secret_is_written() {
        let mut snapshot = live();
        let token = ["gh", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
        snapshot.logs[0].text = format!("cloning with {token}\n");
        snapshot.objects.events[0].message = format!("bad credentials {token}").into();
        let spec = std::sync::Arc::make_mut(&mut snapshot.objects.pods[1].spec);
        spec.containers[0].command = ["app".into(), "--api-token".into()].into();
        spec.containers[0].args = ["hunter2".into()].into();
        snapshot.reads.insert(
            Resource::Nodes,
            unread(UnreadReason::Unavailable, &format!("token {token}")),
        );
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("dump");
        dump::write(&snapshot, &path).expect("written");
        let mut stack = vec![path];
        let mut files = 0;
        while let Some(path) = stack.pop() {
            if path.is_dir() {
                stack.extend(
                    fs::read_dir(path)
                        .expect("a folder")
                        .map(|e| e.expect("an entry").path()),
                );
            } else {
                let text = fs::read_to_string(&path).expect("a file");
                assert!(
                    !text.contains(&token) && !text.contains("hunter2"),
                    "{}",
                    path.display()
                );
                files += 1;
            }
        }
        assert!(files > 20, "{files}");
    }

    #[test]
    fn equal_snapshots_give_equal_archives() {
        let folder = TempDir::new().expect("a folder");
        let written = |name: &str| {
            let path = folder.path().join(name).join("x.tar.gz");
            fs::create_dir(path.parent().expect("a parent")).expect("a folder");
            dump::write(&live(), &path).expect("written");
            fs::read(path).expect("an archive")
        };
        assert_eq!(written("a"), written("b"));
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = folder(&[("full/x", ""), ("file.tar.gz", "")]);
        fs::create_dir(folder.path().join("empty")).expect("a folder");
        let write = |name: &str| dump::write(&live(), &folder.path().join(name));
        for taken in ["full", "file.tar.gz"] {
            let error = write(taken).expect_err(taken);
            assert!(matches!(error, DumpError::Exists { .. }), "{error}");
        }
        write("empty").expect("an empty folder is free");
        assert!(matches!(write("x.zip"), Err(DumpError::Target { .. })));
        assert!(matches!(
            write("no/such/folder"),
            Err(DumpError::Unwritable { .. })
        ));
        let left: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|e| e.expect("an entry").file_name())
            .collect();
        assert_eq!(left.len(), 3, "nothing is left behind: {left:?}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_a_snapshot() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().expect("a folder");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        let (dir, archive) = (folder.path().join("d"), folder.path().join("a.tar.gz"));
        dump::write(&live(), &dir).expect("written");
        dump::write(&live(), &archive).expect("written");
        assert_eq!((mode(&dir), mode(&dir.join("logs"))), (0o700, 0o700));
        assert_eq!(
            (mode(&dir.join("pods.json")), mode(&archive)),
            (0o600, 0o600)
        );
    }

    #[test]
    fn hostile_names_do_not_leave_the_folder() {
        let mut snapshot = live();
        let first = snapshot.logs[0].clone();
        for name in ["../../evil", "/etc/evil", "", "..", "a/b"] {
            let mut log = first.clone();
            log.pod = name.to_owned();
            snapshot.logs.push(log);
        }
        let folder = TempDir::new().expect("a folder");
        let written = dump::write(&snapshot, &folder.path().join("d")).expect("written");
        assert_eq!(written.logs, 5);
    }

    #[test]
    fn the_kind_of_a_removed_file_is_unread() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("d");
        dump::write(&live(), &path).expect("written");
        fs::remove_file(path.join("nodes.json")).expect("removed");
        assert_eq!(
            reason(&read(&path), Resource::Nodes),
            Some(UnreadReason::NotInSnapshot)
        );
    }

    #[test]
    fn a_container_named_previous_keeps_its_name() {
        let mut snapshot = live();
        let pod = &mut snapshot.objects.pods[1];
        std::sync::Arc::make_mut(&mut pod.spec).containers[1].name = "side-previous".into();
        snapshot.logs.retain(|log| log.container == "side");
        snapshot.logs[0].container = "side-previous".to_owned();
        let folder = TempDir::new().expect("a folder");
        dump::write(&snapshot, &folder.path().join("d")).expect("written");
        let back = read(folder.path().join("d"));
        assert_eq!(
            (back.logs[0].container.as_str(), back.logs[0].previous),
            ("side-previous", false)
        );
    }
}

/// Dumps that are too large for the repository.
mod elsewhere {
    use super::*;
    use crate::support::skip::external;

    #[test]
    fn support_bundle_of_k3s() {
        let Some(path) = external("K8S_MONITOR_K3S_BUNDLE") else {
            return;
        };
        let snapshot = read(&path);
        for resource in [
            Resource::Nodes,
            Resource::Namespaces,
            Resource::Pods,
            Resource::Events,
            Resource::Deployments,
            Resource::StatefulSets,
            Resource::DaemonSets,
            Resource::ReplicaSets,
            Resource::Jobs,
            Resource::CronJobs,
            Resource::Services,
            Resource::EndpointSlices,
            Resource::Ingresses,
            Resource::PersistentVolumes,
            Resource::PersistentVolumeClaims,
            Resource::StorageClasses,
            Resource::PodDisruptionBudgets,
            Resource::ResourceQuotas,
            Resource::Leases,
            Resource::PodLogs,
        ] {
            assert_eq!(snapshot.reads[&resource], Read::Complete, "{resource:?}");
        }
        assert_eq!((snapshot.objects.nodes.len(), snapshot.logs.len()), (1, 2));
        assert!(
            snapshot
                .objects
                .deployments
                .iter()
                .any(|d| d.metadata.name == "coredns")
        );
        assert!(snapshot.objects.stateful_sets.is_empty());
    }

    #[test]
    fn bench_cases_replay() {
        let Some(cases) = external("K8S_MONITOR_BENCH_CASES") else {
            return;
        };
        let mut cases: Vec<_> = fs::read_dir(cases)
            .expect("cases")
            .map(|e| e.expect("a case").path())
            .collect();
        cases.sort();
        let folder = TempDir::new().expect("a folder");
        for case in cases.iter().step_by(12) {
            let snapshot = read(case.join("dump"));
            for vital in [Resource::Pods, Resource::Nodes, Resource::Deployments] {
                assert!(snapshot.is_read(vital), "{}", case.display());
            }
            let path = folder
                .path()
                .join(case.file_name().expect("a name"))
                .with_extension("tar.gz");
            dump::write(&snapshot, &path).expect("written");
            let back = read(&path);
            assert_eq!(
                (back.reads, back.now, back.logs.len()),
                (snapshot.reads, snapshot.now, snapshot.logs.len())
            );
            assert_eq!(back.objects.pods.len(), snapshot.objects.pods.len());
        }
    }
}
