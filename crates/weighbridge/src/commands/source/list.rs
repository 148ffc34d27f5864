//! `weighbridge source list`.

use weighbridge_server::api::sources::SourceView;

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Said, column, table};

/// Lists the sources, each with its patterns below.
pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let reply = client.list::<SourceView>("/sources", &[], usize::MAX).await?;
    let sources = &reply.view;
    let mut rows = Vec::new();
    for source in sources {
        let credentials = match source.credentials.len() {
            0 => "none".to_owned(),
            _ => source.credentials.join(", "),
        };
        rows.push(vec![
            source.position.to_string(),
            source.name.clone(),
            format!("{} {}", source.tier, source.tier_name),
            source.kind.clone(),
            source.url.clone(),
            credentials,
        ]);
        for pattern in &source.patterns {
            let tier = format!("{} {}", pattern.tier, pattern.tier_name);
            rows.push(vec![String::new(), format!("  {}", pattern.pattern), tier]);
        }
    }
    let human = if rows.is_empty() {
        "there is no source: add one with `weighbridge source add NAME URL`".to_owned()
    } else {
        table(&["#", "name", "tier", "kind", "url", "credentials"], rows)
    };
    let quiet = column(sources.iter().map(|source| &source.name));
    context.output.data(&reply.raw, Said { human, quiet })?;
    Ok(Exit::Pass)
}
