//! Finds the commands in every form of output.

use chrono::DateTime;
use k8s_monitor::notify::{MessageContext, MessageKind, compose, plain_text, slack};
use k8s_monitor::render::{Format, RenderOptions, render};
use k8s_monitor::report::{Cycle, Incident, Mode, Report, RunDocument};
use k8s_monitor::state::Message;
use serde_json::Value;

/// A form of output.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    Report(Format),
    Slack,
    PlainMessage,
}

pub const FORMS: [Form; 7] = [
    Form::Report(Format::Text),
    Form::Report(Format::Markdown),
    Form::Report(Format::Html),
    Form::Report(Format::Json),
    Form::Report(Format::Yaml),
    Form::Slack,
    Form::PlainMessage,
];

/// The commands that the form shows, sorted, each once. `intended` helps where a form has no markup
/// for commands.
pub fn commands_in(incidents: &[Incident], form: Form, intended: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = match form {
        Form::Report(format) => in_report(&report(incidents, format), format, intended),
        Form::Slack => messages(incidents)
            .flat_map(|message| in_slack(&message))
            .collect(),
        Form::PlainMessage => {
            let texts: Vec<_> = messages(incidents)
                .map(|message| plain_text(&message))
                .collect();
            texts
                .iter()
                .flat_map(|text| whole_lines(text, intended))
                .collect()
        }
    };
    found.sort_unstable();
    found.dedup();
    found
}

fn report(incidents: &[Incident], format: Format) -> String {
    let at = DateTime::UNIX_EPOCH;
    let mut report = Report::new(Cycle {
        id: "20260302T120000Z".into(),
        started_at: at,
        finished_at: at,
        duration_ms: 1,
        cluster: "homelab".into(),
        mode: Mode::Run,
        dry_run: false,
    });
    report.incidents = incidents.to_vec();
    render(
        &RunDocument::new(&report, None),
        format,
        RenderOptions::default(),
    )
    .unwrap()
}

fn in_report(text: &str, format: Format, intended: &[&str]) -> Vec<String> {
    match format {
        Format::Text => whole_lines(text, intended),
        Format::Markdown => in_markdown(text),
        Format::Html => in_html(text),
        Format::Json => in_json(&serde_json::from_str(text).unwrap()),
        Format::Yaml => in_json(&serde_yaml::from_str(text).unwrap()),
    }
}

/// The lines that are exactly one of these commands.
fn whole_lines(text: &str, intended: &[&str]) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| intended.contains(line))
        .map(str::to_owned)
        .collect()
}

fn in_markdown(text: &str) -> Vec<String> {
    let mut lines = text.lines().map(str::trim);
    let mut commands = Vec::new();
    while lines.any(|line| line == "```sh") {
        commands.extend(
            lines
                .by_ref()
                .take_while(|line| *line != "```")
                .map(str::to_owned),
        );
    }
    commands
}

fn in_html(text: &str) -> Vec<String> {
    let blocks = text.split("<pre><code>").skip(1);
    blocks
        .map(|block| unescaped(block.split("</code></pre>").next().unwrap()))
        .collect()
}

fn in_json(report: &Value) -> Vec<String> {
    let incidents = report["incidents"].as_array().unwrap().iter();
    let actions = incidents.flat_map(|incident| incident["actions"].as_array().unwrap());
    actions
        .filter_map(|action| Some(action["command"].as_str()?.to_owned()))
        .collect()
}

fn messages(incidents: &[Incident]) -> impl Iterator<Item = Message> {
    incidents.iter().map(|incident| {
        let cycle = "20260302T120000Z";
        let at = DateTime::UNIX_EPOCH;
        compose(&MessageContext::new(
            MessageKind::New,
            vec![incident],
            "homelab",
            cycle,
            at,
        ))
    })
}

fn in_slack(message: &Message) -> Vec<String> {
    let rendered = slack::render(message);
    let blocks = rendered.blocks.as_array().unwrap();
    let texts = blocks
        .iter()
        .filter_map(|block| block["text"]["text"].as_str());
    let parts = texts.flat_map(|text| text.split("```").skip(1).step_by(2));
    parts.map(unescaped).collect()
}

fn unescaped(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    text.replace("&amp;", "&")
}
