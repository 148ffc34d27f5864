//! Which deeds of a program happen when it is imported: those of its own lines, and those of the functions
//! that its own lines call, however many calls away.

use std::collections::{BTreeMap, BTreeSet};

/// Deeds that are kept.
const DEEDS: usize = 2_000;
/// Calls between functions of the program that are kept.
const CALLS: usize = 200_000;
/// Methods of a class that run without an object of it.
const HOOKS: &[&str] = &["__class_getitem__", "__init_subclass__"];

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

    /// What is called there.
    fn name(self) -> &'t str {
        match self {
            Place::Class(name)
            | Place::Function(name)
            | Place::Method(name)
            | Place::Property(name)
            | Place::Hook(name) => name,
            Place::Import | Place::Elsewhere => "",
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
    called: BTreeMap<Place<'t>, BTreeSet<Place<'t>>>,
    count: usize,
    /// Whether there was more than is kept.
    pub(super) is_cut: bool,
}

impl<'t> Deeds<'t> {
    /// Notes a deed.
    pub(super) fn does(&mut self, place: Place<'t>, deed: Deed) {
        if self.done.len() < DEEDS {
            self.done.push((place, deed));
        } else {
            self.is_cut = true;
        }
    }

    /// Notes that the lines of one place run those of another.
    pub(super) fn calls(&mut self, place: Place<'t>, other: Place<'t>) {
        if self.count >= CALLS {
            self.is_cut = true;
        } else if self.called.entry(place).or_default().insert(other) {
            self.count += 1;
        }
    }

    /// Notes that a place uses an attribute of something that is not known, or calls it.
    pub(super) fn uses_attribute(&mut self, place: Place<'t>, name: &'t str, is_call: bool) {
        self.calls(place, Place::Property(name));
        if is_call {
            self.calls(place, Place::Method(name));
        }
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
            self.calls(place, Place::Hook(parent));
            self.calls(Place::Hook(name), Place::Hook(parent));
            self.calls(Place::Function(name), Place::Function(parent));
        }
        for maker in makers {
            self.calls(place, Place::Function(maker));
        }
    }

    /// Deeds of the import, each with the function that the import calls for it.
    pub(super) fn on_import(&self) -> Vec<(Deed, Option<String>)> {
        // The places that run, and which of those that the import calls led there.
        let mut runs: BTreeMap<Place<'t>, &'t str> = BTreeMap::new();
        let mut waiting: Vec<(Place<'t>, &'t str)> = Vec::new();
        for (place, called) in &self.called {
            if matches!(place, Place::Import | Place::Class(_)) {
                waiting.extend(called.iter().map(|next| (*next, next.name())));
            }
        }
        while let Some((place, through)) = waiting.pop() {
            if runs.contains_key(&place) {
                continue;
            }
            runs.insert(place, through);
            let further = self.called.get(&place).into_iter().flatten();
            waiting.extend(further.map(|next| (*next, through)));
        }
        let happens = self.done.iter().filter_map(|(place, deed)| match place {
            Place::Import | Place::Class(_) => Some((deed.clone(), None)),
            _ => runs.get(place).map(|through| (deed.clone(), Some((*through).to_owned()))),
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
