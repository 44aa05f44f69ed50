//! `services`: the services file.

use super::CommandOutput;
use super::session::{Session, unknown_service};
use crate::cli::ServicesCommand;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{Level, LintDocument, Origin, ServiceDocument, ServiceList};

impl Session<'_> {
    pub(super) fn services(&self, command: &ServicesCommand) -> Result<CommandOutput, Error> {
        let text = match command {
            ServicesCommand::Lint => return self.lint(),
            ServicesCommand::List => {
                let (_, inventory) = self.existing_inventory()?;
                self.render(&ServiceList(&inventory))?
            }
            ServicesCommand::Show { name } => {
                let (file, inventory) = self.inventory()?;
                if let Origin::Nowhere(_) = file.origin {
                    return Err(Error::NoServicesFile {
                        origin: file.origin,
                    });
                }
                let service = inventory.get(name);
                let service = service.ok_or_else(|| unknown_service(name, &file, &inventory))?;
                self.render(&ServiceDocument {
                    service,
                    inventory: &inventory,
                })?
            }
        };
        Ok((text, ExitStatus::Healthy))
    }

    fn lint(&self) -> Result<CommandOutput, Error> {
        let (path, inventory) = self.existing_inventory()?;
        let mut diagnostics = inventory.diagnostics.iter();
        let has_errors = diagnostics.any(|found| found.level == Level::Error);
        if inventory.services.is_empty() && !has_errors {
            return Err(Error::NoServices { path });
        }
        let text = self.render(&LintDocument {
            inventory: &inventory,
            file: &path.display().to_string(),
        })?;
        let status = if has_errors {
            ExitStatus::BadInput
        } else {
            ExitStatus::Healthy
        };
        Ok((text, status))
    }
}
