//! The messages of the kubelet and the runtime about images that they pull.

use super::RuleContext;
use super::context::container;
use super::text::{between, has_any};
use crate::model::{FactKind, Reason};

const REASONS: &[&str] = &[
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "RegistryUnavailable",
    "ImageInspectError",
    "SignatureValidationFailed",
];
/// Words of containerd and CRI-O about the image of the pause container.
const SANDBOX_IMAGE: &[&str] = &["sandbox image", "pause image", "/pause:", "-pause:"];

/// A message about a pull.
pub struct Pull<'a> {
    pub kind: FactKind,
    pub text: &'a str,
    /// What follows the last quoted name, in lower case and without the names of images:
    /// one called `not-found` proves nothing.
    pub words: String,
    /// The image, where it is known.
    pub image: Option<&'a str>,
    /// It is the image of the pause container, which each pod needs before its own.
    pub is_of_sandbox: bool,
}

impl<'a> Pull<'a> {
    fn new(kind: FactKind, text: &'a str, image: Option<&'a str>) -> Self {
        let lower = text.to_lowercase();
        let mut words = lower.clone();
        for image in quoted_image(text).into_iter().chain(image) {
            words = without(&words, &image.to_lowercase());
        }
        let end = words.rsplit_once("\": ").map(|(_, rest)| rest.to_owned());
        Self {
            kind,
            text,
            words: end.unwrap_or(words),
            image: quoted_image(text).or(image),
            is_of_sandbox: has_any(&lower, SANDBOX_IMAGE),
        }
    }
}

/// The text without an image. CRI-O repeats the repository without the tag.
fn without(text: &str, image: &str) -> String {
    let name = image.rfind('/').map_or(0, |at| at + 1);
    let tag = image[name..]
        .find([':', '@'])
        .map_or(image.len(), |at| name + at);
    text.replace(image, "").replace(&image[..tag], "")
}

/// The image that a message names: `pull image "x"`, `pulling image "x"`, `sandbox image "x"`.
fn quoted_image(text: &str) -> Option<&str> {
    let image = between(text, "image \"", "\"")?;
    (!image.is_empty() && !image.contains(' ')).then_some(image)
}

/// The messages about pulls that fail: the status first, then events.
pub fn pulls<'a>(context: &'a RuleContext) -> impl Iterator<Item = Pull<'a>> {
    let waits = |reason: &str| REASONS.contains(&reason);
    let waiting = context.unready().filter_map(move |(pod, status)| {
        let waiting = status.state.waiting.as_ref()?;
        let image = container(pod, &status.name).map(|c| c.image.as_str());
        waits(&waiting.reason).then(|| Pull::new(FactKind::Object, &waiting.message, image))
    });
    let any_waits = context.waiting().any(|(_, reason, _)| waits(reason));
    let events = context
        .events()
        .filter(move |e| any_waits && (e.reason == "Failed" || e.reason == "ErrImageNeverPull"))
        .map(|e| Pull::new(FactKind::Event, &e.message, None));
    waiting.chain(events).chain(of_sandbox(context))
}

/// Sandboxes that cannot be made because the node has no pause image.
fn of_sandbox<'a>(context: &'a RuleContext) -> impl Iterator<Item = Pull<'a>> {
    let events = if context.is(&[Reason::ContainerCreating]) {
        context.events_of(&["FailedCreatePodSandBox"])
    } else {
        Vec::new()
    };
    let pulls = events
        .into_iter()
        .map(|e| Pull::new(FactKind::Event, &e.message, None));
    pulls.filter(|pull| pull.is_of_sandbox)
}
