//! Shell completions and the manual page.

use clap::CommandFactory as _;
use clap_complete::Shell;
use roff::{Roff, roman};

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

/// The manual in roff: a page for the program, then one for each subcommand without the
/// common options.
#[must_use]
pub fn man() -> String {
    let mut command = Args::command();
    command.build();
    let mut page = Vec::new();
    append_pages(&command, &mut page);
    String::from_utf8_lossy(&page).into_owned()
}

/// Writing to a vector cannot fail.
fn append_pages(command: &clap::Command, page: &mut Vec<u8>) {
    let shown = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    // clap_mangen would format the text below the options as prose.
    let mut bare = command.clone().after_help(None::<&str>);
    if command.has_subcommands() {
        // `help` has no page.
        bare = bare.mut_subcommand("help", |help| help.hide(true));
    }
    let _ = clap_mangen::Man::new(bare)
        .title(shown)
        // Without a date, the other fields of the title line would move.
        .date(env!("CARGO_PKG_VERSION"))
        .source("k8s-monitor")
        .manual("User Commands")
        .render(page);
    if let Some(help) = command.get_after_help() {
        let _ = below(&help.to_string()).to_writer(page);
    }
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

/// The text below the options: lists keep their lines, the rest is prose.
fn below(help: &str) -> Roff {
    let mut roff = Roff::new();
    for paragraph in help.split("\n\n") {
        let (first, list) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        if let Some(title) = first.strip_suffix(':') {
            roff.control("SH", [title.to_uppercase().as_str()]);
            roff.control("nf", []);
            for line in list.lines() {
                roff.text([roman(line.trim_start())]);
            }
            roff.control("fi", []);
        } else {
            roff.control("SH", ["NOTES"]);
            roff.text([roman(paragraph)]);
        }
    }
    roff
}
