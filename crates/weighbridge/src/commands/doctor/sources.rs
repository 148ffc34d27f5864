//! Whether each source is there and knows our credentials.

use weighbridge_server::api::sources::{ProbeView, SourceView};

use super::{Check, failed};
use crate::client::Client;
use crate::commands::source;

const PROHIBITED: u8 = 3;

/// Asks every source that may be asked.
pub(super) async fn checks(client: &Client) -> Vec<Check> {
    let sources = match client.list::<SourceView>("/sources", &[], usize::MAX).await {
        Ok(reply) => reply.view,
        Err(failure) => return vec![failed("sources", &failure)],
    };
    if sources.is_empty() {
        let hint = "add one with `weighbridge source add NAME URL`";
        return vec![Check::warning("sources", "there is none: nothing can come in", hint)];
    }
    let mut checks = Vec::new();
    for known in sources {
        let name = format!("source `{}`", known.name);
        if known.tier == PROHIBITED {
            checks.push(Check::well(&name, "it is prohibited, so it is not asked"));
            continue;
        }
        checks.push(match source::probe(client, &known.name).await {
            Ok(reply) => answered(&name, &reply.view),
            Err(failure) => failed(&name, &failure),
        });
    }
    checks
}

fn answered(name: &str, probe: &ProbeView) -> Check {
    let refused = probe.credentials.iter().find(|known| known.answer.answer == "no");
    let anonymous = &probe.anonymous;
    if let Some(known) = refused {
        let detail = format!(
            "it does not know our credential for `{}`: {}",
            known.pattern, known.answer.detail
        );
        return Check::bad(name, detail, "store a new one with `weighbridge source credential`");
    }
    if source::is_well(probe) {
        let took = anonymous.latency_ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
        let detail = format!("{} answers{took}", probe.url);
        if probe.is_encrypted {
            return Check::well(name, detail);
        }
        let hint = "use its https address, unless it runs on this machine";
        return Check::warning(name, format!("{detail}, not encrypted"), hint);
    }
    let detail = format!("{}: {}", probe.url, anonymous.detail);
    let hint = match anonymous.answer.as_str() {
        "no" => "it wants a credential: store one with `weighbridge source credential`",
        _ => {
            "what is cached is served meanwhile; check the address, the network and the name server"
        }
    };
    Check::bad(name, detail, hint)
}
