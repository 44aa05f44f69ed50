//! `--env-file`: KEY=VALUE lines, as in Docker and systemd.
//!
//! One variable per line. Blank lines, lines that begin with `#` and a leading `export` are skipped.
//! An unquoted value ends at ` #`. Single quotes are literal, double quotes allow `\n`, `\t`, `\"`,
//! `\$` and `\\`. `$NAME` is not expanded. Errors do not show the line, which may contain a token.

use std::path::Path;

use super::Environment;
use super::error::ConfigError;

/// Adds the variables of the file to the environment. Variables that are set, even to an empty value,
/// keep their values.
///
/// # Errors
/// The first line that is not a variable.
pub fn apply(env: &mut Environment, path: &Path, text: &str) -> Result<(), ConfigError> {
    // Collected first, because the last value of a variable in the file counts.
    let mut found = Environment::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match variable(line) {
            Ok(Some((name, value))) => _ = found.insert(name.to_owned(), value),
            Ok(None) => {}
            Err(message) => return Err(ConfigError::hidden(path, index + 1, message)),
        }
    }
    for (name, value) in found {
        env.entry(name).or_insert(value);
    }
    Ok(())
}

/// The variable of a line, if it has one.
fn variable(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let (name, rest) = line
        .split_once('=')
        .ok_or("not a variable: write KEY=VALUE, or begin a comment with #")?;
    let name = name.trim_end();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err("invalid name of a variable: use letters, digits and _ before the =");
    }
    let rest = rest.trim_start();
    let value = match rest.chars().next() {
        Some('\'') => single_quoted(&rest[1..])?,
        Some('"') => double_quoted(&rest[1..])?,
        _ => bare(rest).to_owned(),
    };
    Ok(Some((name, value)))
}

/// A `#` starts a comment only after a blank, because names of channels begin with `#`.
fn bare(text: &str) -> &str {
    let comment = text
        .char_indices()
        .zip(text.chars().skip(1))
        .find(|((_, before), c)| before.is_whitespace() && *c == '#')
        .map(|((at, _), _)| at);
    text[..comment.unwrap_or(text.len())].trim_end()
}

fn single_quoted(text: &str) -> Result<String, &'static str> {
    let (value, rest) = text
        .split_once('\'')
        .ok_or("the closing quote ' is missing")?;
    expect_end(rest)?;
    Ok(value.to_owned())
}

fn double_quoted(text: &str) -> Result<String, &'static str> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                expect_end(chars.as_str())?;
                return Ok(value);
            }
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(c @ ('"' | '$' | '\\')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err("the closing quote \" is missing")
}

fn expect_end(rest: &str) -> Result<(), &'static str> {
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        return Ok(());
    }
    Err("text after the closing quote: quote the whole value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Environment, ConfigError> {
        let mut env = Environment::new();
        apply(&mut env, Path::new(".env"), text).map(|()| env)
    }

    #[test]
    fn values_are_read() {
        for (line, value) in [
            ("A=b", "b"),
            ("  A = b  ", "b"),
            ("export A=b", "b"),
            ("export\tA=b\r", "b"),
            ("A=", ""),
            ("A=b=c==", "b=c=="),
            ("A=b c # note", "b c"),
            ("A=b#c", "b#c"),
            ("A=#alerts", "#alerts"),
            ("A=#alerts # ours", "#alerts"),
            ("A= #alerts", "#alerts"),
            ("A='b # $c \\n'", "b # $c \\n"),
            ("A=\"b\\n\\\"c\\\" \\$d \\q\" # note", "b\n\"c\" $d \\q"),
            ("A=\"\"", ""),
            ("\u{feff}A=b", "b"),
            ("A=a\nA=b", "b"),
            ("A=ü # ö", "ü"),
        ] {
            assert_eq!(read(line).expect(line)["A"], value, "{line:?}");
        }
        assert!(read("\n# A=b\n   # x\n").expect("comments").is_empty());
    }

    #[test]
    fn set_variables_keep_their_values() {
        let mut env = Environment::from([("A".into(), "set".into()), ("B".into(), String::new())]);
        apply(&mut env, Path::new(".env"), "A=file\nB=file\nC=file").expect("reads");
        assert_eq!((&*env["A"], &*env["B"], &*env["C"]), ("set", "", "file"));
    }

    #[test]
    fn errors_name_the_line_and_hide_it() {
        for line in [
            "xoxb-1",
            "xoxb 1=2",
            "1A=xoxb",
            "A='xoxb",
            "A=\"xoxb",
            "A='b'xoxb",
            "=xoxb",
            "A=\"xoxb\\",
        ] {
            let error = read(&format!("B=1\n{line}\n")).expect_err(line);
            assert_eq!(error.position(), Some((2, 1)), "{line}");
            let shown = error.to_string();
            assert!(
                shown.starts_with(".env:2:1: ") && !shown.contains("xoxb"),
                "{shown}"
            );
        }
    }
}
