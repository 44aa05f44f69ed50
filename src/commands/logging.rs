//! Logging to stderr.

use log::{Log, Metadata, Record};

use crate::cli::Options;
use crate::config::Config;

/// Passes the records of this crate only. Libraries log whole responses, headers and URLs,
/// which may contain secrets. No directive of the filter can change that.
struct CrateFilter(env_logger::Logger);

impl Log for CrateFilter {
    fn enabled(&self, metadata: &Metadata) -> bool {
        let path = metadata.target().strip_prefix(env!("CARGO_CRATE_NAME"));
        path.is_some_and(|path| path.is_empty() || path.starts_with("::"))
            && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record) {
        if self.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Starts the log. A second start in one process, as in tests, changes nothing.
pub fn start(options: &Options, config: &Config) {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(options.verbosity.level());
    if let Some(filter) = &config.rust_log {
        builder.parse_filters(filter);
    }
    builder.format_timestamp(None).format_target(false);
    let logger = builder.build();
    let level = logger.filter();
    if log::set_boxed_logger(Box::new(CrateFilter(logger))).is_ok() {
        log::set_max_level(level);
    }
}
