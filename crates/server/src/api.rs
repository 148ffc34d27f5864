//! The JSON API, version 1: one file an operation, the permission in its signature.
//!
//! The command line is a client of it, so what one can do the other can. Lists take `?after=` and
//! `?limit=`; what fails is a problem document (RFC 9457).

pub mod account;
pub mod accounts;
pub mod artifacts;
pub mod attestations;
pub mod audit;
pub mod break_glass;
pub mod decisions;
pub mod downloads;
pub mod exceptions;
pub mod lanes;
pub mod policy;
pub mod recalls;
pub mod requests;
pub mod reserved_names;
pub mod revisions;
pub mod sources;
pub mod status;
pub mod tokens;
pub mod trusted_keys;
pub mod waivers;
pub mod webhooks;
pub mod why;

pub(crate) mod extract;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::ServerState;
use crate::problem::Problem;

pub use extract::Page;

/// The most the body of a request may weigh.
const MAX_BODY_BYTES: usize = 64 * 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Weighbridge",
        description = "Administration and records of a Weighbridge: sources, tokens, what came in, \
                       what was decided and why, and the ledger that proves it.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    security(("token" = [])),
    modifiers(&TokenScheme),
)]
struct Description;

struct TokenScheme;

impl utoipa::Modify for TokenScheme {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("hf_…").build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Basic).build();
        components.add_security_scheme("password", SecurityScheme::Http(scheme));
    }
}

fn routes() -> OpenApiRouter<ServerState> {
    let operations = OpenApiRouter::new()
        .routes(routes!(status::show_status))
        .routes(routes!(sources::list::list_sources, sources::add::add_source))
        .routes(routes!(sources::change::change_source, sources::remove::remove_source))
        .routes(routes!(sources::test::test_source))
        .routes(routes!(sources::set_pattern::set_pattern, sources::remove_pattern::remove_pattern))
        .routes(routes!(
            sources::set_credential::set_credential,
            sources::remove_credential::remove_credential
        ))
        .routes(routes!(
            reserved_names::list::list_reserved_names,
            reserved_names::reserve::reserve_name,
            reserved_names::release::release_name
        ))
        .routes(routes!(tokens::list::list_tokens, tokens::create::create_token))
        .routes(routes!(tokens::revoke::revoke_token))
        .routes(routes!(accounts::list::list_accounts, accounts::add::add_account))
        .routes(routes!(accounts::show::show_account, accounts::change::change_account))
        .routes(routes!(accounts::grant::grant_role))
        .routes(routes!(accounts::revoke::revoke_role))
        .routes(routes!(accounts::password::set_password))
        .routes(routes!(accounts::sign_out::sign_out))
        .routes(routes!(account::show::show_own_account))
        .routes(routes!(account::password::change_own_password))
        .routes(routes!(account::tokens::list_own_tokens, account::tokens::create_own_token))
        .routes(routes!(account::tokens::revoke_own_token))
        .routes(routes!(account::sessions::list_own_sessions, account::sessions::end_own_sessions))
        .routes(routes!(artifacts::list::list_artifacts))
        .routes(routes!(artifacts::show::show_artifact))
        .routes(routes!(revisions::show::show_revision))
        .routes(
            routes!(
                attestations::list::list_attestations,
                attestations::import::import_attestation
            )
            .layer(DefaultBodyLimit::max(attestations::MAX_IMPORT_BYTES)),
        )
        .routes(routes!(attestations::lines::read_lines))
        .routes(routes!(attestations::show::show_attestation))
        .routes(routes!(attestations::keys::show_keys))
        .routes(routes!(trusted_keys::list::list_trusted_keys, trusted_keys::add::add_trusted_key))
        .routes(routes!(trusted_keys::remove::remove_trusted_key))
        .routes(routes!(decisions::list::list_decisions))
        .routes(routes!(decisions::show::show_decision))
        .routes(routes!(decisions::replay::replay_decision))
        .routes(routes!(why::explain))
        .routes(routes!(requests::list::list_requests, requests::make::make_request))
        .routes(routes!(requests::show::show_request))
        .routes(routes!(requests::answer::answer_request))
        .routes(routes!(requests::together::answer_requests))
        .routes(routes!(requests::withdraw::withdraw_request))
        .routes(routes!(requests::say::say_on_request))
        .routes(routes!(requests::assign::reassign_request))
        .routes(routes!(requests::escalate::escalate_request))
        .routes(routes!(lanes::show::show_lanes, lanes::set::set_lanes, lanes::reset::reset_lanes))
        .routes(routes!(waivers::list::list_waivers, waivers::grant::grant_waiver))
        .routes(routes!(waivers::revoke::revoke_waiver))
        .routes(routes!(break_glass::list::list_break_glass, break_glass::open::open_break_glass))
        .routes(routes!(break_glass::confirm::confirm_break_glass))
        .routes(routes!(break_glass::close::close_break_glass))
        .routes(routes!(break_glass::pulls::list_break_glass_pulls))
        .routes(routes!(webhooks::list::list_webhooks, webhooks::add::add_webhook))
        .routes(routes!(webhooks::change::change_webhook, webhooks::remove::remove_webhook))
        .routes(routes!(webhooks::rotate::rotate_webhook))
        .routes(routes!(webhooks::test::test_webhook))
        .routes(routes!(webhooks::deliveries::list_deliveries))
        .routes(routes!(downloads::list::list_downloads))
        .routes(routes!(recalls::list::list_recalls, recalls::make::recall))
        .routes(routes!(recalls::show::show_recall))
        .routes(routes!(audit::entries::list_entries))
        .routes(routes!(audit::erase::erase_bodies))
        .routes(routes!(audit::witnesses::list_witnesses, audit::witnesses::add_witness))
        .routes(routes!(audit::witnesses::remove_witness))
        .routes(routes!(audit::witnesses::ask_witnesses))
        .routes(routes!(audit::stream::stream_entries))
        .routes(routes!(audit::receipt::show_receipt))
        .routes(routes!(audit::verify::verify_ledger))
        .routes(routes!(audit::checkpoint::show_checkpoint));
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1", operations.merge(policy_routes()))
}

/// Policies weigh more than other bodies.
fn policy_routes() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(policy::show::show_policy))
        .routes(routes!(policy::export::export_policy))
        .routes(routes!(policy::page::show_page))
        .routes(routes!(policy::page::show_block_list))
        .routes(routes!(policy::list::list_policies, policy::propose::propose_policy))
        .routes(routes!(policy::confirm::confirm_policy))
        .routes(routes!(policy::withdraw::withdraw_policy))
        .routes(routes!(policy::simulate::simulate_policy))
        .layer(DefaultBodyLimit::max(policy::MAX_BODY_BYTES))
}

/// The router of the API, its description included.
pub(crate) fn router() -> Router<ServerState> {
    let (router, description) = routes().split_for_parts();
    let text = description.to_pretty_json().unwrap_or_default();
    let kind = [(http::header::CONTENT_TYPE, "application/json")];
    router
        .route("/api/v1/openapi.json", axum::routing::get(async move || (kind, text.clone())))
        .route("/api/v1/audit/log/{*path}", axum::routing::get(audit::log::read_log))
        .merge(attestations::keys::well_known())
        .route(
            "/api/v1/witness/add-checkpoint",
            axum::routing::post(audit::add_checkpoint::add_checkpoint),
        )
        .route("/api/v1/{*unknown}", axum::routing::any(unknown))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// The description of the API, as an `OpenAPI` document.
pub fn openapi() -> String {
    routes().split_for_parts().1.to_pretty_json().unwrap_or_default()
}

/// What is below `/api/v1` is never an address of the Hub.
async fn unknown() -> Problem {
    Problem::not_found("no-such-operation", "there is no such operation")
        .hint("`/api/v1/openapi.json` lists them all")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Clients are made from the description: a change of it is a change that somebody decided.
    /// `WEIGHBRIDGE_TEST_BLESS=1` writes the file anew.
    #[test]
    fn the_description_in_the_documentation_is_the_one_that_is_served() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        let served = super::openapi() + "\n";
        if std::env::var_os("WEIGHBRIDGE_TEST_BLESS").is_some() {
            std::fs::write(&path, &served).unwrap();
        }
        let documented = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            documented == served,
            "docs/openapi.json is not what is served: bless it or mend it"
        );
    }
}
