//! Generated parts of names. They are the same in every run.

use super::model::Revision;

/// A suffix of `length` characters as in generated names of Kubernetes, derived from the text.
pub fn suffix(text: &str, length: usize) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut hash = fnv(text);
    let mut name = String::with_capacity(length);
    for _ in 0..length {
        name.push(char::from(
            ALPHABET[usize::try_from(hash % ALPHABET.len() as u64).unwrap()],
        ));
        hash /= ALPHABET.len() as u64;
    }
    name
}

/// The hash of a pod template, which labels a ReplicaSet and its pods.
pub fn template_hash(workload: &str, revision: &Revision) -> String {
    suffix(
        &format!("{workload} {} {}", revision.number, revision.image),
        10,
    )
}

pub fn replica_set(workload: &str, revision: &Revision) -> String {
    format!("{workload}-{}", template_hash(workload, revision))
}

/// A digest for image and container ids. Only its form is realistic.
pub fn digest(text: &str) -> String {
    let parts = [0, 1, 2, 3].map(|part| format!("{:016x}", fnv(&format!("{part}{text}"))));
    parts.concat()
}

/// The name of a dynamically provisioned volume.
pub fn volume(claim: &str) -> String {
    let hex = digest(claim);
    format!(
        "pvc-{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..32]
    )
}

fn fnv(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 29)
}
