//! What stands below the options in the help of each command: examples, and
//! what must be known to use it. A test runs every example through the parser.

pub const PROGRAM: &str = "\
Examples:
  k8s-monitor run                            one cycle, current context
  k8s-monitor run --dry-run                  what would be sent, to whom and why
  k8s-monitor run --snapshot bundle.tar.gz   judge a dump, touch nothing
  k8s-monitor check --service mysql          everything about one service
  k8s-monitor silence add --service n8n --for 2h --reason \"upgrade\"
  k8s-monitor doctor                         is every dependency in order?

Exit status:
  0          healthy, or only things to log (SEV-4)
  1, 2, 3    the highest open severity is SEV-1, SEV-2, SEV-3
  64         the command line is wrong
  65         a services or snapshot file cannot be used
  69         the cluster cannot be read
  70         a defect in the program
  74         all is well, but the result cannot be written to stdout
  75         the deadline passed before a verdict
  78         the configuration is wrong
  129, 130, 143
             ended by SIGHUP, SIGINT or SIGTERM, without a verdict

Environment: ANTHROPIC_API_KEY, GITHUB_TOKEN, SLACK_BOT_TOKEN, SLACK_CHANNEL and
others, also from --env-file; docs/configuration.md lists them all.";

pub const RUN: &str = "\
Examples:
  k8s-monitor run --state dir:/var/lib/k8s-monitor
  k8s-monitor run --dry-run --no-llm
  k8s-monitor run --exit-zero --output json > report.json
  k8s-monitor run --output html > report.html
  k8s-monitor run --metrics /var/lib/node_exporter/k8s-monitor.prom";

pub const CHECK: &str = "\
Examples:
  k8s-monitor check --service chores-tracker-backend
  k8s-monitor check --service vault --output markdown";

pub const SERVICES: &str = "\
Examples:
  k8s-monitor services lint
  k8s-monitor services list --services my-services.txt
  k8s-monitor services show mysql";

pub const SERVICES_LINT: &str = "\
Ends with 65 when something in the file is an error.

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
Secrets are never read and what looks like one is redacted.

Examples:
  k8s-monitor snapshot -o cluster.tar.gz
  k8s-monitor run --snapshot cluster.tar.gz";

pub const INCIDENTS: &str = "\
Examples:
  k8s-monitor incidents
  k8s-monitor incidents show INC-2026-11-02-001
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

/// By hand: clap's own is a line of 130 columns.
pub const SILENCE_ADD_USAGE: &str = "\
k8s-monitor silence add <TARGET> --for <DURATION> --reason <TEXT>
       TARGET: --service <NAME>, --reason-code <REASON> or --incident <ID>";

pub const SILENCE_ADD: &str = "\
A silenced incident is still detected and reported; it sends nothing and does
not count for the exit status. The silence ends by itself.

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
Ends with 0 when all is in order, with 69 when the cluster is what is red, else
with 78.

Examples:
  k8s-monitor doctor
  k8s-monitor doctor --env-file monitor.env --output json";

pub const COMPLETIONS: &str = "\
Examples:
  source <(k8s-monitor completions bash)
  k8s-monitor completions zsh > \"${fpath[1]}/_k8s-monitor\"
  k8s-monitor completions fish > ~/.config/fish/completions/k8s-monitor.fish";

pub const MAN: &str = "\
Examples:
  k8s-monitor man | man -l -
  k8s-monitor man > /usr/local/share/man/man1/k8s-monitor.1";
