//! What a good model adds and decides.

use k8s_monitor::agents::{Agents, Role};
use k8s_monitor::assess::Rule;
use k8s_monitor::model::{AnalysisSource, Confidence, Severity};

use serde_json::json;

use super::api::{Api, Reply};
use super::harness::{Harness, OTHER, SHA, except, good};

#[test]
fn a_good_model_adds_analysis_actions_reasons_and_headline() {
    let api = Api::new(|role, _, _| Reply::Json(good(role)));
    let mut harness = Harness::new(&api);
    let results = harness.cycle();
    let advice = &results.advice[0];
    assert_eq!(advice.analysis.source, AnalysisSource::Model);
    assert_eq!(advice.analysis.confidence, Confidence::High);
    assert!(advice.analysis.hypothesis.starts_with("MySQL is killed"));
    assert!(
        advice
            .analysis
            .business_impact
            .starts_with("Nobody in the family")
    );
    assert_eq!(advice.analysis.dissent, None);
    assert_eq!(advice.severity, Severity::Sev1);
    let commands: Vec<_> = advice
        .actions
        .iter()
        .filter_map(|a| Some(a.command.as_ref()?.to_string()))
        .collect();
    assert_eq!(
        commands,
        [
            format!("git revert {SHA}"),
            "kubectl top pods -n mysql --containers".into()
        ]
    );
    let commits = &advice.correlation.as_ref().unwrap().commits;
    assert!(
        commits[0].reasons[1].starts_with("the model: It halves"),
        "{commits:?}"
    );
    assert_eq!(commits[1].reasons[1], "the model considers it unlikely");
    let text = results.announcements[0].model_text().unwrap();
    assert_eq!(
        text.headline,
        "mysql is down, killed for memory since its limit was cut"
    );
    assert_eq!(api.roles(), Role::ALL);
    assert_eq!(results.llm.calls, 4);
    assert_eq!(results.llm.note, None);
}

#[test]
fn without_a_model_the_results_are_those_of_the_rules() {
    let api = Api::new(|role, _, _| Reply::Json(good(role)));
    let mut harness = Harness::new(&api);
    let results = harness.rules_only();
    let incident = &harness.incidents[0];
    let draft = k8s_monitor::report::draft(incident, &harness.monitored);
    let advice = &results.advice[0];
    assert_eq!(advice.analysis, draft.analysis);
    assert_eq!(advice.severity, incident.severity);
    assert_eq!(advice.correlation, harness.correlation);
    assert!(advice.actions.is_empty());
    assert_eq!(results.announcements[0].model_text(), None);
    assert_eq!(results.announcements[0].headline, incident.title);
    assert_eq!(results.llm.note.as_deref(), Some("--no-llm"));
    assert!(api.bodies().is_empty());
    harness.config.keys.anthropic = None;
    let note = Agents::new(&harness.config, &harness.http, None)
        .llm(&harness.state.spend)
        .note;
    assert!(note.unwrap().contains("ANTHROPIC_API_KEY"));
}

/// By rule and by the severity that the model chooses.
#[test]
fn a_severity_moves_inside_the_band_of_its_rule() {
    let issue = |harness: &Harness| {
        let service = harness
            .monitored
            .iter()
            .find(|s| s.name == "mysql")
            .unwrap();
        service.known_issues[0].text.clone()
    };
    let (one, two, three, four) = (
        Severity::Sev1,
        Severity::Sev2,
        Severity::Sev3,
        Severity::Sev4,
    );
    for (rule, chosen, has_quote, expected) in [
        (Rule::P0Degraded, one, false, one),
        (Rule::P0Degraded, two, false, two),
        (Rule::P0Degraded, three, false, two),
        (Rule::P0Degraded, four, true, two),
        (Rule::P0AtRisk, three, false, three),
        (Rule::P0AtRisk, one, false, two),
        (Rule::P1WithinTolerance, two, false, two),
        (Rule::P1WithinTolerance, four, false, three),
        (Rule::P1WithinTolerance, four, true, four),
        (Rule::Platform, four, true, four),
        (Rule::Platform, two, false, three),
        (Rule::NodeNotReady, two, false, two),
        (Rule::NodeNotReady, four, true, three),
        (Rule::DataLayerDown, four, true, one),
        (Rule::P0Unavailable, two, false, one),
        (Rule::MonitoringBlind, one, false, two),
        (Rule::Inventory, four, true, three),
    ] {
        let mut harness = Harness::at("http://127.0.0.1:9").with_rule(rule);
        let mut answer = good(Role::Escalation);
        answer["severity"] = json!(chosen.as_str());
        if has_quote {
            answer["knownIssue"] = json!(issue(&harness));
        }
        let api = except(Role::Escalation, Reply::Json(answer));
        harness.config.endpoints.anthropic = api.stub.url();
        let results = harness.cycle();
        let advice = &results.advice[0];
        let case = format!("{rule:?} {chosen} {has_quote}");
        assert_eq!(advice.severity, expected, "{case}");
        let dissent = advice.analysis.dissent.clone().unwrap_or_default();
        if expected == chosen {
            assert_eq!(dissent, "", "{case}");
        } else {
            assert!(dissent.starts_with(chosen.as_str()), "{case}: {dissent}");
        }
        let impact = &advice.analysis.business_impact;
        let is_changed = expected != rule.severity();
        let is_explained = impact.contains(" the severity from SEV-");
        assert_eq!(is_explained, is_changed, "{case}: {impact}");
    }
}

#[test]
fn sev_4_without_a_verbatim_known_issue_is_dissent() {
    let mut answer = good(Role::Escalation);
    answer["severity"] = json!("SEV-4");
    for quote in [
        "",
        "Single replica",
        "It is known to fail.",
        "**Requires manual unsealing** after pod restart",
    ] {
        answer["knownIssue"] = json!(quote);
        let api = except(Role::Escalation, Reply::Json(answer.clone()));
        let mut harness = Harness::new(&api).with_rule(Rule::Platform);
        let results = harness.cycle();
        assert_eq!(results.advice[0].severity, Severity::Sev3, "{quote}");
        assert!(results.advice[0].analysis.dissent.is_some(), "{quote}");
    }
}

#[test]
fn a_ranking_changes_only_order_and_reasons() {
    let ranked = json!({ "ranking": [
        { "sha": OTHER, "why": "It changes the start of the container." },
        { "sha": SHA, "why": "It lowers a limit." },
    ] });
    for (confidence, first) in [(Confidence::Medium, OTHER), (Confidence::High, SHA)] {
        let api = except(Role::Reviewer, Reply::Json(ranked.clone()));
        let mut harness = Harness::new(&api);
        harness.correlation.as_mut().unwrap().confidence = confidence;
        let results = harness.cycle();
        let correlation = results.advice[0].correlation.as_ref().unwrap();
        assert_eq!(correlation.commits[0].sha, first, "{confidence}");
        assert_eq!(correlation.commits.len(), 2);
        assert_eq!(correlation.confidence, confidence);
    }
}

#[test]
fn without_commits_the_reviewer_is_not_asked() {
    let api = Api::new(|role, _, _| Reply::Json(good(role)));
    let mut harness = Harness::new(&api);
    harness.correlation = None;
    let results = harness.cycle();
    assert_eq!(
        api.roles(),
        [Role::Analyzer, Role::Escalation, Role::Notifier]
    );
    assert_eq!(results.advice[0].correlation, None);
    // The commit is not a candidate, so the step that reverts it is not shown.
    assert_eq!(results.advice[0].actions.len(), 1);
}
