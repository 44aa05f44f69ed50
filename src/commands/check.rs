//! `check`: everything about one service.

use super::run::{CycleOptions, exit_status};
use super::session::{Session, service_name};
use super::{CommandOutput, service_view};
use crate::error::Error;
use crate::model::Mode;
use crate::net::Http;
use crate::report::CheckDocument;

impl Session<'_> {
    pub(super) fn check(&self, name: &str) -> Result<CommandOutput, Error> {
        let (file, inventory) = self.services_to_monitor()?;
        let service = service_name(name, &file, &inventory)?;
        let options = CycleOptions {
            mode: Mode::Check,
            focus: Some(&service),
            dry_run: false,
            exit_zero: false,
        };
        let mut outcome = self.cycle(&Http::new(&self.config), (&file, &inventory), &options)?;
        service_view::narrow(&mut outcome.report, &service);
        let details = service_view::details(&outcome, &inventory, &service);
        let document = CheckDocument {
            report: &outcome.report,
            details: &details,
        };
        Ok((self.render(&document)?, exit_status(&outcome, false)))
    }
}
