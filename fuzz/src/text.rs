//! Credentials in text.

/// Credentials in the form of [`secret`]. None was ever valid.
const CREDENTIALS: usize = 14;

/// A credential of one of several kinds, made of these characters.
#[must_use]
pub fn secret(kind: u8, random: &mut fastrand::Rng) -> String {
    let mut chars = |count: usize| -> String {
        // With a digit and both cases, as in generated credentials.
        let rest = std::iter::repeat_with(|| random.alphanumeric());
        "q7Z".chars().chain(rest).take(count).collect()
    };
    match usize::from(kind) % CREDENTIALS {
        0 => format!("ghp_{}", chars(36)),
        1 => format!("xoxb-123456789012-123456789012-{}", chars(24)),
        2 => format!("sk-ant-api03-{}", chars(40)),
        3 => format!("AKIA{}", chars(16).to_ascii_uppercase()),
        4 => format!("glpat-{}", chars(20)),
        5 => format!("$2y$10${}", chars(53)),
        6 => format!("lin_api_{}", chars(40)),
        7 => format!("nfp_{}", chars(36)),
        8 => format!("pscale_tkn_{}", chars(43)),
        9 => format!("AKCp{}", chars(69)),
        10 => format!("sq0atp-{}", chars(22)),
        11 => format!("figd_{}", chars(40)),
        12 => format!("ATATT3xFfGF0{}", chars(60)),
        _ => format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", chars(30), chars(43)),
    }
}
