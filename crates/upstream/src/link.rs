//! `Link: <…>; rel="next"` (RFC 8288), as far as paging needs it.

use reqwest::header::{HeaderMap, LINK};

/// The target of the first link whose relation is `next`.
pub(crate) fn next(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_in)
}

fn next_in(mut text: &str) -> Option<String> {
    while let Some((_, after)) = text.split_once('<') {
        let (target, rest) = after.split_once('>')?;
        let (mut parameters, following) = split_outside_quotes(rest, ',');
        while !parameters.is_empty() {
            let (parameter, others) = split_outside_quotes(parameters, ';');
            if names_next(parameter) {
                return Some(target.to_owned());
            }
            parameters = others;
        }
        text = following;
    }
    None
}

fn names_next(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("rel")
            && value.trim().trim_matches('"').split(' ').any(|r| r.eq_ignore_ascii_case("next"))
    })
}

/// What stands before and after the first `mark` outside quotes.
fn split_outside_quotes(text: &str, mark: char) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        if c == '"' {
            quoted = !quoted;
        } else if c == mark && !quoted {
            let (before, rest) = text.split_at(at);
            return (before, rest.strip_prefix(mark).unwrap_or(rest));
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        let found = |text: &str| next_in(text);
        assert_eq!(found("<http://h/a?c=1,2>; rel=\"next\"").as_deref(), Some("http://h/a?c=1,2"));
        assert_eq!(found("<a>; rel=\"xet-auth\", <b>; rel=next").as_deref(), Some("b"));
        assert_eq!(found("<a>; title=\"x, <b>; rel=next\"; rel=prev"), None);
        assert_eq!(found("<a>; REL=\"last Next\"").as_deref(), Some("a"));
        for broken in ["", "<", "<a", "rel=next", "<a>", "<a>; rel"] {
            assert_eq!(found(broken), None, "{broken}");
        }
    }
}
