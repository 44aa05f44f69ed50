//! `k8s-monitor`: parse, run, exit.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    k8s_monitor::defect::exit_as_documented();
    let options = match k8s_monitor::cli::parse(std::env::args_os()) {
        Ok(options) => options,
        Err(refusal) => {
            // Nothing is left to be told when stdout and stderr are closed.
            let _ = refusal.print();
            return k8s_monitor::cli::status_of(&refusal).into();
        }
    };
    k8s_monitor::termination::watch();
    k8s_monitor::app::run(&options).into()
}
