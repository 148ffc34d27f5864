//! What an imported name stands for: vetted data, a known sink, an escape, or nobody knows.
//!
//! The rule is default deny: a name is harmless only in the roles that [`vetted`] lists for it.

mod renamed;
mod sinks;
mod vetted;

use weighbridge_domain::Hasher;

use crate::formats::callable::{Named, Part};

pub(super) use renamed::in_python_3;
pub(super) use vetted::UFUNCS;

/// A vetted name and what may be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vetted {
    pub(super) roles: Roles,
    pub(super) check: Check,
}

/// What may be done with a vetted name or with what it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Roles(u8);

impl Roles {
    /// It may be named, kept and passed on.
    pub(super) const VALUE: Roles = Roles(1);
    /// It may be called.
    pub(super) const CALL: Roles = Roles(2);
    /// Objects of it may be made without a call.
    pub(super) const NEW: Roles = Roles(4);
    /// What it makes may be given its state.
    pub(super) const BUILD: Roles = Roles(8);
    /// What it makes may be filled by key.
    pub(super) const ITEMS: Roles = Roles(16);
    /// What it makes may be appended to.
    pub(super) const APPEND: Roles = Roles(32);

    pub(super) const fn and(self, other: Roles) -> Roles {
        Roles(self.0 | other.0)
    }

    pub(super) const fn has(self, role: Roles) -> bool {
        self.0 & role.0 == role.0
    }
}

/// What has to hold for the arguments of a vetted call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Any arguments.
    Any,
    /// `copyreg._reconstructor(class, base, state)` and the like make an object of their first
    /// argument.
    MakesFirst,
    /// `copyreg.__newobj_ex__` and `pandas` `_new_Index` do too.
    CallsFirst,
    /// `getattr` of a plain name on a vetted class.
    Attribute,
    /// An encoding that only turns text into bytes.
    Codec,
    /// The first argument is a container type or nothing.
    Factory,
    /// The first argument is a vetted function.
    Partial,
    /// One argument: `type(x)`.
    One,
    /// The bytes are themselves a file for `torch.load`.
    NestedTorch,
    /// A tensor whose extent has to stay inside its storage.
    Tensor,
    /// `numpy` functions by name.
    Ufunc,
    /// Contents, and no count of zeros in their place, or a range that becomes as many numbers.
    Contents,
    /// No more numbers than fit into memory.
    Range,
    /// A shape, or the size of a type.
    Shape,
    /// A number as text.
    Number,
    /// A function and the arguments it is called with: `dill._dill._create_array`.
    Applies,
    /// Source of a value: `dill._dill._eval_repr`.
    Repr,
    /// Names of attributes that a getter will take.
    Getter,
    /// A class that runs source of its state: [`super::restoring`].
    Distribution,
}

impl Check {
    /// Whether it does no more than take memory, whatever it is given.
    pub(super) fn is_harmless(self) -> bool {
        matches!(
            self,
            Check::Any
                | Check::Contents
                | Check::Range
                | Check::Shape
                | Check::Number
                | Check::Distribution
        )
    }
}

/// What is known about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Vetted(Vetted),
    /// It can act; the text says how.
    Sink(&'static str),
    /// It leads somewhere else; the text says how.
    Escape(&'static str),
    /// `TorchScript`'s own classes, which only its interpreter can make.
    TorchScript,
    Unlisted,
}

/// What a name stands for, given in Python 3's spelling.
pub(super) fn standing(module: &str, name: &str) -> Standing {
    // CPython looks up its frozen modules by what is before a zero byte: `os\0x` imports `os`.
    if let Some((module, _)) = module.split_once('\0') {
        let how = Standing::Escape("names a module with a zero byte");
        return sinks::find(module, name).map_or(how, Standing::Sink);
    }
    if let Some(vetted) = vetted::find(module, name) {
        return Standing::Vetted(vetted);
    }
    if let Some(deed) = sinks::find(module, name) {
        return Standing::Sink(deed);
    }
    if module == "__torch__" || module.starts_with("__torch__.") {
        return Standing::TorchScript;
    }
    let hops: Vec<&str> = name.split('.').collect();
    if hops.iter().any(|hop| hop.starts_with("__") && hop.ends_with("__") && hop.len() > 4) {
        return Standing::Escape("takes a special attribute");
    }
    if hops.iter().any(|hop| sinks::is_module(hop.trim_start_matches('_'))) {
        return Standing::Escape("reaches a module through another one");
    }
    let (Some(last), Some(before)) = (hops.last(), hops.get(..hops.len() - 1)) else {
        return Standing::Unlisted;
    };
    // `Outer.Inner` is how nested classes are named; anything else in between is a walk.
    let is_class = |hop: &&str| hop.chars().next().is_some_and(char::is_uppercase);
    let is_nested_class = before.iter().all(is_class) && is_class(last);
    if !before.is_empty() && !is_nested_class {
        return Standing::Escape("walks over attributes");
    }
    Standing::Unlisted
}

impl Named {
    /// Looks up a name that is not imported by a pickle.
    pub(crate) fn of(module: &str, name: &str) -> Named {
        match standing(module, name) {
            Standing::Vetted(_) => Named::Vetted,
            Standing::Sink(how) | Standing::Escape(how) => Named::Acts(how),
            Standing::TorchScript | Standing::Unlisted => Named::Unlisted,
        }
    }

    /// Whether a name is harmless as this, whatever it is given.
    pub(crate) fn may_be(module: &str, name: &str, part: Part) -> bool {
        let role = match part {
            Part::Kept => Roles::VALUE,
            Part::Called => Roles::CALL,
            Part::Made => Roles::NEW,
            Part::Filled => Roles::NEW.and(Roles::BUILD),
        };
        let any = |vetted: Vetted| vetted.check.is_harmless() && vetted.roles.has(role);
        matches!(standing(module, name), Standing::Vetted(vetted) if any(vetted))
    }
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    vetted::table(hasher);
    sinks::table(hasher);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_module_name_and_longest_prefix() {
        assert!(matches!(standing("os", "system"), Standing::Sink(_)));
        assert!(matches!(standing("asyncio.unix_events", "x"), Standing::Sink(_)));
        assert!(matches!(standing("collections", "OrderedDict"), Standing::Vetted(_)));
        assert_eq!(standing("acme.model", "Net"), Standing::Unlisted);
        assert_eq!(standing("acme.model", "Outer.Inner"), Standing::Unlisted);
        assert_eq!(standing("osmosis", "Flow"), Standing::Unlisted);
    }

    #[test]
    fn walking_to_another_object_is_an_escape() {
        for (module, name) in [
            ("random", "_os.system"),
            ("random", "_os"),
            ("acme", "thing.method"),
            ("acme", "__builtins__"),
            ("acme", "Klass.__init__.__globals__"),
        ] {
            assert!(matches!(standing(module, name), Standing::Escape(_)), "{module}.{name}");
        }
    }
}
