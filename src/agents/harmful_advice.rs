//! Advice that destroys data or weakens security. Pure.
//!
//! What happened is told with the same verbs ("a commit deleted the Secret"), so only advice is found:
//! an imperative, "you should", "by deleting", "must be dropped".

use std::sync::LazyLock;

use regex::Regex;

/// Where advice begins: at the start of a clause, or after words that introduce it.
const BEGINS: &str = concat!(
    r"(?:^|[.;:,(!?]\s*|\s-\s+|\b(?:and|then|or|please|should|must|(?:need|needs|have|try|safe|best|want|possible|recommended|helps?)\s+to",
    r"|try|recommend|consider|simply|just|first|now|next|finally|instead|so|you|you\s+(?:can|could|may|might)|by|via|before|after|let's|suggest)\s+)",
    r"(?:(?:also|then|first|simply|just|safely|manually|carefully|now|to)\s+)*"
);

/// "must be", between an object and a participle.
const MUST_BE: &str =
    r"\b(?:should|must|can|could|may|(?:needs?|has|have|ought)\s+to)\s+(?:\w+\s+)?be\s+";

/// Objects whose removal loses data, protection or a service.
const PRECIOUS: &str = concat!(
    r"\b(?:data|pvcs?|(?:persistent ?volume ?)?claims?|(?:persistent ?)?volumes?|pvs?|finali[sz]ers?|namespaces?|databases?|tables?|clusters?",
    r"|deployments?|stateful ?sets?|daemon ?sets?|pods?|secrets?|config ?maps?|crds?|nodes?|backups?|snapshots?|wal|disks?|director(?:y|ies)",
    r"|folders?|files?|polic(?:y|ies)|webhooks?|applications?)\b"
);

/// What protects.
const PROTECTION: &str = concat!(
    r"\b(?:tls|ssl|certificates?|certs?|auth|authenti\w+|authori[sz]\w+|verif\w+|validation|network ?polic\w+|security\w*|firewalls?|admission\w*",
    r"|webhooks?|rbac|seccomp|apparmor|selinux|encrypt\w+|passwords?|mfa|2fa|polic(?:y|ies)|protection|safety|alerts?|alerting|monitoring|backups?)\b"
);

/// Words before the object of a verb.
const DETERMINERS: &str = r"the|a|an|all|its|your|every|any|each|this|that|these|those|old|stale|stuck|corrupt\w*|broken|whole|entire|existing|failed|contents|content|of";

/// Verbs of advice, in base form and gerund, with what must follow for it to be harmful.
struct Family {
    verbs: &'static str,
    object: String,
    /// Participles, with what must stand before "must be".
    participles: &'static str,
    subject: &'static str,
}

#[rustfmt::skip]
fn families() -> Vec<Family> {
    let near = |words: &str| format!(r"\b[^.;]{{0,50}}?{words}");
    let direct = |object: &str| format!(r"\s+(?:(?:{DETERMINERS})\s+)*(?:[\w'./-]+\s+)?{object}");
    vec![
        Family {
            verbs: r"(?:delet(?:e|ing)|drop(?:ping)?|wip(?:e|ing)|eras(?:e|ing)|purg(?:e|ing)|destroy(?:ing)?|re-?initiali[sz](?:e|ing)|re-?init|nuk(?:e|ing)|truncat(?:e|ing)|uninstall(?:ing)?|re-?format(?:ting)?|prun(?:e|ing)|factory[- ]reset|forc(?:e|ing)|force-\w+|forcibly|forcefully)",
            object: r"\b".to_owned(),
            participles: r"(?:deleted|dropped|wiped|erased|purged|destroyed|re-?initiali[sz]ed|truncated|uninstalled|re-?formatted|pruned|forced|forcibly|forcefully|force-\w+)",
            subject: "",
        },
        Family {
            verbs: r"(?:remov(?:e|ing)|clear(?:ing)?|empty(?:ing)?|re-?creat(?:e|ing)|rebuild(?:ing)?|reset(?:ting)?|discard(?:ing)?|format(?:ting)?|overwrit(?:e|ing)|get(?:ting)? rid of|throw(?:ing)? away)",
            object: direct(PRECIOUS),
            participles: r"(?:removed|cleared|emptied|re-?created|rebuilt|reset|discarded|formatted|overwritten)",
            subject: PRECIOUS,
        },
        Family {
            verbs: r"(?:scal(?:e|ing)|set(?:ting)?|reduc(?:e|ing)|bring(?:ing)?|tak(?:e|ing))",
            object: near(r"(?:\bto|\bat|=|replicas:?)\s*(?:0\b|zero\b|no replicas\b)"),
            participles: r"(?:scaled|set|reduced)\b[^.;]{0,30}\b(?:0|zero)\b",
            subject: "",
        },
        Family {
            verbs: r"(?:disabl(?:e|ing)|turn(?:ing)? off|switch(?:ing)? off|bypass(?:ing)?|skip(?:ping)?|remov(?:e|ing)|relax(?:ing)?|weaken(?:ing)?|loosen(?:ing)?|ignor(?:e|ing)|suspend(?:ing)?|circumvent(?:ing)?)",
            object: direct(PROTECTION),
            participles: r"(?:disabled|turned off|switched off|bypassed|skipped|removed|relaxed|weakened|loosened|ignored|suspended)",
            subject: PROTECTION,
        },
        Family {
            verbs: r"(?:grant(?:ing)?|giv(?:e|ing)|add(?:ing)?|us(?:e|ing)|bind(?:ing)?|run(?:ning)?|set(?:ting)?|mak(?:e|ing)|allow(?:ing)?|expos(?:e|ing)|enabl(?:e|ing)|chmod)",
            object: near(r"(?:\bcluster-?admin\b|\bprivileged\b|\bas root\b|\broot user\b|runasuser:? 0|\b0?777\b|\bworld[- ](?:readable|writable)\b|\binsecure|\ball traffic\b|\bany traffic\b|\banonymous\b|\bto the internet\b|\bskip-?verify\b|\bno[- ]?password\b|\bwithout (?:a )?(?:password|authentication|tls|verification)\b)"),
            participles: r"(?:granted|given|run|exposed)\b[^.;]{0,40}\b(?:cluster-?admin|privileged|as root|to the internet)\b",
            subject: "",
        },
    ]
}

/// Options and statements that are harmful wherever they stand.
const ALWAYS: &str = concat!(
    r"--force\b|--grace-period[= ]0|--cascade\b|--prune\b|--hard\b|\brm -|\bdrop (?:table|database|schema)\b|\bdelete from\b|\bmkfs|\bdd if=",
    r"|\bfsync\s*=\s*off|insecure-?skip|--insecure|innodb_force_recovery|resetwal\b|\bflush(?:all|db)\b|--cluster-reset\b"
);

static ADVICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut patterns = vec![ALWAYS.to_owned()];
    for Family {
        verbs,
        object,
        participles,
        subject,
    } in families()
    {
        let gap = if subject.is_empty() {
            ""
        } else {
            r"[^.;]{0,20}"
        };
        patterns.push(format!("{BEGINS}{verbs}{object}"));
        patterns.push(format!("{subject}{gap}{MUST_BE}{participles}"));
    }
    Regex::new(&format!("(?i){}", patterns.join("|"))).ok()
});

/// Whether a sentence advises to destroy something or to weaken security. Without the table, every
/// sentence does.
#[must_use]
pub fn is_harmful_advice(sentence: &str) -> bool {
    ADVICE.as_ref().is_none_or(|regex| regex.is_match(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_that_destroys_or_weakens_is_harmful() {
        for sentence in [
            "Delete the PVC and let the StatefulSet recreate it",
            "Drop the database and restore it",
            "Wipe the data directory of mysql",
            "Back up first, then reinitialise the cluster",
            "Scale the deployment to zero and back",
            "Set replicas to 0",
            "Force delete the stuck pod",
            "Force-sync the application",
            "Disable TLS verification for the registry",
            "Turn off the network policy",
            "Remove the finalizers from the namespace",
            "Run the container as root",
            "Give the service account cluster-admin",
            "Set the permissions to 777",
            "You should delete the old pods",
            "The claim must be deleted and created again",
            "The data directory can safely be removed",
            "Fix it by deleting the lock file",
            "Try dropping the table",
            "TLS verification should be disabled",
            "Recreate the persistent volume claim",
            "Skip the certificate check",
            "Roll out again with --force",
            "It helps to bypass the admission webhook, so bypass the admission webhook",
            "Uninstall the chart",
            "Prune unused volumes",
        ] {
            assert!(is_harmful_advice(sentence), "{sentence}");
        }
    }

    #[test]
    fn facts_and_careful_advice_are_not_harmful() {
        for sentence in [
            "A commit deleted the Secret that the backend reads.",
            "The namespace is being deleted and keeps its finalizer.",
            "The backup job failed to delete old backups.",
            "The Deployment was scaled to zero by a commit.",
            "The kubelet drops the connection after a second.",
            "Packets are dropped by the network policy.",
            "Raise the memory limit in Git above what the buffer pool needs",
            "Remove the label from the webhook",
            "Remove the taint from the node once the maintenance is done",
            "Remove the typo from the image tag",
            "Create the missing key in the Secret",
            "Check the permissions of the volume",
            "The certificate was not renewed and TLS handshakes fail.",
            "TLS verification fails because the certificate is self-signed.",
            "Set fsGroup to 999 so that the data is writable",
            "Restart the deployment after the Secret exists",
            "Compare the password in the Secret with the one in the database",
            "Free space on the node, for example by removing unused images",
            "The webhook does not answer, so every create is refused.",
            "Verify that the pod is ready",
            "Restore the database from its last backup",
        ] {
            assert!(!is_harmful_advice(sentence), "{sentence}");
        }
    }
}
