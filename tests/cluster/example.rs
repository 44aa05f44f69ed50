//! Writes the example dump of docs/: `make example`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::homelab::Homelab;
use crate::program::write_snapshot;
use crate::time::Ago;

/// The log of the last run of mysql, which the OOM kill ends without a word: `{start}` is the minute
/// in which it began. Without a kubelet no log can be read, so it is added to the snapshot.
const LOG: &str = "\
{start}07.611402Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.4.0) starting as process 1
{start}07.627313Z 1 [System] [MY-013576] [InnoDB] InnoDB initialization has started.
{start}11.918374Z 1 [System] [MY-013577] [InnoDB] InnoDB initialization has ended.
{start}12.201559Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.4.0'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.
";

#[test]
#[ignore = "writes into docs/; run by `make example`"]
fn write_the_example_dump() {
    let mut homelab = Homelab::healthy();
    homelab.crash_loops_by("mysql", 25.minutes_ago(), "OOMKilled", 137);
    homelab.quietly_unready("chores-tracker-backend", 23.minutes_ago());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/example/homelab");
    fs::create_dir_all(path.parent().expect("docs/example")).expect("docs/example is created");
    if path.exists() {
        fs::remove_dir_all(&path).expect("the old example is removed");
    }
    write_snapshot(&homelab, &path);

    let logs = path.join("logs/mysql/mysql-0");
    fs::create_dir_all(&logs).expect("a folder for logs");
    let log = LOG.replace("{start}", &minute_of_last_start(&path.join("pods.json")));
    fs::write(logs.join("mysql-previous.log"), log).expect("a log");
    let file = path.join("k8s-monitor.json");
    let mut manifest: Value =
        serde_json::from_slice(&fs::read(&file).expect("a manifest")).expect("JSON");
    manifest["cluster"] = json!("homelab");
    manifest["reads"]["pods/log"] = json!({"state": "complete"});
    fs::write(
        &file,
        serde_json::to_string_pretty(&manifest).expect("JSON"),
    )
    .expect("written");
}

/// When the last run of mysql began, without the seconds: `2026-11-23T07:13:`.
fn minute_of_last_start(pods: &Path) -> String {
    let pods: Value = serde_json::from_slice(&fs::read(pods).expect("pods")).expect("JSON");
    let mut items = pods["items"].as_array().into_iter().flatten();
    let mysql = items.find(|pod| pod["metadata"]["name"] == "mysql-0");
    let status = &mysql.expect("mysql-0")["status"]["containerStatuses"][0];
    let started = status["lastState"]["terminated"]["startedAt"].as_str();
    started.expect("a time")[..17].to_owned()
}
