//! `[policy]`: how the policy is changed. What it says stands in `[environment.<name>.rules]` until people
//! activate something else.

use serde::{Deserialize, Serialize};
use weighbridge_domain::Confirmation;

/// Who confirms a change of the policy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyConfig {
    /// Whether who proposes a policy may confirm it: for installations that have one person only.
    pub(crate) one_person: bool,
}

impl PolicyConfig {
    /// The same as the engine knows it.
    pub(crate) fn confirmation(&self) -> Confirmation {
        if self.one_person { Confirmation::ByAnyone } else { Confirmation::ByAnother }
    }
}
