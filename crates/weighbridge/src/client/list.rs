//! Lists of the API, page after page.

use serde::de::DeserializeOwned;
use serde_json::Value;
use weighbridge_server::api::Page;

use super::{Client, Reply, query};
use crate::failure::Failure;

/// The most the API gives at once.
const PAGE: usize = 500;

impl Client {
    /// Reads up to `at_most` items of a list; the raw answer is one array.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, Option<&str>)],
        at_most: usize,
    ) -> Result<Reply<Vec<T>>, Failure> {
        let (mut raw, mut view) = (Vec::new(), Vec::new());
        let mut after: Option<String> = None;
        while view.len() < at_most {
            let limit = (at_most - view.len()).min(PAGE).to_string();
            let mut all = parameters.to_vec();
            all.push(("limit", Some(&limit)));
            // Where the caller begins is where the first page begins.
            if let Some(after) = &after {
                all.retain(|(name, _)| *name != "after");
                all.push(("after", Some(after)));
            }
            let page: Reply<Page<T>> = self.get(&query(path, &all)).await?;
            if let Some(items) = page.raw.get("items").and_then(Value::as_array) {
                raw.extend(items.iter().cloned());
            }
            view.extend(page.view.items);
            match page.view.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(Reply { raw: Value::Array(raw), view })
    }
}
