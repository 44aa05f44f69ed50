//! The four agents against a model that is helpful, broken or hostile, over an
//! API that checks every request.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "agents/api.rs"]
mod api;
#[path = "slack/clock.rs"]
mod clock;
#[path = "agents/failures.rs"]
mod failures;
#[path = "agents/helpful.rs"]
mod helpful;
#[path = "agents/hostile.rs"]
mod hostile;
#[path = "agents/lookups.rs"]
mod lookups;
#[path = "agents/sdk.rs"]
mod sdk;
#[path = "agents/secrets.rs"]
mod secrets;
#[path = "slack/stub.rs"]
#[allow(dead_code, reason = "shared with the tests of Slack")]
mod stub;
#[path = "agents/thrift.rs"]
mod thrift;
#[path = "agents/world.rs"]
mod world;
