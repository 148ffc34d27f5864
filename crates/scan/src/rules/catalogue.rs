//! Every rule of the scanner, one entry each.

use std::sync::LazyLock;

use super::Rule;

macro_rules! catalogue {
    ($($name:ident $code:literal $severity:ident $title:literal $why:literal $advice:literal)*) => {
        $(pub(crate) const $name: Rule = Rule {
            code: $code,
            severity: $severity,
            title: $title,
            why: $why,
            advice: $advice,
        };)*
        pub(super) static ALL: &[Rule] = &[$($name),*];
    };
}

mod files;
mod models;
mod pickles;
mod repositories;
mod texts;

pub(crate) use files::*;
pub(crate) use models::*;
pub(crate) use pickles::*;
pub(crate) use repositories::*;
pub(crate) use texts::*;

/// All of them.
pub(super) static ALL: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    [pickles::ALL, files::ALL, models::ALL, texts::ALL, repositories::ALL].concat()
});
