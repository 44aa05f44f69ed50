//! What a good model adds, and what it may decide.

use k8s_monitor::agents::{Agents, Role};
use k8s_monitor::assess::Rule;
use k8s_monitor::model::{AnalysisSource, Confidence, Severity};

use serde_json::json;

use super::api::{Api, Says};
use super::world::{OTHER, SHA, World, but, good};

#[test]
fn a_good_model_explains() {
    let api = Api::new(|role, _, _| Says::Json(good(role)));
    let mut world = World::new(&api);
    let said = world.cycle();
    let advice = &said.advice[0];
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
        .filter_map(|a| a.command.clone())
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
    assert_eq!(commits[1].reasons[1], "the model doubts it");
    let words = said.announcements[0].words().unwrap();
    assert_eq!(
        words.headline,
        "mysql is down, killed for memory since its limit was cut"
    );
    assert_eq!(api.roles(), Role::ALL);
    assert_eq!(said.llm.calls, 4);
    assert_eq!(said.llm.note, None);
}

#[test]
fn without_a_model_the_same_questions_have_the_rules_answers() {
    let api = Api::new(|role, _, _| Says::Json(good(role)));
    let mut world = World::new(&api);
    let said = world.rules();
    let incident = &world.incidents[0];
    let draft = k8s_monitor::report::draft(incident, &world.roster);
    let advice = &said.advice[0];
    assert_eq!(advice.analysis, draft.analysis);
    assert_eq!(advice.severity, incident.severity);
    assert_eq!(advice.correlation, world.correlation);
    assert!(advice.actions.is_empty());
    assert_eq!(said.announcements[0].words(), None);
    assert_eq!(said.announcements[0].headline, incident.title);
    assert_eq!(said.llm.note.as_deref(), Some("--no-llm"));
    assert!(api.bodies().is_empty());
    world.config.keys.anthropic = None;
    let note = Agents::new(&world.config, &world.http, None)
        .llm(&world.state.spend)
        .note;
    assert!(note.unwrap().contains("ANTHROPIC_API_KEY"));
}

/// Of each rule and each wish what comes of it.
#[test]
fn a_severity_moves_inside_the_band_of_its_rule() {
    let issue = |world: &World| {
        let service = world.roster.iter().find(|s| s.name == "mysql").unwrap();
        service.known_issues[0].text.clone()
    };
    let (one, two, three, four) = (
        Severity::Sev1,
        Severity::Sev2,
        Severity::Sev3,
        Severity::Sev4,
    );
    for (rule, wish, quotes, comes) in [
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
        let mut world = World::at("http://127.0.0.1:9").by_rule(rule);
        let mut answer = good(Role::Escalation);
        answer["severity"] = json!(wish.as_str());
        if quotes {
            answer["knownIssue"] = json!(issue(&world));
        }
        let api = but(Role::Escalation, Says::Json(answer));
        world.config.endpoints.anthropic = api.stub.url();
        let said = world.cycle();
        let advice = &said.advice[0];
        let case = format!("{rule:?} {wish} {quotes}");
        assert_eq!(advice.severity, comes, "{case}");
        let dissent = advice.analysis.dissent.clone().unwrap_or_default();
        if comes == wish {
            assert_eq!(dissent, "", "{case}");
        } else {
            assert!(dissent.starts_with(wish.as_str()), "{case}: {dissent}");
        }
        let told = &advice.analysis.business_impact;
        let is_moved = comes != rule.severity();
        assert_eq!(told.contains(" it from SEV-"), is_moved, "{case}: {told}");
    }
}

#[test]
fn a_quote_that_is_not_verbatim_lowers_nothing() {
    let mut answer = good(Role::Escalation);
    answer["severity"] = json!("SEV-4");
    for quote in [
        "",
        "Single replica",
        "It is known to fail.",
        "**Requires manual unsealing** after pod restart",
    ] {
        answer["knownIssue"] = json!(quote);
        let api = but(Role::Escalation, Says::Json(answer.clone()));
        let mut world = World::new(&api).by_rule(Rule::Platform);
        let said = world.cycle();
        assert_eq!(said.advice[0].severity, Severity::Sev3, "{quote}");
        assert!(said.advice[0].analysis.dissent.is_some(), "{quote}");
    }
}

#[test]
fn ranking_changes_order_and_words_and_nothing_else() {
    let ranked = json!({ "ranking": [
        { "sha": OTHER, "why": "It changes the start of the container." },
        { "sha": SHA, "why": "It lowers a limit." },
    ] });
    for (confidence, first) in [(Confidence::Medium, OTHER), (Confidence::High, SHA)] {
        let api = but(Role::Reviewer, Says::Json(ranked.clone()));
        let mut world = World::new(&api);
        world.correlation.as_mut().unwrap().confidence = confidence;
        let said = world.cycle();
        let correlation = said.advice[0].correlation.as_ref().unwrap();
        assert_eq!(correlation.commits[0].sha, first, "{confidence}");
        assert_eq!(correlation.commits.len(), 2);
        assert_eq!(correlation.confidence, confidence);
    }
}

#[test]
fn nobody_reviews_what_is_not_there() {
    let api = Api::new(|role, _, _| Says::Json(good(role)));
    let mut world = World::new(&api);
    world.correlation = None;
    let said = world.cycle();
    assert_eq!(
        api.roles(),
        [Role::Analyzer, Role::Escalation, Role::Notifier]
    );
    assert_eq!(said.advice[0].correlation, None);
    // The commit is no suspect now, so the step that reverts it is not shown.
    assert_eq!(said.advice[0].actions.len(), 1);
}
