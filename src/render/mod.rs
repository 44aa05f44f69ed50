//! Output forms. A command builds one [`Document`]: data for programs and a [`Page`] of
//! blocks for people. Each form is one module that renders every document.
//!
//! Every form is a pure function that returns the whole text, so stdout gets all of it or
//! nothing. [`Span`] removes escape codes and control characters when it is built; each
//! form escapes what has a meaning in its own syntax.
//!
//! To add a form: a module here, a variant of [`Format`] and its arm in [`render`].

mod blocks;
mod data;
mod html;
mod markdown;
mod terminal;
mod text;

use serde::Serialize;

pub use blocks::{
    Block, Entry, Event, Fact, GraphStep, Headline, Item, Line, Page, Span, Strips, Style, Table,
    Tone, moment,
};

/// What a command prints.
pub trait Document {
    /// The document for programs. Its names are part of the interface.
    fn data(&self) -> impl Serialize;

    /// The document for people.
    fn page(&self) -> Page;
}

/// `--output`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal
    #[default]
    Text,
    /// One document with a schema
    Json,
    /// The JSON document as YAML
    Yaml,
    /// For an issue, a wiki or a chat
    Markdown,
    /// One self-contained page for a browser
    Html,
}

/// Settings of the text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    /// Whether to write escape codes for colour.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
        }
    }
}

/// A document that cannot be serialized. This is a defect.
#[derive(Debug, thiserror::Error)]
#[error("cannot serialize the output: {0}")]
pub struct RenderError(String);

/// Renders a document, with a newline at its end.
///
/// # Errors
/// When the data cannot be serialized, for example because a number is not finite.
pub fn render(
    document: &impl Document,
    format: Format,
    options: RenderOptions,
) -> Result<String, RenderError> {
    match format {
        Format::Text => Ok(text::render(&document.page(), options)),
        Format::Markdown => Ok(markdown::render(&document.page())),
        Format::Html => Ok(html::render(&document.page())),
        Format::Json => data::json(&document.data()).map_err(RenderError),
        Format::Yaml => data::yaml(&document.data()).map_err(RenderError),
    }
}
