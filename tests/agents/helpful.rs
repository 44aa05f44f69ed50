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
    let is_marked = |title: &str| title.ends_with(" (suggested by the model)");
    assert!(advice.actions.iter().all(|action| is_marked(&action.title)));
    let commits = &advice.correlation.as_ref().unwrap().commits;
    assert!(
        commits[0].reasons[0].starts_with("the model: It halves"),
        "{commits:?}"
    );
    assert_eq!(commits[1].reasons[0], "the model considers it unlikely");
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
            let issue = issue(&harness);
            answer["knownIssue"] = json!(issue.to_uppercase().replace('*', ""));
            harness.incidents[0].findings[0].known_issue = Some(issue);
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
    for (confidence, evidence, first) in [
        (Confidence::Medium, json!(["E1"]), OTHER),
        (Confidence::Medium, json!(["E77"]), SHA),
        (Confidence::Medium, json!([]), SHA),
        (Confidence::High, json!(["E1"]), SHA),
    ] {
        let ranked = json!({ "ranking": [
            { "sha": "C2", "why": "It changes the start of the container.", "evidence": evidence },
            { "sha": &SHA[..8], "why": "It lowers a limit.", "evidence": [] },
        ] });
        let api = except(Role::Reviewer, Reply::Json(ranked));
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
    // The commit is no candidate, so the command that reverts it is not shown.
    let actions = &results.advice[0].actions;
    assert_eq!(actions.len(), 2);
    assert_eq!(actions[0].command, None);
}

#[test]
fn about_a_single_commit_of_high_confidence_the_reviewer_is_not_asked() {
    for (confidence, is_asked) in [(Confidence::High, false), (Confidence::Medium, true)] {
        let api = Api::new(|role, _, _| Reply::Json(good(role)));
        let mut harness = Harness::new(&api);
        let correlation = harness.correlation.as_mut().unwrap();
        correlation.confidence = confidence;
        correlation.commits.truncate(1);
        harness.cycle();
        assert_eq!(
            api.roles().contains(&Role::Reviewer),
            is_asked,
            "{confidence}"
        );
    }
}

/// A quoted issue that the rules did not match to the root finding describes something else.
#[test]
fn sev_4_needs_the_issue_that_the_rules_matched() {
    for (matched, expected) in [(None, Severity::Sev3), (Some("Other"), Severity::Sev3)] {
        let mut harness = Harness::at("http://127.0.0.1:9").with_rule(Rule::Platform);
        let service = harness
            .monitored
            .iter()
            .find(|s| s.name == "mysql")
            .unwrap();
        let issue = service.known_issues[0].text.clone();
        let mut answer = good(Role::Escalation);
        answer["severity"] = json!("SEV-4");
        answer["knownIssue"] = json!(issue);
        harness.incidents[0].findings[0].known_issue = matched.map(str::to_owned);
        let api = except(Role::Escalation, Reply::Json(answer));
        harness.config.endpoints.anthropic = api.stub.url();
        let results = harness.cycle();
        assert_eq!(results.advice[0].severity, expected, "{matched:?}");
        assert!(results.advice[0].analysis.dissent.is_some());
    }
}

#[test]
fn a_higher_severity_needs_a_fact_that_the_rule_does_not_know() {
    for (rule, rationale, evidence, expected) in [
        (
            Rule::P0WithinTolerance,
            "The log says that the data files are corrupt.",
            json!(["L1"]),
            Severity::Sev1,
        ),
        (
            Rule::P0WithinTolerance,
            "L1 says that the data files are corrupt.",
            json!([]),
            Severity::Sev1,
        ),
        (
            Rule::P0WithinTolerance,
            "Four services depend on it.",
            json!([]),
            Severity::Sev2,
        ),
        (
            Rule::P0WithinTolerance,
            "Four services depend on it.",
            json!(["E1"]),
            Severity::Sev2,
        ),
        (
            Rule::P0WithinTolerance,
            "It is soon beyond its tolerance.",
            json!(["E999"]),
            Severity::Sev2,
        ),
        (
            Rule::P0Degraded,
            "The other replica may fail too.",
            json!(["L1"]),
            Severity::Sev2,
        ),
        (
            Rule::P0Degraded,
            "The log says that the data files are corrupt.",
            json!(["L1"]),
            Severity::Sev1,
        ),
    ] {
        let mut answer = good(Role::Escalation);
        answer["rationale"] = json!(rationale);
        answer["evidence"] = evidence.clone();
        let api = except(Role::Escalation, Reply::Json(answer));
        let mut harness = Harness::new(&api).with_rule(rule);
        let results = harness.cycle();
        assert_eq!(
            results.advice[0].severity, expected,
            "{rule:?} {rationale} {evidence}"
        );
    }
}
