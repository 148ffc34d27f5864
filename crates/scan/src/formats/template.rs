//! Chat templates: Jinja, read as tokens. A template that reaches for special attributes wants out of
//! its sandbox.

use std::collections::BTreeMap;

use crate::analyse::{Entry, Scan, shown};
use crate::rules;

/// One token of an expression or statement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Text(String),
    Sign(char),
}

/// Functions of Python that no template engine offers, and that somebody who wants out of one hopes for.
const ACTING: &[&str] = &[
    "__import__",
    "breakpoint",
    "compile",
    "delattr",
    "eval",
    "exec",
    "getattr",
    "globals",
    "locals",
    "open",
    "popen",
    "setattr",
    "system",
    "vars",
];

/// Attributes that lead from a generator, a coroutine or a function to its code and its names: the sandbox
/// of Jinja refuses them, as it does every name that begins with an underscore.
const FRAMES: &[&str] = &[
    "ag_code",
    "ag_frame",
    "co_code",
    "cr_code",
    "cr_frame",
    "f_back",
    "f_builtins",
    "f_globals",
    "f_locals",
    "func_closure",
    "func_code",
    "func_globals",
    "gi_code",
    "gi_frame",
    "im_func",
    "tb_frame",
];

/// How odd something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Escape,
    Suspect,
    Bomb,
}

/// What a template does that templates do not need to do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Oddity {
    kind: Kind,
    message: &'static str,
    evidence: String,
}

/// Reports what is odd about a template.
pub(super) fn check(scan: &mut Scan, entry: &Entry<'_>, offset: Option<u64>, template: &str) {
    for oddity in oddities(template) {
        let rule = match oddity.kind {
            Kind::Escape => &rules::TEMPLATE_ESCAPE,
            Kind::Suspect => &rules::TEMPLATE_SUSPECT,
            Kind::Bomb => &rules::TEXT_BOMB,
        };
        let evidence = shown(oddity.evidence.as_bytes(), 200);
        scan.report(rule.finding(entry.place(offset), oddity.message, evidence));
    }
}

fn oddities(template: &str) -> Vec<Oddity> {
    let mut found: Vec<Oddity> = Vec::new();
    let mut known = BTreeMap::new();
    for code in blocks(template) {
        let tokens = tokens(code);
        let mut add = |(kind, message)| {
            let evidence = code.trim().to_owned();
            if found.len() < 20
                && !found.iter().any(|o| o.message == message && o.evidence == evidence)
            {
                found.push(Oddity { kind, message, evidence });
            }
        };
        (0..tokens.len()).filter_map(|at| oddity_at(&tokens, at)).for_each(&mut add);
        if is_put_together(&tokens, &known) {
            add((Kind::Escape, "the chat template builds the name of a special attribute"));
        }
        learn(&tokens, &mut known);
    }
    found
}

/// What is odd about one token where it stands.
fn oddity_at(tokens: &[Token], index: usize) -> Option<(Kind, &'static str)> {
    let before = index.checked_sub(1).and_then(|at| tokens.get(at));
    let after = tokens.get(index + 1);
    match tokens.get(index)? {
        Token::Name(name) if is_special(name, before == Some(&Token::Sign('.'))) => {
            Some((Kind::Escape, "the chat template takes a special attribute"))
        }
        // The name of a special attribute in quotes is for `attr`, `[…]` or a format; a sentence is for people.
        Token::Text(text)
            if has_special(text) && (!text.contains(' ') || text.contains(['{', '%'])) =>
        {
            Some((Kind::Escape, "the chat template names a special attribute"))
        }
        Token::Name(name) if name == "attr" && before == Some(&Token::Sign('|')) => {
            match tokens.get(index + 1..) {
                Some([Token::Sign('('), Token::Text(_), Token::Sign(')'), ..]) => {
                    Some((Kind::Suspect, "the chat template takes attributes by the filter for it"))
                }
                // No template needs an attribute whose name it has to work out.
                _ => Some((Kind::Escape, "the chat template takes attributes by a computed name")),
            }
        }
        Token::Name(name)
            if index == 0 && ["include", "import", "extends", "from"].contains(&name.as_str()) =>
        {
            let leads_out = |text: &str| {
                text.starts_with(['/', '~']) || text.contains("..") || text.contains("://")
            };
            match after {
                Some(Token::Text(text)) if leads_out(text) => {
                    Some((Kind::Escape, "the chat template opens a file or an address"))
                }
                _ => Some((Kind::Suspect, "the chat template loads another template")),
            }
        }
        Token::Name(name)
            if ["lipsum", "cycler", "joiner", "self", "config", "request"]
                .contains(&name.as_str())
                && after == Some(&Token::Sign('.'))
                && before != Some(&Token::Sign('.')) =>
        {
            Some((Kind::Suspect, "the chat template uses an object of the template engine"))
        }
        Token::Name(name)
            if ACTING.contains(&name.as_str())
                && after == Some(&Token::Sign('('))
                && !matches!(before, Some(Token::Sign('.' | '|')))
                && before != Some(&Token::Name("macro".to_owned())) =>
        {
            Some((Kind::Escape, "the chat template calls a function of Python"))
        }
        // Numbers of steps or copies that nobody waits for.
        Token::Name(number) if is_huge(number) => {
            let is_count = matches!(before, Some(Token::Sign('*')))
                || matches!(after, Some(Token::Sign('*')))
                || tokens
                    .get(..index)
                    .unwrap_or_default()
                    .ends_with(&[Token::Name("range".to_owned()), Token::Sign('(')])
                || (matches!(before, Some(Token::Sign(',')))
                    && tokens.contains(&Token::Name("range".to_owned())));
            is_count.then_some((Kind::Bomb, "the chat template grows without end"))
        }
        // `x['__cla' ~ 'ss__']`: pieces of a name put together inside an index.
        Token::Sign('~' | '+') if is_index_of_pieces(tokens, index) => {
            Some((Kind::Suspect, "the chat template builds a name from pieces"))
        }
        _ => None,
    }
}

/// Whether the texts of a block, and those that its names stand for, make up a special name.
fn is_put_together(tokens: &[Token], known: &BTreeMap<String, String>) -> bool {
    let mut joined = String::new();
    for token in tokens {
        let piece = match token {
            Token::Text(text) => text,
            Token::Name(name) => match known.get(name) {
                Some(text) => text,
                None => continue,
            },
            Token::Sign(_) => continue,
        };
        if joined.len() + piece.len() > 4096 {
            break;
        }
        // A piece that is one by itself was judged where it stands.
        if has_special(piece) {
            return false;
        }
        joined.push_str(piece);
    }
    has_special(&joined)
}

/// `{% set a = 'text' %}`: what the name stands for from here on.
fn learn(tokens: &[Token], known: &mut BTreeMap<String, String>) {
    if let [Token::Name(set), Token::Name(name), Token::Sign('='), Token::Text(text)] = tokens
        && set == "set"
        && text.len() <= 64
        && known.len() < 1000
    {
        known.insert(name.clone(), text.clone());
    }
}

fn is_huge(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits >= 8 && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// Whether the sign joins two short quoted pieces inside `[…]`.
fn is_index_of_pieces(tokens: &[Token], at: usize) -> bool {
    let is_text = |index: Option<usize>| matches!(index.and_then(|i| tokens.get(i)), Some(Token::Text(text)) if text.len() <= 24);
    let mut depth = 0_i32;
    for token in tokens.iter().take(at) {
        match token {
            Token::Sign('[') => depth += 1,
            Token::Sign(']') => depth -= 1,
            _ => {}
        }
    }
    // A list literal also has brackets; an index follows a name or another bracket.
    let opens_index = tokens.iter().take(at).enumerate().any(|(index, token)| {
        *token == Token::Sign('[')
            && matches!(
                index.checked_sub(1).and_then(|i| tokens.get(i)),
                Some(Token::Name(_) | Token::Sign(')' | ']'))
            )
    });
    depth > 0 && opens_index && is_text(at.checked_sub(1)) && is_text(Some(at + 1))
}

/// Whether a name is one that the sandbox refuses; a variable may be called anything.
fn is_special(name: &str, is_attribute: bool) -> bool {
    (name.len() > 4 && name.starts_with("__") && name.ends_with("__"))
        || (is_attribute && (name.starts_with('_') || FRAMES.contains(&name)))
}

fn has_special(text: &str) -> bool {
    const KNOWN: &[&str] = &[
        "__class__",
        "__mro__",
        "__base__",
        "__bases__",
        "__subclasses__",
        "__globals__",
        "__builtins__",
        "__init__",
        "__import__",
        "__getattribute__",
        "__getitem__",
        "__dict__",
        "__self__",
        "__module__",
        "__reduce__",
        "__call__",
        "__code__",
        "__func__",
    ];
    KNOWN.iter().chain(FRAMES.iter().filter(|name| name.len() > 7)).any(|name| text.contains(name))
}

/// The insides of `{{ … }}` and `{% … %}`, texts in quotes included.
fn blocks(template: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let body = rest.get(start + 1..).unwrap_or_default();
        let (end, skipped) = match body.bytes().next() {
            Some(b'{') => (block_end(body, b"}}"), true),
            Some(b'%') => (block_end(body, b"%}"), true),
            Some(b'#') => (body.find("#}"), false),
            _ => {
                rest = body;
                continue;
            }
        };
        // A block without an end still shows what it wants.
        let end = end.unwrap_or(body.len());
        if skipped {
            let inside = body.get(1..end).unwrap_or_default();
            found.push(inside.trim_matches(|c| c == '-' || c == '+'));
        }
        rest = body.get(end..).unwrap_or_default();
    }
    found
}

fn block_end(body: &str, end: &[u8]) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut quote = None;
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'\'' | b'"') => quote = Some(*byte),
            (None, _) if bytes.get(at..).is_some_and(|rest| rest.starts_with(end)) => {
                return Some(at);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn tokens(code: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' || c == '"' {
            let mut text = String::new();
            while let Some(inner) = chars.next() {
                match inner {
                    '\\' => text.extend(escape(&mut chars)),
                    _ if inner == c => break,
                    _ => text.push(inner),
                }
            }
            out.push(Token::Text(text));
        } else if c.is_alphanumeric() || c == '_' {
            let mut name = String::from(c);
            while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                name.push(next);
            }
            out.push(Token::Name(name));
        } else if !c.is_whitespace() {
            out.push(Token::Sign(c));
        }
    }
    out
}

/// The character of an escape: `\x5f` is an underscore.
fn escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let size = match chars.next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'n' => return Some('\n'),
        't' => return Some('\t'),
        digit @ '0'..='7' => {
            let mut code = digit.to_digit(8)?;
            while code < 0o40
                && let Some(next) = chars.next_if(|c| c.is_digit(8))
            {
                code = code * 8 + next.to_digit(8)?;
            }
            return char::from_u32(code);
        }
        other => return Some(other),
    };
    let mut code = 0_u32;
    for _ in 0..size {
        let digit = chars.next_if(char::is_ascii_hexdigit)?.to_digit(16)?;
        code = code.wrapping_mul(16).wrapping_add(digit);
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' \
        + message['content'] | trim + '<|im_end|>' + '\\n' }}{% endfor %}\
        {%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{% endif %}\
        {% set ns = namespace(found=false) %}{% macro f(x) %}{{ x.items() }}{% endmacro %}\
        {% set a = '__cla' %}{{ a }}{{ raise_exception('no __class__ is needed here') }}\
        {% macro open(x) %}{% endmacro %}{{ x.open() }}{{ messages[0].price == 123456789 }}\
        {{ raise_exception('no __ here') }}{{ messages[0]['role'] ~ \"a\" ~ 'b' }}";

    #[test]
    fn usual_templates_are_not_odd() {
        assert_eq!(oddities(USUAL), []);
    }

    #[test]
    fn every_way_to_a_special_attribute_is_seen() {
        for escape in [
            "{{ ''.__class__.__mro__ }}",
            "{{ x['__class__'] }}",
            "{{ x|attr('__class__') }}",
            r"{{ x['\x5f\x5fclass\x5f\x5f'] }}",
            "{{ x['__cla' ~ 'ss__'] }}",
            "{%- set y = cycler.__init__.__globals__ %}",
            "{{ ''.__class__",
            "{{ x|map(attribute='__cla' ~ 'ss__') }}",
            "{% set a = '__cla' %}{% set b = 'ss__' %}{{ x[a + b] }}",
            "{% set y %}__class__{% endset %}{{ x|attr(y) }}",
            "{{ x|attr('__ssalc__'|reverse) }}",
            "{{ x|attr('%c%cclass'|format(95, 95)) }}",
            "{{ (messages|map('string')).gi_frame }}",
            "{{ self._TemplateReference__context }}",
            "{{ x['gi_frame'] }}",
            "{{ '{0.__class__} is a class'.format(x) }}",
            "{% include '/etc/passwd' %}",
            "{{ open('/etc/passwd').read() }}",
        ] {
            assert!(oddities(escape).iter().any(|o| o.kind == Kind::Escape), "{escape}");
        }
    }

    #[test]
    fn loading_and_computed_names_are_odd() {
        for odd in ["{% include 'x' %}", "{{ x|attr('y') }}", "{{ x['a' ~ 'b'] }}"] {
            let found = oddities(odd);
            assert!(!found.is_empty(), "{odd}");
            assert!(found.iter().all(|o| o.kind == Kind::Suspect), "{odd}: {found:?}");
        }
    }

    #[test]
    fn counts_that_nobody_waits_for_are_bombs() {
        for bomb in ["{% for i in range(99999999) %}{% endfor %}", "{{ 'a' * 9999999999 }}"] {
            assert!(oddities(bomb).iter().all(|o| o.kind == Kind::Bomb), "{bomb}");
            assert_eq!(oddities(bomb).len(), 1, "{bomb}");
        }
    }
}
