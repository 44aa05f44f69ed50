//! `k8s-monitor`: parse, run, exit.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    k8s_monitor::runtime::panic_hook::exit_as_documented();
    let options = match k8s_monitor::cli::parse(std::env::args_os()) {
        Ok(options) => options,
        Err(refusal) => {
            let status = k8s_monitor::cli::status_of(&refusal);
            return k8s_monitor::commands::printed(&refusal.print(), status).into();
        }
    };
    k8s_monitor::runtime::termination::watch();
    k8s_monitor::commands::run(&options).into()
}
