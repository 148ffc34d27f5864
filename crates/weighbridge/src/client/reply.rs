//! An answer of the API: as it came, and as the type that the command reads.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::Failure;

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Reply<T> {
    /// As it came: what `--format json` prints, the fields this version does not know included.
    pub(crate) raw: Value,
    /// As the command reads it.
    pub(crate) view: T,
}

impl<T> Reply<Vec<T>> {
    /// Leaves out of a list, in both of its shapes, what a person did not ask for.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let kept: Vec<bool> = self.view.iter().map(keep).collect();
        let mut flags = kept.iter();
        self.view.retain(|_| flags.next().is_some_and(|keep| *keep));
        if let Value::Array(items) = &mut self.raw {
            let mut flags = kept.iter();
            items.retain(|_| flags.next().is_some_and(|keep| *keep));
        }
    }
}

impl<T: DeserializeOwned> Reply<T> {
    /// Reads a body; an empty one is `null`.
    pub(crate) fn read(body: &[u8]) -> Result<Reply<T>, Failure> {
        let strange = |error: serde_json::Error| {
            Failure::new("the server's answer cannot be read")
                .because(error)
                .hint("is it another version than this command? `weighbridge --version`")
        };
        let raw: Value = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(body).map_err(strange)?
        };
        let view = T::deserialize(&raw).map_err(strange)?;
        Ok(Reply { raw, view })
    }
}
