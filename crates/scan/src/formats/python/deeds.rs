//! Which deeds of a program happen when it is imported: those of its own lines, and those of the functions
//! that its own lines call, however many calls away.

use std::collections::{BTreeMap, BTreeSet};

/// Deeds that are kept.
const DEEDS: usize = 2_000;
/// Calls between functions of the program that are kept.
const CALLS: usize = 50_000;
/// Methods of a class that run without an object of it.
const HOOKS: &[&str] = &["__class_getitem__", "__init_subclass__"];

/// Before the names of methods, of properties, and of classes that are used themselves: no function is called so.
const METHOD: char = '.';
const PROPERTY: char = '~';
const HOOK: char = '^';

/// Where a line stands, by what runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place<'t> {
    /// The import itself.
    Import,
    /// The import too, in the body of a class.
    Class(&'t str),
    /// A call of the function or the class.
    Function(&'t str),
    /// A call of a method of that name, whatever it is called on.
    Method(&'t str),
    /// Any use of an attribute of that name.
    Property(&'t str),
    /// The making of a class from this one, or another use of the class itself.
    Hook(&'t str),
    /// Nothing that is followed: what stands below `if __name__ == "__main__":`.
    Elsewhere,
}

impl<'t> Place<'t> {
    /// Where the body of a class stands.
    pub(super) fn class(self, name: &'t str) -> Place<'t> {
        match self {
            Place::Import | Place::Class(_) => Place::Class(name),
            other => other,
        }
    }

    /// Where the body of a function stands.
    pub(super) fn function(self, name: &'t str, is_property: bool) -> Place<'t> {
        match self {
            Place::Import => Place::Function(name),
            Place::Class(class) if HOOKS.contains(&name) => Place::Hook(class),
            // The interpreter calls these as it uses what was made from the class.
            Place::Class(class) if name.starts_with("__") && name.ends_with("__") => {
                Place::Function(class)
            }
            Place::Class(_) if is_property => Place::Property(name),
            Place::Class(_) => Place::Method(name),
            // A function in a function is taken to run with it.
            _ => self,
        }
    }
}

/// A call that acts.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    /// How it acts.
    pub(super) how: &'static str,
    /// The full name of what is called.
    pub(super) name: String,
    pub(super) offset: Option<u64>,
    pub(super) evidence: String,
    /// Whether it is a command that programs usually run.
    pub(super) is_usual: bool,
}

/// What a program does, and where.
#[derive(Default)]
pub(super) struct Deeds<'t> {
    done: Vec<(Place<'t>, Deed)>,
    called: BTreeMap<Place<'t>, BTreeSet<String>>,
    count: usize,
}

impl<'t> Deeds<'t> {
    /// Notes a deed.
    pub(super) fn does(&mut self, place: Place<'t>, deed: Deed) {
        if self.done.len() < DEEDS {
            self.done.push((place, deed));
        }
    }

    /// Notes that a place calls a function or class of the program: `<name>`.
    pub(super) fn calls(&mut self, place: Place<'t>, full: &str) {
        let name = full.trim_start_matches('<').split('>').next().unwrap_or_default();
        if self.count < CALLS && self.called.entry(place).or_default().insert(name.to_owned()) {
            self.count += 1;
        }
    }

    /// Notes that a place uses an attribute of something that is not known, or calls it.
    pub(super) fn uses_attribute(&mut self, place: Place<'t>, name: &str, is_call: bool) {
        self.calls(place, &format!("{PROPERTY}{name}"));
        if is_call {
            self.calls(place, &format!("{METHOD}{name}"));
        }
    }

    /// Notes that a place uses a class itself: `A[1]`.
    pub(super) fn makes_of(&mut self, place: Place<'t>, class: &str) {
        self.calls(place, &format!("{HOOK}{class}"));
    }

    /// Notes a class: making it runs hooks of those that it is made from, and calls the one that makes it.
    pub(super) fn class(
        &mut self,
        name: &'t str,
        place: Place<'t>,
        parents: &[&'t str],
        makers: &[&'t str],
    ) {
        for parent in parents {
            self.makes_of(place, parent);
            self.makes_of(Place::Hook(name), parent);
            self.calls(Place::Function(name), parent);
        }
        for maker in makers {
            self.calls(place, maker);
        }
    }

    /// Deeds of the import, each with the function that the import calls for it.
    pub(super) fn on_import(&self) -> Vec<(Deed, Option<String>)> {
        // The functions that run, and which of those that the import calls led there.
        let mut runs: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting: Vec<(&str, &str)> = Vec::new();
        for (place, called) in &self.called {
            if matches!(place, Place::Import | Place::Class(_)) {
                waiting.extend(called.iter().map(|name| (name.as_str(), name.as_str())));
            }
        }
        while let Some((name, through)) = waiting.pop() {
            if runs.contains_key(name) {
                continue;
            }
            runs.insert(name, through);
            let further = self.called.get(&place_of(name)).into_iter().flatten();
            waiting.extend(further.map(|next| (next.as_str(), through)));
        }
        let runs: BTreeMap<Place<'_>, &str> =
            runs.into_iter().map(|(name, through)| (place_of(name), through)).collect();
        let happens = self.done.iter().filter_map(|(place, deed)| match place {
            Place::Import | Place::Class(_) => Some((deed.clone(), None)),
            _ => runs.get(place).map(|through| (deed.clone(), Some(plain(through)))),
        });
        happens.collect()
    }

    /// The other deeds.
    pub(super) fn later(&self) -> Vec<Deed> {
        let now: BTreeSet<Option<u64>> =
            self.on_import().iter().map(|(deed, _)| deed.offset).collect();
        let is_later = |place: &Place<'_>, deed: &Deed| {
            !matches!(place, Place::Import | Place::Class(_)) && !now.contains(&deed.offset)
        };
        let later = self.done.iter().filter(|(place, deed)| is_later(place, deed));
        later.map(|(_, deed)| deed.clone()).collect()
    }
}

/// The function that was called, without what tells others from it.
fn plain(through: &str) -> String {
    through.trim_start_matches([METHOD, PROPERTY, HOOK]).to_owned()
}

/// Where the lines stand that run when something is called.
fn place_of(called: &str) -> Place<'_> {
    if let Some(method) = called.strip_prefix(METHOD) {
        return Place::Method(method);
    }
    if let Some(property) = called.strip_prefix(PROPERTY) {
        return Place::Property(property);
    }
    called.strip_prefix(HOOK).map_or(Place::Function(called), Place::Hook)
}
