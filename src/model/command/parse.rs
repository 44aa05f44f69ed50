//! The words of a command that is written as this program writes commands.

/// The words of each program. `None` where a shell could read anything else than words that are
/// plain or in single quotes.
pub fn split(text: &str) -> Option<Vec<Vec<String>>> {
    let mut argvs = vec![Vec::new()];
    for token in tokens(text)? {
        match token {
            Token::And => argvs.push(Vec::new()),
            Token::Word(word) => argvs.last_mut()?.push(word),
        }
    }
    argvs.iter().all(|argv| !argv.is_empty()).then_some(argvs)
}

enum Token {
    Word(String),
    And,
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        let (token, after) = match rest.strip_prefix("&&") {
            Some(after) => (Token::And, after),
            None => word(rest)?,
        };
        tokens.push(token);
        if after.is_empty() {
            return Some(tokens);
        }
        rest = after.strip_prefix(' ')?;
    }
}

/// The first word, and what follows it.
fn word(text: &str) -> Option<(Token, &str)> {
    let mut word = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next().filter(|c| *c != ' ') {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (inner, after) = quoted.split_once('\'')?;
            word.push_str(inner);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(r"\'") {
            word.push('\'');
            rest = after;
        } else {
            word.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    // The caller compares the words as this program writes them with the text, so that characters
    // with a meaning outside of quotes are refused there.
    (rest.len() < text.len()).then_some((Token::Word(word), rest))
}
