//! What the command line says of itself: completions and the manual page.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Args;

/// A completion script for one shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual in roff: the program's page, then one for each subcommand, which
/// leaves out the options that are common to all.
#[must_use]
pub fn man() -> String {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    append_pages(&command, &mut page);
    String::from_utf8_lossy(&page).into_owned()
}

/// Writing to a vector cannot fail, so neither can a page.
fn append_pages(command: &clap::Command, page: &mut Vec<u8>) {
    let shown = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let _ = clap_mangen::Man::new(command.clone())
        .title(shown)
        .render(page);
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        let own = sub.clone().mut_args(|option| {
            let common = option.is_global_set();
            option.hide(common)
        });
        append_pages(&own, page);
    }
}
