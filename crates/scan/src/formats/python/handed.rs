//! Functions that act and are given on instead of being called: to other functions, into lists, under names.

use super::tokens::{Kind, Token};
use super::{NAMES, Program, names};

/// Words behind which a value stands, and words that stand behind one.
const BEFORE: &[&str] = &["and", "else", "if", "in", "or", "return", "yield"];
const BEHIND: &[&str] = &["and", "else", "for", "if", "or"];

/// What stands before a name in its statement.
#[derive(Default)]
pub(super) struct Around<'t> {
    before: Option<Kind<'t>>,
    /// The brackets that are open, and whether each is that of a call.
    open: Vec<bool>,
}

impl<'t> Around<'t> {
    /// Goes on behind a token.
    pub(super) fn pass(&mut self, kind: Kind<'t>) {
        match kind {
            Kind::Mark('(') => self.open.push(match self.before {
                Some(Kind::Name(word)) => !BEFORE.contains(&word),
                Some(Kind::Mark(')' | ']')) => true,
                _ => false,
            }),
            Kind::Mark('[' | '{') => self.open.push(false),
            Kind::Mark(')' | ']' | '}') => _ = self.open.pop(),
            _ => {}
        }
        self.before = Some(kind);
    }

    pub(super) fn is_behind(&self, mark: char) -> bool {
        self.before == Some(Kind::Mark(mark))
    }

    /// Whether others get what stands here, and `after` behind it. `is_kept`: the whole value gets a name.
    pub(super) fn is_given(&self, after: Option<Kind<'_>>, is_kept: bool) -> bool {
        let is_whole = match after {
            None | Some(Kind::Mark(',' | ')' | ']' | '}')) => true,
            Some(Kind::Name(word)) => BEHIND.contains(&word),
            Some(_) => false,
        };
        let is_value = match self.before {
            Some(Kind::Mark('=')) => true,
            Some(Kind::Mark('(' | '[' | '{' | ',' | ':')) => !self.open.is_empty(),
            Some(Kind::Name(word)) => BEFORE.contains(&word),
            _ => false,
        };
        is_whole && is_value && (self.is_in_a_call() || !is_kept)
    }

    pub(super) fn is_in_a_call(&self) -> bool {
        self.open.contains(&true)
    }
}

impl<'t> Program<'t> {
    /// Remembers which function that acts a name holds among other things: `a = {"b": os.system}`.
    pub(super) fn hold(&mut self, name: &'t str, value: &[Token<'t>]) {
        match self.held_in(value) {
            Some(full) if self.held.len() < NAMES => _ = self.held.insert(name, full),
            _ => _ = self.held.remove(name),
        }
    }

    /// Remembers what the arguments of a function hold when nobody gives others.
    pub(super) fn hold_defaults(&mut self, header: &[Token<'t>]) {
        for at in 0..header.len() {
            let rest = header.get(at..).unwrap_or_default();
            if let [
                Token { kind: Kind::Name(name), .. },
                Token { kind: Kind::Mark('='), .. },
                value @ ..,
            ] = rest
            {
                let (full, _) = self.chain(value);
                if names::is_handed_over(&full) && self.held.len() < NAMES {
                    self.held.insert(name, full);
                }
            }
        }
    }

    /// A function that acts and that an expression names without calling it.
    fn held_in(&self, value: &[Token<'t>]) -> Option<String> {
        let mut at = 0;
        let mut is_attribute = false;
        while let Some(token) = value.get(at) {
            let mut used = 1;
            if let (Kind::Name(_), false) = (token.kind, is_attribute) {
                let (full, taken) = self.chain(value.get(at..).unwrap_or_default());
                used = taken.max(1);
                let next = value.get(at + used).map(|next| next.kind);
                if next != Some(Kind::Mark('(')) && names::is_handed_over(&full) {
                    return Some(full);
                }
            }
            is_attribute = token.kind == Kind::Mark('.');
            at += used;
        }
        None
    }

    /// The function that is called by a name that holds it, or as an attribute of a class.
    pub(super) fn held_by(&self, name: &str, full: &str) -> Option<String> {
        let attribute = || self.attributes.get(full.rsplit_once('.')?.1);
        self.held.get(name).or_else(attribute).cloned()
    }
}

/// Whether a statement gives its value a plain name, or its values plain names.
pub(super) fn is_kept(statement: &[Token<'_>]) -> bool {
    let is_name = |token: &&Token<'_>| matches!(token.kind, Kind::Name(_) | Kind::Mark(','));
    let names = statement.iter().take_while(is_name).count();
    let behind = statement.get(names).map(|token| token.kind);
    names > 0 && matches!(behind, Some(Kind::Mark('=' | ':')))
}
