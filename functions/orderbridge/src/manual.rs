//! What the program says of itself: completions for shells, and a page for `man`.

use crate::{cli::Cli, report::Failed};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<(), Failed> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "orderbridge", &mut text);
    put(&text)
}

/// Prints the manual page, each command in it.
pub(crate) fn page() -> Result<(), Failed> {
    let mut command = Cli::command();
    command.build();
    let mut text = Vec::new();
    render(&command, &mut text).map_err(|error| Failed::of(&error))?;
    put(&text)
}

fn render(command: &Command, text: &mut Vec<u8>) -> std::io::Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(text)?;
    page.render_name_section(text)?;
    page.render_synopsis_section(text)?;
    page.render_description_section(text)?;
    page.render_options_section(text)?;
    for below in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        commands(below, text)?;
    }
    page.render_version_section(text)
}

/// Renders a command and those below it as sections.
fn commands(command: &Command, text: &mut Vec<u8>) -> std::io::Result<()> {
    if command.get_name() == "help" {
        return Ok(());
    }
    let name = command.get_bin_name().unwrap_or(command.get_name());
    writeln!(text, ".SH {}", name.to_uppercase().replace('-', "\\-"))?;
    let page = clap_mangen::Man::new(command.clone());
    let mut below = Vec::new();
    page.render_synopsis_section(&mut below)?;
    page.render_description_section(&mut below)?;
    page.render_options_section(&mut below)?;
    // Sections of a command's own page are parts of its section here.
    let below = String::from_utf8_lossy(&below).replace(".SH ", ".SS ");
    text.extend_from_slice(below.as_bytes());
    command
        .get_subcommands()
        .try_for_each(|one| commands(one, text))
}

fn put(text: &[u8]) -> Result<(), Failed> {
    // A reader that has gone away is not an error.
    let _ = std::io::stdout().write_all(text);
    Ok(())
}
