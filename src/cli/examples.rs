//! Examples and notes below the options in the help of each command. A test parses every
//! example.

pub const PROGRAM: &str = "\
Examples:
  k8s-monitor run                            one cycle, current context
  k8s-monitor run --dry-run                  what would be sent, where and why
  k8s-monitor run --snapshot bundle.tar.gz   evaluate a dump, change nothing
  k8s-monitor check mysql                    everything about one service
  k8s-monitor silence add --service n8n --for 2h --reason \"upgrade\"
  k8s-monitor doctor                         check every dependency

Exit status:
  0          healthy, or only SEV-4 incidents
  1, 2, 3    the highest open severity is SEV-1, SEV-2, SEV-3
  64         the command line is invalid
  65         a services or snapshot file cannot be used
  69         the cluster cannot be read
  70         a defect in the program
  74         no incident, but the output cannot be written to stdout
  75         the deadline passed before the evaluation
  78         the configuration is invalid
  129, 130, 143
             ended by SIGHUP, SIGINT or SIGTERM

Environment: ANTHROPIC_API_KEY, GITHUB_TOKEN, SLACK_BOT_TOKEN, SLACK_CHANNEL and
others, also from --env-file. docs/configuration.md lists all of them.";

pub const RUN: &str = "\
Examples:
  k8s-monitor run --state dir:/var/lib/k8s-monitor
  k8s-monitor run --dry-run --no-llm
  k8s-monitor run --exit-zero -o json > report.json
  k8s-monitor run -o html > report.html
  k8s-monitor run --metrics /var/lib/node_exporter/k8s-monitor.prom";

/// clap's own does not say that one of the two is needed.
pub const CHECK_USAGE: &str = "k8s-monitor check [OPTIONS] <NAME>";

pub const CHECK: &str = "\
Examples:
  k8s-monitor check chores-tracker-backend
  k8s-monitor check --service vault -o markdown";

pub const SERVICES_INIT: &str = "\
Tiers are guesses, each with its reason, for you to review.

Examples:
  k8s-monitor services init > services.txt
  k8s-monitor services init | k8s-monitor services lint --services -
  k8s-monitor services init --snapshot cluster.tar.gz
  k8s-monitor services init --diff services.txt";

pub const SERVICES: &str = "\
Examples:
  k8s-monitor services init > services.txt
  k8s-monitor services lint
  k8s-monitor services list --services my-services.txt
  k8s-monitor services show mysql";

pub const SERVICES_LINT: &str = "\
Exits with 65 when the file has an error.

Examples:
  k8s-monitor services lint
  k8s-monitor services lint --services my-services.txt";

pub const SERVICES_LIST: &str = "\
Examples:
  k8s-monitor services list
  k8s-monitor services list | grep P0";

pub const SERVICES_SHOW: &str = "\
Examples:
  k8s-monitor services show mysql
  k8s-monitor services show vault --services my-services.txt";

pub const SNAPSHOT: &str = "\
Secrets are never read. Text that looks like a secret is redacted.

Examples:
  k8s-monitor snapshot -o cluster.tar.gz
  k8s-monitor run --snapshot cluster.tar.gz";

pub const INCIDENTS: &str = "\
Examples:
  k8s-monitor incidents
  k8s-monitor incidents INC-2026-11-02-001
  k8s-monitor incidents --state dir:/var/lib/k8s-monitor";

pub const INCIDENTS_LIST: &str = "\
Examples:
  k8s-monitor incidents list
  k8s-monitor incidents list --output json";

pub const INCIDENTS_SHOW: &str = "\
Examples:
  k8s-monitor incidents show INC-2026-11-02-001";

pub const SILENCE: &str = "\
Examples:
  k8s-monitor silence add --service n8n --for 2h --reason \"upgrade\"
  k8s-monitor silence list
  k8s-monitor silence remove s-1a2b";

/// clap's own usage has 130 columns.
pub const SILENCE_ADD_USAGE: &str = "\
k8s-monitor silence add <TARGET> --for <DURATION> --reason <TEXT>
       TARGET: --service <NAME>, --reason-code <REASON> or --incident <ID>";

pub const SILENCE_ADD: &str = "\
A silenced incident is still detected and reported, but it sends no
notifications and does not count for the exit status. A silence expires.

Examples:
  k8s-monitor silence add --service n8n --for 2h --reason \"upgrade\"
  k8s-monitor silence add --reason-code BackupOverdue --for 1d --reason \"S3\"
  k8s-monitor silence add --incident INC-2026-11-02-001 --for 6h --reason \"S3\"";

pub const SILENCE_LIST: &str = "\
Examples:
  k8s-monitor silence list
  k8s-monitor silence list --output json";

pub const SILENCE_REMOVE: &str = "\
Examples:
  k8s-monitor silence remove s-1a2b";

pub const DOCTOR: &str = "\
Exits with 0 when no check is red, with 69 when the cluster cannot be read, and
otherwise with 78.

Examples:
  k8s-monitor doctor
  k8s-monitor doctor --env-file monitor.env --output json";

pub const COMPLETIONS: &str = "Example: source <(k8s-monitor completions bash)";

pub const MAN: &str = "Example: k8s-monitor man | man -l -";

/// The help of a command without options.
pub const SHORT: &str = "{about}\n\n{usage-heading} {usage}{after-help}";
