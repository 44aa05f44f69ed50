//! The panic hook.

use std::io::{self, Write as _};
use std::process;

use crate::exit::ExitStatus;
use crate::runtime::termination;

/// Makes a panic print one paragraph, run the shutdown hook and exit with the documented status.
/// Without it the status would be 101, or SIGABRT where panics abort.
pub fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let _ = writeln!(
            io::stderr(),
            "k8s-monitor: internal error: {panic}\n\
             The cluster was not checked. Please report this with the version \
             ({}) and, if you can, the output of `k8s-monitor snapshot -o dump.tar.gz`.",
            env!("CARGO_PKG_VERSION")
        );
        termination::run_shutdown_hook("exit status 70: internal error; see the log");
        #[allow(
            clippy::disallowed_methods,
            reason = "the panic hook cannot return a status"
        )]
        process::exit(ExitStatus::Defect.code().into());
    }));
}
