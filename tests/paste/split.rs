//! How a POSIX shell reads a line, as far as it reads words only.

/// Characters with a meaning outside of quotes, in one shell or another.
const SPECIAL: &str = "|&;<>()$`\\\"*?[]#~%!{}^\n\r\t";

/// The words of each command between `&&`. `None` where a shell would substitute, expand, redirect,
/// chain or comment.
pub fn split(line: &str) -> Option<Vec<Vec<String>>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' => commands.last_mut()?.extend(word.take()),
            '&' if word.is_none() && chars.next_if_eq(&'&').is_some() => commands.push(Vec::new()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        quoted => word.push(quoted),
                    }
                }
            }
            '\\' if chars.next_if_eq(&'\'').is_some() => word.get_or_insert_default().push('\''),
            // zsh replaces it there.
            '=' if word.is_none() => return None,
            c if SPECIAL.contains(c) || c.is_control() => return None,
            c => word.get_or_insert_default().push(c),
        }
    }
    commands.last_mut()?.extend(word);
    commands
        .iter()
        .all(|words| !words.is_empty())
        .then_some(commands)
}

#[test]
fn only_words_are_read() {
    for (line, words) in [
        ("a b", Some(vec![vec!["a", "b"]])),
        ("a 'b c' d'e'", Some(vec![vec!["a", "b c", "de"]])),
        (r"a 'it'\''s'", Some(vec![vec!["a", "it's"]])),
        ("a '; id #'", Some(vec![vec!["a", "; id #"]])),
        ("a && b c", Some(vec![vec!["a"], vec!["b", "c"]])),
        ("a; b", None),
        ("a | b", None),
        ("a & b", None),
        ("a || b", None),
        ("a $(b)", None),
        ("a 'b", None),
        ("a >b", None),
        ("a &&", None),
        ("a\nb", None),
    ] {
        let read = split(line);
        let words = words.map(|commands| {
            let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
            commands
                .into_iter()
                .map(owned)
                .collect::<Vec<Vec<String>>>()
        });
        assert_eq!(read, words, "{line}");
    }
}
