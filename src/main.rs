//! `k8s-monitor`: parse, run, exit.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    k8s_monitor::runtime::panic_hook::install();
    let options = match k8s_monitor::cli::parse(std::env::args_os()) {
        Ok(options) => options,
        Err(error) => {
            let status = k8s_monitor::cli::status_of(&error);
            return k8s_monitor::commands::printed(&error.print(), status).into();
        }
    };
    k8s_monitor::runtime::termination::watch_signals();
    k8s_monitor::commands::run(&options).into()
}
