//! A homelab to try the program on: `make playground`.

use std::io::Write as _;

use crate::homelab::Homelab;
use crate::time::Ago;

/// Serves until its input ends. With `K8S_MONITOR_PLAYGROUND=outage`, mysql is down.
#[test]
#[ignore = "waits for somebody to end it; run by `make playground`"]
fn serve_until_the_input_ends() {
    let mut homelab = Homelab::healthy();
    if std::env::var_os("K8S_MONITOR_PLAYGROUND").is_some_and(|mode| mode == "outage") {
        homelab.crash_loops_by("mysql", 25.minutes_ago(), "OOMKilled", 137);
        homelab.quietly_unready("chores-tracker-backend", 23.minutes_ago());
    }
    let kubeconfig = homelab.kubeconfig_admin();
    println!("export KUBECONFIG={}", kubeconfig.display());
    println!("kubectl is in {}", crate::assets::directory().display());
    println!("end it with Ctrl-D");
    std::io::stdout().flush().expect("shown");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).expect("read to its end");
}
