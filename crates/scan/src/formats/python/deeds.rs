//! Which deeds of a program happen when it is imported: those of its own lines, and those of the functions
//! that its own lines call, however many calls away.

use std::collections::{BTreeMap, BTreeSet};

/// Deeds that are kept.
const DEEDS: usize = 2_000;
/// Calls between functions of the program that are kept.
const CALLS: usize = 50_000;
/// Methods that run when a class is called, used as a parent or as a metaclass, or made.
const MAKING: &[&str] = &[
    "__init__",
    "__new__",
    "__call__",
    "__init_subclass__",
    "__prepare__",
    "__set_name__",
    "__post_init__",
];

/// Where a line stands, by what runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place<'t> {
    /// The import itself.
    Import,
    /// The import too, in the body of a class.
    Class(&'t str),
    /// A call of the function or the class.
    Function(&'t str),
    /// Nothing that is followed: methods, and what stands below `if __name__ == "__main__":`.
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
    pub(super) fn function(self, name: &'t str) -> Place<'t> {
        match self {
            Place::Import => Place::Function(name),
            Place::Class(class) if MAKING.contains(&name) => Place::Function(class),
            // A function in a function is taken to run with it; a method is called by others.
            Place::Function(outer) => Place::Function(outer),
            Place::Class(_) | Place::Elsewhere => Place::Elsewhere,
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

    /// Notes a class: making it runs hooks of those that it is made from.
    pub(super) fn class(&mut self, name: &'t str, place: Place<'t>, parents: &[&'t str]) {
        for parent in parents {
            self.calls(place, parent);
            self.calls(Place::Function(name), parent);
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
            let further = self.called.get(&Place::Function(name)).into_iter().flatten();
            waiting.extend(further.map(|next| (next.as_str(), through)));
        }
        let happens = self.done.iter().filter_map(|(place, deed)| match place {
            Place::Import | Place::Class(_) => Some((deed.clone(), None)),
            Place::Function(name) => {
                runs.get(name).map(|through| (deed.clone(), Some((*through).to_owned())))
            }
            Place::Elsewhere => None,
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
