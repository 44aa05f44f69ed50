//! `services`: the services file.

use super::CommandOutput;
use super::session::{Session, read_services, unknown_service};
use std::path::Path;

use crate::cli::ServicesCommand;
use crate::detect::workloads_are_read;
use crate::draft::{self, ComparisonDocument};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::inventory::{self, Level, LintDocument, Origin, ServiceDocument, ServiceList};
use crate::render::Format;

impl Session<'_> {
    pub(super) fn services(&self, command: &ServicesCommand) -> Result<CommandOutput, Error> {
        let text = match command {
            ServicesCommand::Lint => return self.lint(),
            ServicesCommand::Init { diff } => self.draft(diff.as_deref())?,
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

    /// The draft, or how a file differs from what runs.
    fn draft(&self, diff: Option<&Path>) -> Result<String, Error> {
        let inventory = diff.map(read_services).transpose()?;
        let cluster = self.cluster()?;
        let kinds = inventory::wanted_kinds(&self.config.resources, inventory.as_ref());
        let snapshot = self.read(cluster.as_ref(), kinds, None)?;
        if !workloads_are_read(&snapshot) {
            let unread: Vec<_> = snapshot.unread().map(|(kind, _)| kind.name()).collect();
            log::warn!(
                "the draft is incomplete: {} could not be read",
                unread.join(", ")
            );
        }
        if let (Some(path), Some(inventory)) = (diff, &inventory) {
            return self.render(&ComparisonDocument {
                file: &path.display().to_string(),
                comparison: &draft::compare(&snapshot, inventory),
            });
        }
        let text = draft::draft(&snapshot);
        match self.options.output {
            Format::Text => Ok(text),
            Format::Json | Format::Yaml | Format::Markdown | Format::Html => {
                self.render(&ServiceList(&inventory::parse(text.as_bytes())))
            }
        }
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
