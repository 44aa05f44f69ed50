//! What the program reads and calls: clusters, dumps, GitHub, models, Slack; and every way in which they fail.

mod agents;
mod dump;
mod faults;
mod fetch;
mod github;
mod slack;
mod support;
