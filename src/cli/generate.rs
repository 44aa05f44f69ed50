//! Shell completions and the manual page.

use clap_complete::Shell;
use roff::{Roff, bold, italic, roman};

use super::meaning;

/// A completion script for one shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut command = meaning::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual in roff: a page for the program, then one for each subcommand without the
/// common options.
#[must_use]
pub fn man() -> String {
    let command = meaning::command();
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
    let has_subcommands = bare.has_subcommands();
    let synopsis = synopsis(&bare);
    let manual = clap_mangen::Man::new(bare)
        .title(shown)
        // Without a date, the other fields of the title line would move.
        .date(env!("CARGO_PKG_VERSION"))
        .source("k8s-monitor")
        .manual("User Commands");
    let _ = manual.render_title(page);
    let _ = manual.render_name_section(page);
    let _ = synopsis.to_writer(page);
    let _ = manual.render_description_section(page);
    let _ = manual.render_options_section(page);
    if has_subcommands {
        let _ = manual.render_subcommands_section(page);
    }
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

/// The command with its options and their values.
fn synopsis(command: &clap::Command) -> Roff {
    if let Some(usage) = command.get_overridden_usage() {
        let mut roff = Roff::new();
        roff.control("SH", ["SYNOPSIS"]);
        roff.control("nf", []);
        for line in usage.to_string().lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        return roff;
    }
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut line = vec![bold(name)];
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let (positional, options): (Vec<_>, Vec<_>) = shown.partition(|arg| arg.is_positional());
    for arg in options.into_iter().chain(positional) {
        let (before, after) = if arg.is_required_set() {
            (" ", "")
        } else {
            (" [", "]")
        };
        line.push(roman(before));
        let names = [
            arg.get_short().map(|short| format!("-{short}")),
            arg.get_long().map(|long| format!("--{long}")),
        ];
        let names: Vec<_> = names.into_iter().flatten().collect();
        let takes_value = arg.get_action().takes_values();
        let gap = if names.is_empty() || !takes_value {
            ""
        } else {
            " "
        };
        line.extend([bold(names.join("|")), roman(gap)]);
        if takes_value {
            line.push(italic(value_name(arg)));
        }
        line.push(roman(after));
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND")]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text(line);
    roff
}

fn value_name(arg: &clap::Arg) -> String {
    let named = arg.get_value_names().and_then(<[_]>::first);
    named.map_or_else(|| arg.get_id().as_str().to_uppercase(), ToString::to_string)
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
