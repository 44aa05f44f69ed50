//! The HTML report, as text and in a browser.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_monitor::model::Severity;
use k8s_monitor::render::{Format, RenderOptions, render};
use k8s_monitor::report::{
    Episode, History, Plan, PlannedMessage, PlannedState, Report, RunDocument,
};
use serde_json::json;

use super::browser::{self, Browser, View};
use super::samples::{self, at};

const PHONE: u32 = 360;
const DESK: u32 = 1100;

fn html(report: &Report, history: Option<&History>) -> String {
    let document = RunDocument::new(report, history.cloned());
    render(&document, Format::Html, RenderOptions::default()).expect("renders")
}

/// Some weeks with incidents of several services.
fn history() -> History {
    let episode = |service: &str, severity, from: &str, to: &str| Episode {
        service: service.into(),
        severity,
        from: at(from),
        to: Some(at(to)),
    };
    History {
        episodes: vec![
            episode(
                "mysql",
                Severity::Sev2,
                "2026-10-12T08:00:00Z",
                "2026-10-12T09:00:00Z",
            ),
            episode(
                "mysql",
                Severity::Sev3,
                "2026-10-20T22:00:00Z",
                "2026-10-22T01:00:00Z",
            ),
            episode(
                "vault",
                Severity::Sev4,
                "2026-10-08T03:00:00Z",
                "2026-10-08T04:00:00Z",
            ),
            episode(
                "whoami-test",
                Severity::Sev4,
                "2026-10-25T03:00:00Z",
                "2026-10-29T04:00:00Z",
            ),
        ],
    }
}

/// A dry run without a Slack token.
fn dry() -> Report {
    let mut report = samples::hostile();
    let nasty = report.cycle.cluster.clone();
    report.cycle.dry_run = true;
    report.notes = vec![
        "no message is sent: SLACK_BOT_TOKEN is not set".into(),
        nasty.clone(),
    ];
    report.plan = Some(Plan {
        messages: vec![PlannedMessage {
            kind: "new".into(),
            channel: "#critical-alerts".into(),
            thread: None,
            broadcast: false,
            edits: None,
            incidents: Vec::new(),
            why: nasty.clone(),
            text: format!("first line\n{nasty}\nlast line"),
            blocks: json!([]),
        }],
        state: PlannedState {
            place: "dir:/var/lib/k8s-monitor".into(),
            incidents: 3,
            messages: 1,
            bytes: 4096,
        },
    });
    report
}

fn pages() -> Vec<(&'static str, Report, Option<History>)> {
    vec![
        ("dry", dry(), None),
        ("healthy", samples::healthy(), None),
        ("outage", samples::outage(), Some(history())),
        ("hostile", samples::hostile(), Some(History::default())),
    ]
}

#[test]
fn the_html_is_as_in_the_snapshots() {
    let page = html(&samples::outage(), Some(&history()));
    let body = page.split_once("</style>").expect("a style").1;
    // One tag per line, for a readable difference.
    insta::assert_snapshot!("html-outage", body.replace("><", ">\n<"));
}

#[test]
fn the_page_fetches_and_runs_nothing() {
    for (name, report, history) in pages() {
        let page = html(&report, history.as_ref());
        for part in [
            "<script",
            "<img",
            "<link",
            "<iframe",
            "<object",
            "<base",
            "javascript:",
            "onerror=y>",
            "url(",
            "@import",
            " src=",
            " style=",
            "\u{1b}",
            "\u{202e}",
        ] {
            let text = page.replace("&lt;img src=x onerror=y&gt;", "");
            assert!(!text.contains(part), "{name}: {part}");
        }
        assert!(page.contains("default-src 'none'"), "{name}");
    }
}

/// The texts of the report that a browser must show.
fn shown(report: &Report) -> Vec<String> {
    let services = report.services.iter().map(|s| &s.name);
    let incidents = report.incidents.iter().flat_map(|i| [&i.id, &i.title]);
    let rules = report.incidents.iter().take(1).map(|i| &i.rule);
    let notes = report.notes.iter();
    let words = services
        .chain(incidents)
        .chain(rules)
        .chain(notes)
        .chain([&report.cycle.cluster]);
    words
        .map(|text| k8s_monitor::model::text::clean(text))
        .collect()
}

/// Text with a contrast below WCAG level AA.
const LOW_CONTRAST: &str = r"(() => {
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((numbers(color)[3] ?? 1) > 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest('svg')) continue;
    const pair = [light(getComputedStyle(element).color), light(behind(element))].sort();
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) low.push(`${contrast.toFixed(2)}: ${node.data.trim()}`);
  }
  return low;
})()";

/// Elements that are wider than the page.
const OVERFLOWING: &str = "(() => { \
     const page = document.documentElement; \
     const out = (e) => e.getBoundingClientRect().right > page.clientWidth + 1; \
     return [page.scrollWidth > page.clientWidth, \
         [...document.body.querySelectorAll('*')].filter(out).map((e) => e.outerHTML.slice(0, 80))]; \
     })()";

/// Defects of accessibility.
const INACCESSIBLE: &str = r"(() => {
  const page = document.documentElement, defects = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (page.lang !== 'en') defects.push('no language');
  if (!document.title) defects.push('no title');
  for (const landmark of ['header', 'main', 'footer', 'h1'])
    if (all(landmark).length !== 1) defects.push(landmark);
  let depth = 0;
  for (const heading of all('h1, h2, h3, h4, h5, h6')) {
    const level = Number(heading.tagName[1]);
    if (level > depth + 1) defects.push(`${heading.tagName} after H${depth}`);
    depth = level;
  }
  for (const cell of all('th')) if (!cell.scope) defects.push(`th ${cell.innerText}`);
  for (const row of all('tbody tr:not(.group)'))
    if (row.children.length !== all('thead th').length) defects.push(`row ${row.innerText}`);
  for (const picture of all('svg'))
    if (!(picture.getAttribute('aria-label') && picture.getAttribute('role') === 'img'))
      defects.push('a picture without words');
  for (const folds of all('details'))
    if (folds.firstElementChild.tagName !== 'SUMMARY') defects.push('no summary');
  const ids = all('[id]').map((element) => element.id);
  if (new Set(ids).size !== ids.length) defects.push('an id twice');
  return defects;
})()";

/// Text that a printed page lacks: collapsed incidents, and white text whose background is not
/// printed.
const NOT_PRINTED: &str = r"(() => {
  document.querySelectorAll('details').forEach((d) => d.open = false);
  const lost = [...document.querySelectorAll('details li, details dd')]
    .filter((e) => e.getBoundingClientRect().height === 0);
  const white = [...document.querySelectorAll('.badge')]
    .filter((e) => getComputedStyle(e).printColorAdjust !== 'exact');
  return [...lost, ...white].map((e) => e.outerHTML.slice(0, 80));
})()";

#[test]
fn a_printed_page_is_complete_and_dark_on_light() {
    let Some(program) = browser::find() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("outage.html");
    fs::write(&file, html(&samples::outage(), Some(&history()))).expect("written");
    let mut browser = Browser::start(&program);
    let view = View {
        width: DESK,
        dark: true,
    };
    browser.open(&file, view);
    let scheme = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
    browser.call(
        "Emulation.setEmulatedMedia",
        &json!({"media": "print", "features": scheme}),
    );
    assert_eq!(browser.evaluate(NOT_PRINTED), json!([]));
    let text = browser.evaluate("getComputedStyle(document.body).color");
    assert_eq!(text, json!("rgb(27, 32, 39)"), "ink");
}

#[test]
fn a_browser_shows_every_text() {
    let Some(program) = browser::find() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut browser = Browser::start(&program);
    let mut backgrounds = Vec::new();
    for (name, report, history) in pages() {
        let file = folder.path().join(format!("{name}.html"));
        fs::write(&file, html(&report, history.as_ref())).expect("written");
        for (width, dark) in [(DESK, false), (DESK, true), (PHONE, false), (PHONE, true)] {
            let case = format!("{name}-{width}-{}", if dark { "dark" } else { "light" });
            browser.open(&file, View { width, dark });
            browser.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)");
            let text = browser.evaluate("document.body.innerText");
            let text = text.as_str().expect("text");
            for part in shown(&report) {
                assert!(text.contains(&part), "{case} does not show {part}");
            }
            assert_eq!(
                browser.evaluate(OVERFLOWING),
                json!([false, []]),
                "{case} is too wide"
            );
            assert_eq!(
                browser.evaluate(LOW_CONTRAST),
                json!([]),
                "{case}: low contrast"
            );
            assert_eq!(
                browser.evaluate(INACCESSIBLE),
                json!([]),
                "{case}: not accessible"
            );
            let scripts = browser.evaluate("document.querySelectorAll('script,img,link').length");
            assert_eq!(scripts, json!(0), "{case}");
            let page = format!("file://{}", file.display());
            assert_eq!(browser.requests(), [page], "{case} requests more");
            assert_eq!(browser.log_messages(), Vec::<String>::new(), "{case}");
            backgrounds.push(browser.evaluate("getComputedStyle(document.body).backgroundColor"));
            save_screenshot(&mut browser, &case);
        }
    }
    assert_ne!(
        backgrounds[0], backgrounds[1],
        "light and dark are the same"
    );
}

/// Saves a screenshot if `K8S_MONITOR_SCREENSHOTS` names a folder.
fn save_screenshot(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("K8S_MONITOR_SCREENSHOTS").map(PathBuf::from) else {
        return;
    };
    let whole = json!({"captureBeyondViewport": true});
    let picture = browser.call("Page.captureScreenshot", &whole);
    let picture = STANDARD
        .decode(picture["data"].as_str().expect("data"))
        .expect("base64");
    fs::write(folder.join(format!("{name}.png")), picture).expect("written");
}

/// Checks the checks: each of them finds its defect.
#[test]
fn defects_of_a_page_are_found() {
    let Some(program) = browser::find() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut browser = Browser::start(&program);
    let file = folder.path().join("bad.html");
    let mut open = |text: &str| {
        fs::write(&file, text).expect("written");
        let view = View {
            width: PHONE,
            dark: false,
        };
        browser.open(&file, view);
        let wide = browser.evaluate("document.documentElement.scrollWidth > innerWidth");
        (browser.requests().len(), browser.log_messages().len(), wide)
    };
    let (requests, _, _) = open("<img src='missing.png'>");
    assert_eq!(requests, 2, "a request for a picture");
    let (_, complaints, _) = open("<script>throw new Error('no')</script>");
    assert!(complaints > 0, "an error of a script");
    let (_, _, wide) = open("<p style='width: 2000px; background: red'>wide</p>");
    assert_eq!(wide, json!(true), "a page that is too wide");
    // The report's own policy, with elements that it forbids.
    let report = html(&samples::healthy(), None);
    let tampered = report.replace("<main>", "<main><script>1</script><img src='missing.png'>");
    let (_, complaints, _) = open(&tampered);
    assert!(complaints >= 2, "the policy says what it forbids");
    assert_eq!(browser.forbidden(), 1, "the picture is not loaded");
}
