//! `GET /api/whoami-v2`: who the token belongs to.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::json;

use super::{HubRequest, error};

pub(super) fn answer(request: &HubRequest) -> Response {
    let caller = &request.caller;
    if caller.token_id.is_none() {
        return error(
            StatusCode::UNAUTHORIZED,
            None,
            "no token was sent: ask an administrator for one",
        );
    }
    axum::Json(json!({
        "type": "user",
        "id": caller.token_id,
        "name": caller.name,
        "fullname": caller.name,
        "email": null,
        "canPay": false,
        "isPro": false,
        "orgs": [],
        "auth": {
            "type": "access_token",
            "accessToken": { "displayName": caller.name, "role": "read" },
        },
        "environment": caller.environment.as_str(),
    }))
    .into_response()
}
