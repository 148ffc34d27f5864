//! Calls that do nothing but name something: what they name is judged, as if it had been imported.
//!
//! Only a vetted name is followed. Whatever else they lead to stays a call, and is reported as one.

use super::cursor::Halt;
use super::machine::Machine;
use super::names::{self, Standing};
use super::value::Value;

impl Machine<'_> {
    /// The vetted name that a call with constant arguments stands for.
    pub(super) fn folded(&mut self, callee: Value, args: Value) -> Result<Option<Value>, Halt> {
        let Some(global) = self.heap.global(callee) else { return Ok(None) };
        let modules: &[&str] = match (global.module.as_str(), global.name.as_str()) {
            // `zoneinfo.ZoneInfo` is pickled as `getattr(ZoneInfo, '_unpickle')`.
            ("builtins", "getattr") => &[],
            // How cloudpickle and dill write the types of the interpreter.
            ("cloudpickle.cloudpickle", "_builtin_type") => &["types"],
            ("dill._dill", "_load_type") => &["builtins", "types"],
            _ => return Ok(None),
        };
        let found = match self.heap.all_items(args) {
            Some([name]) if !modules.is_empty() => {
                let Some(name) = self.text(*name) else { return Ok(None) };
                modules.iter().map(|module| ((*module).to_owned(), name.clone())).find(is_vetted)
            }
            Some([object, name]) if modules.is_empty() => {
                let (Some(of), Some(name)) = (self.heap.global(*object), self.text(*name)) else {
                    return Ok(None);
                };
                Some((of.module.clone(), format!("{}.{name}", of.name))).filter(is_vetted)
            }
            _ => None,
        };
        let Some((module, name)) = found else { return Ok(None) };
        // The helper was looked at: it is not an import of its own any more.
        self.heap.mark_reported(callee);
        self.import(&module, &name).map(Some)
    }
}

fn is_vetted((module, name): &(String, String)) -> bool {
    matches!(names::standing(module, name), Standing::Vetted(_))
}
