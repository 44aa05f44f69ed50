//! SIGKILL at every step of a delivery, and the next cycle.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use k8s_monitor::notify::{
    Capabilities, MessageHandle, MessageKind, Notifier, NotifyError, Outbox, OutboxError, deliver,
};
use k8s_monitor::state::OutboxMessage;

use super::clock::FakeClock;
use super::outbox::{CRITICAL, INFRASTRUCTURE, entry};
use super::samples::{backend, certificate, database};

/// Panics before the step of this number.
struct KillAt(u32);

impl KillAt {
    fn step(&mut self) {
        if self.0 == 0 {
            std::panic::resume_unwind(Box::new("killed"));
        }
        self.0 -= 1;
    }
}

/// What Slack and the store share: the step of the kill, and the messages that Slack accepted.
struct Shared {
    kill: KillAt,
    accepted: Vec<String>,
}

struct FakeSlack<'a>(&'a std::cell::RefCell<Shared>);
struct FakeStore<'a> {
    shared: &'a std::cell::RefCell<Shared>,
    /// The queue of this run, and the stored one.
    queue: Vec<OutboxMessage>,
    stored: &'a mut Vec<OutboxMessage>,
}

impl FakeSlack<'_> {
    fn accept(&self, prefix: &str, entry: &OutboxMessage) -> MessageHandle {
        let mut shared = self.0.borrow_mut();
        shared.kill.step();
        shared
            .accepted
            .push(format!("{prefix}{}", entry.message.summary));
        MessageHandle {
            channel: entry.destination.channel.clone(),
            id: format!("1.{:06}", shared.accepted.len()),
        }
    }
}

impl Notifier for FakeSlack<'_> {
    fn receiver(&self) -> &'static str {
        "slack"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            threads: true,
            edits: true,
            pace: Duration::from_secs(1),
        }
    }

    fn deliver(&mut self, entry: &OutboxMessage, _: Instant) -> Result<MessageHandle, NotifyError> {
        Ok(self.accept("", entry))
    }

    fn reply(
        &mut self,
        entry: &OutboxMessage,
        _: &MessageHandle,
        _: bool,
        _: Instant,
    ) -> Result<MessageHandle, NotifyError> {
        Ok(self.accept("reply ", entry))
    }

    fn edit(
        &mut self,
        _: &OutboxMessage,
        _: &MessageHandle,
        _: Instant,
    ) -> Result<(), NotifyError> {
        self.0.borrow_mut().kill.step();
        Ok(())
    }
}

impl Outbox for FakeStore<'_> {
    fn delivered(&mut self, message: u64, _: &MessageHandle) {
        self.queue.retain(|m| m.id != message);
    }

    fn failed(&mut self, _: u64, _: &str) {}

    fn dropped(&mut self, _: u64) {}

    fn store(&mut self) -> Result<(), OutboxError> {
        self.shared.borrow_mut().kill.step();
        *self.stored = self.queue.clone();
        Ok(())
    }
}

fn due() -> Vec<OutboxMessage> {
    vec![
        entry(MessageKind::New, CRITICAL, database(), 1),
        entry(MessageKind::New, INFRASTRUCTURE, backend(), 2),
        entry(MessageKind::Update, CRITICAL, database(), 3),
        entry(MessageKind::New, INFRASTRUCTURE, certificate(), 4),
    ]
}

/// Delivers the stored messages; true if the run was not killed.
fn run(
    shared: &std::cell::RefCell<Shared>,
    stored: &mut Vec<OutboxMessage>,
    extra: Vec<OutboxMessage>,
) -> bool {
    let clock = FakeClock::new();
    let deadline = clock.after(Duration::from_mins(1));
    let mut waiting = stored.clone();
    waiting.extend(extra);
    let mut store = FakeStore {
        shared,
        queue: waiting.clone(),
        stored,
    };
    catch_unwind(AssertUnwindSafe(|| {
        deliver(
            &waiting,
            &mut [Box::new(FakeSlack(shared))],
            &mut store,
            &clock,
            deadline,
        );
    }))
    .is_ok()
}

#[test]
fn a_run_killed_at_any_point_loses_no_message_and_repeats_one_at_most() {
    let expected = {
        let shared = std::cell::RefCell::new(Shared {
            kill: KillAt(u32::MAX),
            accepted: Vec::new(),
        });
        assert!(run(&shared, &mut Vec::new(), due()));
        shared.into_inner().accepted
    };
    assert_eq!(expected.len(), 4);
    // Steps: one store, then four times a delivery and a store.
    let mut repeated = 0;
    for step in 0..=9 {
        let mut stored = Vec::new();
        let shared = std::cell::RefCell::new(Shared {
            kill: KillAt(step),
            accepted: Vec::new(),
        });
        let finished = run(&shared, &mut stored, due());
        assert_eq!(finished, step == 9, "step {step}");
        shared.borrow_mut().kill = KillAt(u32::MAX);
        // If nothing was stored, the same messages are due again; else the next cycle loads them.
        let again = if step == 0 { due() } else { Vec::new() };
        assert!(run(&shared, &mut stored, again));
        let accepted = shared.into_inner().accepted;
        for message in &expected {
            let text = message.trim_start_matches("reply ");
            let times = accepted
                .iter()
                .filter(|accepted| accepted.ends_with(text))
                .count();
            let between_delivery_and_store = step > 0 && step % 2 == 0;
            assert!(
                times == 1 || (times == 2 && between_delivery_and_store),
                "step {step}: {text}"
            );
            repeated += u32::from(times == 2);
        }
        let mut in_order = accepted.clone();
        in_order.dedup();
        let texts = |list: &[String]| -> Vec<String> {
            list.iter()
                .map(|text| text.trim_start_matches("reply ").to_owned())
                .collect()
        };
        assert_eq!(texts(&in_order), texts(&expected), "step {step}");
    }
    assert_eq!(repeated, 4, "one for each message");
}
