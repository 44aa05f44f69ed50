//! What happens when the program itself is wrong.

use std::io::{self, Write as _};
use std::process;

use crate::exit::ExitStatus;
use crate::runtime::termination;

/// Makes a panic end the program with its documented status and one paragraph, and the
/// watcher hear of it; Rust's own status would be 101, or a signal where panics abort.
pub fn exit_as_documented() {
    std::panic::set_hook(Box::new(|panic| {
        let _ = writeln!(
            io::stderr(),
            "k8s-monitor: a defect in the program: {panic}\n\
             The cluster was not judged. Please report this with the version \
             ({}) and, if you can, `k8s-monitor snapshot -o dump.tar.gz`.",
            env!("CARGO_PKG_VERSION")
        );
        termination::say_farewell("exit status 70: a defect in the program; its log says which");
        #[allow(clippy::disallowed_methods, reason = "a panic has nobody to return to")]
        process::exit(ExitStatus::Defect.code().into());
    }));
}
