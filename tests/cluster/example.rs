//! Writes the example dump of docs/: `make example`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::homelab::Homelab;
use crate::program::write_snapshot;
use crate::time::Ago;

/// The last log lines of mysql before the OOM kill. Without a kubelet no log can be read,
/// so it is added to the snapshot.
const LOG: &str = "\
2026-03-02T09:14:58.411402Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.4.0) starting as process 1
2026-03-02T09:14:58.427313Z 1 [System] [MY-013576] [InnoDB] InnoDB initialization has started.
2026-03-02T09:15:02.918374Z 1 [System] [MY-013577] [InnoDB] InnoDB initialization has ended.
2026-03-02T09:15:04.201559Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.4.0'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.
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
    fs::write(logs.join("mysql-previous.log"), LOG).expect("a log");
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
